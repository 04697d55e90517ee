#include "telemetry/log.hpp"

#include "base/assert.hpp"
#include "telemetry/background_thread.hpp"

namespace weir::telemetry {

Log::Log() noexcept : level_(Level::off) {}

Log::Log(LogSink& sink, LogOptions options)
    : sink_(&sink), options_(options), level_(options.level) {
  WEIR_ASSERT(options.queue_max > 0);
  thread_ = start_background("weir-log", [this] { run(); });
}

Log::~Log() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Log::set_level(Level level) noexcept {
  if (sink_ != nullptr) level_.store(level, std::memory_order_relaxed);
}

void Log::format(Level level, std::string_view component, Fields fields, fmt::string_view text,
                 fmt::format_args args) {
  if (!enabled(level)) return;
  write(level, component, fields, fmt::vformat(text, args));
}

void Log::write(Level level, std::string_view component, Fields fields, std::string_view message) {
  if (!enabled(level)) return;
  LogEntry entry{.wall_ms = options_.wall_ms(),
                 .level = level,
                 .component = std::string(component),
                 .message = std::string(message),
                 .fields = {}};
  entry.fields.reserve(fields.size());
  for (const Field& field : fields) entry.fields.emplace_back(field);
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = queue_.empty();
    if (queue_.size() >= options_.queue_max) {
      queue_.pop_front();
      dropped_.fetch_add(1, std::memory_order_relaxed);
    }
    queue_.push_back(std::move(entry));
    ++queued_;
  }
  if (was_empty) work_.notify_one();
}

void Log::flush() {
  if (sink_ == nullptr) return;
  std::unique_lock lock(mutex_);
  const std::uint64_t target = queued_;
  done_.wait(lock, [&] { return written_ >= target; });
}

void Log::run() {
  std::deque<LogEntry> batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    batch.swap(queue_);
    const std::uint64_t upto = queued_;
    lock.unlock();
    report_dropped();
    for (const LogEntry& entry : batch) sink_->write(entry);
    sink_->flush();
    batch.clear();
    lock.lock();
    written_ = upto;
    done_.notify_all();
  }
}

void Log::report_dropped() {
  const std::uint64_t now = dropped();
  if (now == dropped_said_) return;
  sink_->write(LogEntry{.wall_ms = options_.wall_ms(),
                        .level = Level::warn,
                        .component = "log",
                        .message = "log entries were forgotten: the queue was full",
                        .fields = {LogField(Field("entries", now - dropped_said_))}});
  dropped_said_ = now;
}

}  // namespace weir::telemetry
