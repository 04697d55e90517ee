#pragma once
// Pool: a bounded set of connections to one database, and the threads on which they may block.
//
//   auto reading = pool.run(lane, [](db::Connection& connection) { return read(connection); });
//   const auto rows = co_await reading;
//
// Invariants
//  1. At most connections_max connections; at most waiting_max calls wait for one.
//  2. A connection that was lost, or came back inside a transaction, is closed and replaced.
//  3. After a connection could not be made, leases fail at once for reconnect_pause: callers of a
//     database that is down do not each wait for the connect timeout.
// Any thread may lease; lease() blocks, so lanes use run().

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/deadline.hpp"
#include "db/connection.hpp"
#include "runtime/blocking_pool.hpp"

namespace weir::db {

struct PoolOptions {
  std::size_t connections_max = 2;
  std::size_t waiting_max = 64;
  base::Duration lease_wait = std::chrono::seconds(5);
  base::Duration reconnect_pause = std::chrono::milliseconds(500);
  ConnectOptions connect;
};

class Pool {
 public:
  /// Connects nothing yet. Requires: connections_max > 0.
  explicit Pool(Target target, PoolOptions options = {});
  /// Finishes what is queued. Requires: no lease is out, and lanes that wait still run.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A connection for the holder alone; it goes back when the lease dies.
  class Lease {
   public:
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    friend class Pool;
    Lease(Pool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Blocks at most lease_wait, and the connect timeout when a connection has to be made.
  /// Fails: overloaded when none gets free in time; as connect() does.
  base::Result<Lease> lease();

  /// Runs `work(Connection&)`, which returns a Result, on a thread that may block, and gives its
  /// value on `lane`. Fails: as lease() and `work` do; overloaded when too many wait; deadline, and
  /// then the work goes on and its value is dropped. Requires: `lane` outlives the work.
  template <class Work, class R = std::invoke_result_t<Work, Connection&>>
  runtime::Task<R> run(runtime::Lane& lane, Work work, base::Deadline deadline = {}) {
    auto job = [this, call = std::move(work)]() mutable -> R {
      auto leased = lease();
      if (!leased) return base::Fail(std::move(leased).error());
      return call(**leased);
    };
    auto running = threads_.run(lane, std::move(job), deadline);
    auto done = co_await running;
    if (!done) co_return base::Fail(std::move(done).error());
    co_return std::move(*done);
  }

  struct Stats {
    std::size_t idle = 0;
    std::size_t leased = 0;
    std::uint64_t made = 0;      ///< connections made so far
    std::uint64_t replaced = 0;  ///< of them, closed because they were lost
  };
  Stats stats() const;

 private:
  struct Trouble {
    base::Time until;
    base::Error error;
  };

  void give_back(std::unique_ptr<Connection> connection);
  base::Result<Lease> make();

  // Fixed after construction.
  const Target target_;
  const PoolOptions options_;
  // Shared, under mutex_.
  mutable std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // used last is last: warm caches first
  std::size_t leased_ = 0;                         // also while one is being made
  std::optional<Trouble> trouble_;
  Stats stats_;
  // Last member: its destructor runs what is queued, which uses the above.
  runtime::BlockingPool threads_;
};

}  // namespace weir::db
