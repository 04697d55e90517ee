#pragma once
// LoginThrottle: how often may a password be guessed? Failures are counted by address and by user;
// from the fifth on each one doubles a delay, of 1 s to 5 min. Pure: time is an argument.
//
//  1. An attempt counts as failed from its begin on, so that a hundred at the same time are a
//     hundred.
//  2. Both tables have a bound; who failed last longest ago is forgotten first. From one address
//     nobody gets far enough to push others out.
//  3. A quarter of an hour without a failure forgets them all.

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "net/address.hpp"

namespace weir::admin {

class LoginThrottle {
 public:
  static constexpr std::size_t kEntriesMax = 4'096;  ///< of each table
  static constexpr std::uint32_t kFree = 5;          ///< failures without a delay
  static constexpr base::Duration kDelayMax = std::chrono::minutes(5);
  static constexpr base::Duration kMemory = std::chrono::minutes(15);

  /// Zero: go ahead, and it counts as a failure until succeeded(). Else: wait so long.
  base::Duration begin(const std::string& address, const std::string& user, base::Time now);
  /// The user's failures are forgotten; the address is spared this one only, because who has one
  /// password may still be guessing others.
  void succeeded(const std::string& address, const std::string& user);

  std::size_t size() const noexcept { return addresses_.size() + users_.size(); }

 private:
  struct Entry {
    std::uint32_t failures = 0;
    base::Time last{};
    base::Time until{};
  };
  using Table = std::map<std::string, Entry>;

  static base::Duration left(const Table& table, const std::string& key, base::Time now);
  static void count(Table& table, const std::string& key, base::Time now);

  Table addresses_;
  Table users_;
};

/// Who counts as one address: an IPv4 address, the /64 network of an IPv6 one, all of a Unix
/// socket.
std::string throttle_key(const net::IpBytes& ip);

}  // namespace weir::admin
