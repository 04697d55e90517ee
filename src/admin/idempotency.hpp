#pragma once
// Idempotency: a change that was sent twice with one Idempotency-Key is made once. The first answer
// is kept for ten minutes and given again; the same key with another body is a mistake, and while
// the first is under way a second one is a conflict. Pure but for its table; lane-only.
//
//  1. A key belongs to its sender and to a method with its target: nobody reads another's answer.
//  2. At most 1,000 answers and 4 MiB; the oldest is forgotten first, those under way never.
//  3. An answer from 500 up is not kept: the change may be tried again.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/response.hpp"

namespace weir::admin {

class Idempotency {
 public:
  static constexpr std::size_t kEntriesMax = 1'000;
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20;
  static constexpr base::Duration kKept = std::chrono::minutes(10);
  static constexpr std::size_t kKeyBytesMax = 128;

  enum class Standing : unsigned char {
    first,      ///< go ahead, then finish()
    under_way,  ///< 409
    other,      ///< the key came with another body: 422
    known,      ///< `answer` again
  };
  struct Seen {
    Standing standing = Standing::first;
    std::shared_ptr<const http::Response> answer;  ///< owners: the table and who repeats it
  };

  /// 1 to 128 visible ASCII characters.
  static bool is_key(std::string_view text) noexcept;

  /// `name`: sender, method, target and key in one; `digest`: of the body.
  Seen begin(const std::string& name, const std::string& digest, base::Time now);
  /// Ends what begin() called `first`.
  void finish(const std::string& name, const http::Response& answer, base::Time now);

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    std::string digest;
    base::Time since;
    std::shared_ptr<const http::Response> answer;  // null: under way
  };
  using Table = std::map<std::string, Entry>;

  static std::size_t size_of(const Table::value_type& each);
  void forget(Table::iterator each);
  void forget_old(base::Time now);
  bool forget_oldest();

  Table entries_;
  std::size_t bytes_ = 0;  // of the answers
};

}  // namespace weir::admin
