#pragma once
// Resolver: names to addresses with their time to live, through c-ares on one lane; no thread, and
// no wait that is not a lane's.
//
// c-ares owns the queries and their sockets. It tells of each socket, which the lane then watches,
// and is called back when one is ready or its own timer is due. Its callbacks never resume a task
// on the spot (the channel must not be entered twice), only in the lane's next turn.
//
// Invariants
//  1. A waiter that gives up (deadline, cancel) leaves its query behind: it ends by c-ares' own
//  timeout and
//     its answer is dropped.
//  2. At most `queries_max` queries are under way; further ones are refused, not queued.
//  3. stop() ends every wait with `cancelled`.
// What it does not do: cache (discovery keeps the set for its ttl), or judge addresses (SSRF rules
// are the caller's). Lane-only. /etc/hosts is read on the lane: a small local file.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "net/address.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"
#include "runtime/lane.hpp"
#include "runtime/readiness.hpp"
#include "runtime/task.hpp"

struct ares_channeldata;
struct ares_addrinfo;

namespace weir::net {

struct ResolvedSet {
  std::vector<Address> addresses;  ///< never empty; IPv4 and IPv6 in the order they came
  base::Duration ttl{};            ///< how long they may be used; at least 5 s
};

class Resolver {
 public:
  struct Options {
    std::string servers;  ///< "127.0.0.1:53,[::1]:53"; empty: the system's
    base::Duration try_time = std::chrono::seconds(2);  ///< for one server and try, then doubled
    int tries = 2;                                      ///< of each server
    std::size_t queries_max = 64;
  };
  /// Names that change faster than this would be asked for all the time.
  static constexpr base::Duration kTtlMin = std::chrono::seconds(5);
  /// Of a numeric "name", which never changes.
  static constexpr base::Duration kTtlNumeric = std::chrono::hours(24);

  /// Fails: invalid_argument (servers), system (the system's configuration cannot be read).
  static base::Result<std::unique_ptr<Resolver>> open(runtime::Lane& lane, Options options);
  /// Requires: stop() was awaited, if anything was ever resolved.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// IPv4 and IPv6 addresses of `name`, each with `port`. A numeric address is its own answer.
  /// Fails: not_found (no such name, or one without addresses) · deadline · unreachable (no server
  /// answers or all refuse) · overloaded (queries_max) · invalid_argument (no host name) ·
  /// cancelled (after stop(), or when `cancel` is asked). All are safe to try again.
  /// Lifetime: the resolver and `cancel` outlive the task.
  runtime::Task<base::Result<ResolvedSet>> resolve(std::string name, std::uint16_t port,
                                                   base::Deadline deadline,
                                                   runtime::CancelSource* cancel = nullptr);

  /// Refuses from now on and ends all that is under way.
  runtime::Task<void> stop();

  std::size_t queries() const noexcept { return queries_; }

 private:
  struct Socket;
  struct Query;

  Resolver(runtime::Lane& lane, Options options);
  base::Result<void> init();
  static void answered(void* argument, int status, int timeouts, ares_addrinfo* found);
  static void socket_changed(void* argument, int fd, int readable, int writable);
  void watch(int fd, bool write);
  runtime::Task<void> read_loop(std::shared_ptr<Socket> socket);
  runtime::Task<void> write_loop(std::shared_ptr<Socket> socket);
  runtime::Task<void> timer_loop();

  runtime::Lane& lane_;
  Options options_;
  ares_channeldata* channel_ = nullptr;
  std::vector<std::shared_ptr<Socket>> sockets_;  // owners: this list and the loops
  std::size_t queries_ = 0;
  runtime::Readiness timer_;  // readable: c-ares' next timeout may have changed
  bool timer_runs_ = false;
  bool stopped_ = false;
  runtime::Gate gate_;
};

}  // namespace weir::net
