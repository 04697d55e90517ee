#pragma once
// LogSink: where log entries end up. Called on the log's own thread only, so it may block.

#include <mutex>
#include <string>
#include <vector>

#include "telemetry/log_entry.hpp"

namespace weir::telemetry {

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogEntry& entry) = 0;
  /// Ends a batch: what was written must leave now.
  virtual void flush() = 0;
};

enum class LogFormat { automatic, text, json };  ///< automatic: text on a terminal, else JSON

/// Writes lines to a descriptor it does not own.
class FdSink : public LogSink {
 public:
  /// Requires: `fd` stays open as long as this.
  explicit FdSink(int fd, LogFormat format = LogFormat::automatic);
  void write(const LogEntry& entry) override;
  /// Bytes the descriptor refuses are lost: there is nowhere left to say so.
  void flush() override;

 private:
  int fd_;
  bool json_;
  std::string batch_;
};

/// Keeps the entries, for tests.
class MemorySink : public LogSink {
 public:
  void write(const LogEntry& entry) override;
  void flush() override {}

  /// What arrived so far, from any thread; Log::flush() first.
  std::vector<LogEntry> entries() const;
  /// Whether some entry's text line has `part` in it.
  bool contains(std::string_view part) const;

 private:
  mutable std::mutex mutex_;
  std::vector<LogEntry> entries_;
};

}  // namespace weir::telemetry
