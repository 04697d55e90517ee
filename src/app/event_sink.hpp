#pragma once
// EventSink: the log's entries, to a descriptor and to the store's event log. What comes before the
// store is open waits; the store's own entries stay out of it, since each could cause the next.

#include <deque>
#include <mutex>

#include "store/store.hpp"
#include "telemetry/log_sink.hpp"

namespace weir::app {

class EventSink final : public telemetry::LogSink {
 public:
  /// Requires: `fd` stays open as long as this.
  explicit EventSink(int fd) : file_(fd) {}

  void write(const telemetry::LogEntry& entry) override;
  void flush() override { file_.flush(); }

  /// Null: no more from now on. Lifetime: the store until another attach().
  void attach(store::Store* store);

 private:
  static constexpr std::size_t kWaitingMax = 256;

  telemetry::FdSink file_;
  std::mutex mutex_;
  store::Store* store_ = nullptr;      // guarded
  bool was_attached_ = false;          // guarded
  std::deque<store::LogRow> waiting_;  // guarded
};

}  // namespace weir::app
