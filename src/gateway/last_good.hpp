#pragma once
// LastGood: the last good answers of one route, for `fallback: last_good`. Not a cache in the sense
// of RFC 9111: nothing is served from it while the service answers.
//
// 1. Only a 200 to a GET, and only what every client may see: no Authorization, no Cookie (but
//    weir's own) and no field whose name speaks of a user, key or token in the request; no
//    Set-Cookie, no Vary but Accept-Encoding, no private, no-store, no-cache, must-revalidate or
//    proxy-revalidate in the answer.
// 2. An answer is found by host, path with query and Accept-Encoding, all as texts: a hash alone
//    could hand out somebody else's answer.
// 3. Bounded by entries and bytes; what was kept longest ago goes first.
// Shared by the lanes, in shards with a lock each, held to link and unlink an entry and no longer;
// routes without it pay nothing. Source: balancing.md, 5.

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "http/head.hpp"

namespace weir::gateway {

/// An answer that may stand in for one that fails later.
struct GoodAnswer {
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  base::Time at{};                  ///< when its last byte came
  std::chrono::seconds age_then{};  ///< what it said of its age then
};

class LastGood {
 public:
  static constexpr std::size_t kBodyMax = 64 * 1024;
  static constexpr std::size_t kFieldsMax = 8 * 1024;  ///< bytes of names and values
  static constexpr std::size_t kKeyMax = 2 * 1024;
  static constexpr std::size_t kShards = 8;
  static constexpr std::size_t kEntriesMax = 128;            ///< of a shard
  static constexpr std::size_t kBytesMax = 2 * 1024 * 1024;  ///< of a shard: 16 MiB a route

  /// In place of what was kept for `key`. From any lane.
  void keep(std::string key, std::shared_ptr<const GoodAnswer> answer);
  /// Null when there is none, or only one older than `max_age`. From any lane.
  std::shared_ptr<const GoodAnswer> find(std::string_view key, base::Time now,
                                         base::Duration max_age);

  struct Size {
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };
  Size size() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const GoodAnswer> answer;
    std::size_t bytes = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;                                                 // oldest first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;  // of the entries
    std::size_t bytes = 0;

    void remove(std::list<Entry>::iterator entry);
  };
  Shard& shard_of(std::string_view key) noexcept;

  std::array<Shard, kShards> shards_;
};

/// What an answer to this request is kept and found under; empty: neither. `own_cookie`: weir's,
/// which does not make a request personal; empty: none.
std::string last_good_key(const http::RequestHead& head, std::string_view own_cookie);

/// Whether the answer may be kept, as far as its head says. Requires: a request with a key.
bool may_be_kept(const http::ResponseHead& head) noexcept;

/// The fields that the client gets, but for those that are written new for each answer; null when
/// they are too long. Requires: what is not forwarded is marked dropped.
std::unique_ptr<GoodAnswer> copy_fields(const http::ResponseHead& head);

}  // namespace weir::gateway
