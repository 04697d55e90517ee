#pragma once
// Logins: who is logged in with a browser. A login is a digest of the cookie's secret with a user's
// name; the role is looked up at each request, so that taking it away works at once. In memory: a
// restart logs everybody out.
//
//  1. A login ends after 8 h without a request and after 24 h in any case.
//  2. There are at most 1,000, and 20 of one user; the one unused longest ends first.
// Pure but for its table; lane-only.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace weir::admin {

class Logins {
 public:
  static constexpr std::size_t kMax = 1'000;
  static constexpr std::size_t kPerUserMax = 20;
  static constexpr base::Duration kIdle = std::chrono::hours(8);
  static constexpr base::Duration kWhole = std::chrono::hours(24);

  void begin(std::string_view digest, std::string_view user, base::Time now);
  /// The user, when it is a login that is not over.
  std::optional<std::string> find(std::string_view digest, base::Time now, bool is_use = true);
  void end(std::string_view digest);
  /// All of that user, but for the one to be `kept`.
  void end_all(std::string_view user, std::string_view kept = {});

  std::size_t size() const noexcept { return logins_.size(); }

 private:
  struct Login {
    std::string digest;
    std::string user;
    base::Time begun;
    base::Time used;
  };
  // By the digest's first half; the whole is compared in constant time.
  using Table = std::map<std::string, Login, std::less<>>;

  static std::string_view key_of(std::string_view digest) { return digest.substr(0, 32); }
  void end_stalest(std::string_view user);
  std::size_t count_of(std::string_view user) const;

  Table logins_;
};

}  // namespace weir::admin
