#pragma once
// LogTail: the newest log entries, numbered, for those who follow the log live. It stands between
// the log and its sink, and passes everything on.

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/ring.hpp"
#include "telemetry/log_sink.hpp"

namespace weir::telemetry {

/// One that was numbered; the first has number 1.
struct NumberedEntry {
  std::uint64_t number = 0;
  LogEntry entry;
};

class LogTail : public LogSink {
 public:
  static constexpr std::size_t kKept = 512;
  static constexpr std::size_t kMessageMax = 4096;  ///< bytes; what is kept of a message

  /// Lifetime: `next` outlives this.
  explicit LogTail(LogSink& next) : next_(next), entries_(kKept) {}

  void write(const LogEntry& entry) override;
  void flush() override { next_.flush(); }

  /// The newest `limit` of those after number `after`, oldest first. From any thread.
  std::vector<NumberedEntry> since(std::uint64_t after, std::size_t limit) const;

 private:
  LogSink& next_;
  mutable std::mutex mutex_;
  base::Ring<NumberedEntry> entries_;  // guarded
  std::uint64_t last_ = 0;             // guarded
};

}  // namespace weir::telemetry
