#pragma once
// AccessLog: brings the lanes' exchange records to a file as JSON lines, off the hot path.
//
//   lane: ring.claim() → fill → if (ring.publish()) log.wake()
//   here: one thread, every `interval` or when woken: drain all rings → lines → one write
//
// Invariants
// 1. A lane never waits: a full ring drops and counts. wake() is only for a ring that is half full,
//    so at usual rates the lanes signal nobody.
// 2. flush(), reopen() and stop() act on everything published before they were called.
// 3. A reader that does not read can hold up the thread but neither the lanes nor stop(), which
//    gives it `stop_limit` and then counts the rest as lost.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "observe/access_log_file.hpp"
#include "telemetry/log.hpp"
#include "telemetry/record_ring.hpp"

namespace weir::observe {

struct AccessLogOptions {
  std::size_t lanes = 1;
  std::size_t records_per_lane = 4096;  ///< 1 KB each, touched as they fill
  base::Duration interval = std::chrono::milliseconds(100);
  base::Duration stop_limit = std::chrono::seconds(2);
};

class AccessLog {
 public:
  /// Starts the thread. Requires: lanes > 0. Lifetime: `log` outlives this.
  AccessLog(AccessLogFile file, const AccessLogOptions& options, telemetry::Log& log);
  /// stop() if nobody did.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// The ring whose producer is lane `i`. Requires: i < lanes. Lifetime: this object's; nothing may
  /// be published after stop().
  telemetry::RecordRing& ring(std::size_t i) {
    WEIR_ASSERT(i < rings_.size());
    return *rings_[i];
  }
  /// From a lane, when publish() says so. Cost: one atomic, rarely a lock and a futex.
  void wake();

  /// Waits until what was published before is written. Not on a lane.
  void flush();
  /// After a rotation: writes what was published before to the old file, then opens the path anew.
  /// Does not wait; when opening fails the old file stays and the log says so.
  void reopen();
  /// Writes what is left and ends the thread. Call after the lanes have stopped.
  void stop();

  // From any thread.

  std::uint64_t written() const noexcept { return written_.load(std::memory_order_relaxed); }
  /// Exchanges missing from the file: rings were full, or writing failed.
  std::uint64_t dropped() const noexcept;

 private:
  void run();
  bool drain();
  void write_batch();
  void reopen_now();

  // Fixed after construction.
  const AccessLogOptions options_;
  telemetry::Log& log_;
  std::vector<std::unique_ptr<telemetry::RecordRing>> rings_;
  // Writer thread only.
  AccessLogFile file_;
  std::string batch_;
  std::uint64_t batch_lines_ = 0;
  bool failing_ = false;
  // Shared, atomic.
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> woken_{false};    // a wake is under way: no need for another
  std::atomic<bool> give_up_{false};  // stop() has waited long enough
  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::uint64_t asked_ = 0;  // flushes asked for, and answered
  std::uint64_t answered_ = 0;
  bool reopen_ = false;
  bool stop_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace weir::observe
