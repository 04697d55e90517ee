#pragma once
// Log: the process log. app/ makes one and passes it by reference; there is no global logger.
//
//   log.warn("control", {{"endpoint", address}, {"failures", 5}}, "endpoint is out");
//   log.info("app", "ready in {} ms", elapsed_ms);
//
// The caller formats its message and puts it into a bounded queue; one background thread renders
// and writes. The queue's lock is held for a move or a swap, never while writing, so no caller
// waits for a slow terminal. A full queue forgets its oldest entries and says how many (the newest
// are what explains a crash). It is for people; per-exchange lines belong to observe/access_log.
//
// Own thread instead of spdlog's: its flush() does not wait, and it neither escapes nor counts.

#include <fmt/core.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "telemetry/log_entry.hpp"
#include "telemetry/log_sink.hpp"

namespace weir::telemetry {

struct LogOptions {
  Level level = Level::info;
  std::size_t queue_max = 8192;  ///< entries; about 2 MB when a writer is stuck
  std::int64_t (*wall_ms)() noexcept = base::wall_ms;
};

class Log {
 public:
  using Fields = std::initializer_list<Field>;

  /// Says nothing and starts no thread.
  Log() noexcept;
  /// Requires: queue_max > 0. Lifetime: `sink` outlives this.
  explicit Log(LogSink& sink, LogOptions options = {});
  /// Writes what is queued.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // From any thread.

  bool enabled(Level level) const noexcept {
    return level >= level_.load(std::memory_order_relaxed) && level != Level::off;
  }
  Level level() const noexcept { return level_.load(std::memory_order_relaxed); }
  void set_level(Level level) noexcept;

  /// Cost: two allocations or more; never blocks on the sink.
  void write(Level level, std::string_view component, Fields fields, std::string_view message);

  template <class... Args>
  void debug(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
    format(Level::debug, component, {}, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void debug(std::string_view component, Fields fields, fmt::format_string<Args...> text,
             Args&&... args) {
    format(Level::debug, component, fields, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
    format(Level::info, component, {}, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void info(std::string_view component, Fields fields, fmt::format_string<Args...> text,
            Args&&... args) {
    format(Level::info, component, fields, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warn(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
    format(Level::warn, component, {}, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void warn(std::string_view component, Fields fields, fmt::format_string<Args...> text,
            Args&&... args) {
    format(Level::warn, component, fields, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void error(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
    format(Level::error, component, {}, text, fmt::make_format_args(args...));
  }
  template <class... Args>
  void error(std::string_view component, Fields fields, fmt::format_string<Args...> text,
             Args&&... args) {
    format(Level::error, component, fields, text, fmt::make_format_args(args...));
  }

  /// Waits until everything logged before the call has left the sink. Not on a lane.
  void flush();

  /// Entries forgotten because the queue was full.
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  void format(Level level, std::string_view component, Fields fields, fmt::string_view text,
              fmt::format_args args);
  void run();
  void report_dropped();

  // Fixed after construction.
  LogSink* sink_ = nullptr;
  LogOptions options_;
  // Shared, atomic: read on every call, so without the lock.
  std::atomic<Level> level_;
  std::atomic<std::uint64_t> dropped_{0};
  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<LogEntry> queue_;
  std::uint64_t queued_ = 0;   // entries ever put in or forgotten
  std::uint64_t written_ = 0;  // of them, dealt with
  bool stop_ = false;
  // Writer thread only.
  std::uint64_t dropped_said_ = 0;
  std::thread thread_;
};

/// For constructors that want a Log in a test that does not look at it.
class NullLog : public Log {};

}  // namespace weir::telemetry
