#pragma once
// Writer: the one thread that writes to the store. Everybody else hands it writes and goes on.
//
// Invariants
//  1. submit() never waits for the database.
//  2. A write whose Done heard success is on the disk, and took effect once (batch_writer.hpp).
//  3. While the database is away writes wait within the backlog's bound; then the backlog decides.
//  4. A write that can never succeed (a key that exists, a value that is refused) is rejected
//  alone;
//     the others of its batch are written.
//  5. The end waits for the queue at most stop_wait and the try under way; what is left hears
//     `cancelled`.
// Any thread may call; the database is touched by the writer's thread alone.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/batch_writer.hpp"
#include "store/retention.hpp"
#include "telemetry/log.hpp"

namespace weir::store {

struct WriterOptions {
  BacklogLimits backlog;
  Retention retention;
  db::ConnectOptions connect;
  /// A transaction holds at most this much. Bigger ones win little and make others wait.
  std::size_t batch_rows_max = 256;
  std::size_t batch_bytes_max = std::size_t{256} << 10;
  /// Samples and log rows that nobody waits for gather this long: one flush of the disk for many.
  base::Duration linger = std::chrono::milliseconds(250);
  base::Duration backoff_first = std::chrono::milliseconds(100);
  base::Duration backoff_max = std::chrono::seconds(5);
  base::Duration stop_wait = std::chrono::seconds(5);
  base::Duration trim_every = std::chrono::seconds(60);
  std::int64_t (*wall_ms)() noexcept = base::wall_ms;
};

struct Health {
  bool ok = true;
  std::string reason;         ///< why it is degraded; empty when ok
  std::int64_t since_ms = 0;  ///< of the present state
  std::size_t queued_rows = 0;
  std::size_t queued_bytes = 0;
  std::uint64_t written = 0;   ///< writes on the disk
  std::uint64_t rejected = 0;  ///< writes the database refused for good
  std::uint64_t dropped_samples = 0;
  std::uint64_t dropped_logs = 0;
  std::uint64_t refused_records = 0;
  std::uint64_t trimmed = 0;  ///< old rows deleted
};

class Writer {
 public:
  /// `first` may be empty: then the state is degraded for `reason` until a connection is made.
  /// Lifetime: `log` outlives this.
  Writer(db::Target target, WriterOptions options, telemetry::Log& log,
         std::unique_ptr<db::Connection> first, std::string reason);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Fails: overloaded, too_large, cancelled at the end; `done` is not called then.
  base::Result<void> submit(Write write, Done done);
  /// `done` hears when all that was submitted before is on the disk or was given up.
  /// Fails: overloaded when too many wait, cancelled at the end; `done` is not called then.
  base::Result<void> flush(Done done);
  Health health() const;

 private:
  using Entries = std::vector<Backlog::Entry>;
  struct Waiter {
    std::uint64_t before;  // all numbers below this are dealt with
    Done done;
  };

  // The writer's thread.
  void run();
  bool wait_for_batch(Entries& batch);
  void write(std::span<Backlog::Entry> batch);
  void settle(std::span<Backlog::Entry> batch, const base::Result<void>& result);
  void note_outage(const base::Error& error);
  void note_recovery();
  bool is_past_stop() const;
  bool pause();
  void trim();
  void give_up_rest();

  // With the lock held.
  std::vector<Waiter> due_waiters();

  // Fixed after construction.
  const WriterOptions options_;
  telemetry::Log& log_;
  // Writer's thread only.
  BatchWriter batches_;
  base::Duration backoff_;
  base::Time trim_at_;
  // Shared, under mutex_.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  Backlog backlog_;
  std::uint64_t writing_from_ = 0;  // number of the first write under way; 0: none is
  std::uint64_t writing_to_ = 0;    // and of the last
  std::vector<Waiter> waiters_;
  bool urgent_ = false;       // do not linger
  base::Time waiting_since_;  // the oldest that lingers
  bool stopping_ = false;
  base::Time stop_at_ = base::kNever;
  Health health_;
  std::thread thread_;
};

}  // namespace weir::store
