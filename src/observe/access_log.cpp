#include "observe/access_log.hpp"

#include <utility>

#include "base/assert.hpp"
#include "observe/access_line.hpp"
#include "telemetry/background_thread.hpp"

namespace weir::observe {
namespace {

// Large enough that a write is worth its system call, small enough to stay in the cache.
constexpr std::size_t kBatchMax = 64 * 1024;

}  // namespace

AccessLog::AccessLog(AccessLogFile file, const AccessLogOptions& options, telemetry::Log& log)
    : options_(options), log_(log), file_(std::move(file)) {
  WEIR_ASSERT(options.lanes > 0);
  for (std::size_t i = 0; i < options.lanes; ++i) {
    rings_.push_back(std::make_unique<telemetry::RecordRing>(options.records_per_lane));
  }
  batch_.reserve(kBatchMax + 4096);
  thread_ = telemetry::start_background("weir-access-log", [this] { run(); });
}

AccessLog::~AccessLog() { stop(); }

void AccessLog::wake() {
  if (woken_.exchange(true, std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  work_.notify_one();
}

void AccessLog::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  work_.notify_one();
  done_.wait(lock, [&] { return answered_ >= mine || stopped_; });
}

void AccessLog::reopen() {
  const std::lock_guard lock(mutex_);
  reopen_ = true;
  work_.notify_one();
}

void AccessLog::stop() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    stop_ = true;
    work_.notify_one();
    if (!done_.wait_for(lock, options_.stop_limit, [&] { return stopped_; })) {
      give_up_.store(true, std::memory_order_relaxed);
    }
  }
  thread_.join();
}

std::uint64_t AccessLog::dropped() const noexcept {
  std::uint64_t total = lost_.load(std::memory_order_relaxed);
  for (const auto& ring : rings_) total += ring->dropped();
  return total;
}

void AccessLog::run() {
  bool more = false;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto has_work = [&] {
      return more || stop_ || reopen_ || asked_ > answered_ ||
             woken_.load(std::memory_order_relaxed);
    };
    work_.wait_for(lock, options_.interval, has_work);
    const std::uint64_t asked = asked_;
    const bool reopen = std::exchange(reopen_, false);
    const bool stop = stop_;
    woken_.store(false, std::memory_order_relaxed);
    lock.unlock();
    more = drain();
    if (reopen) reopen_now();
    lock.lock();
    answered_ = asked;
    if (stop) stopped_ = true;
    done_.notify_all();
    if (stop) return;
  }
}

// At most one ringful per lane and pass, which is all that was published before it began, so that
// lanes that never stop cannot keep flush() or stop() waiting. True when more may be waiting.
bool AccessLog::drain() {
  bool more = false;
  for (const auto& ring : rings_) {
    std::size_t left = ring->capacity();
    for (; left > 0; --left) {
      const telemetry::ExchangeRecord* const record = ring->front();
      if (record == nullptr) break;
      append_access_line(batch_, *record);
      ++batch_lines_;
      ring->pop();
      if (batch_.size() >= kBatchMax) write_batch();
    }
    more = more || left == 0;
  }
  write_batch();
  return more;
}

void AccessLog::write_batch() {
  if (batch_.empty()) return;
  std::uint64_t lost = 0;
  const auto result = file_.write(batch_, give_up_, &lost);
  if (!result && !failing_) {
    log_.error("access_log", {{"lines", lost}}, "lines are lost: {}", result.error().detail());
  } else if (result && failing_) {
    log_.info("access_log", "writing works again");
  }
  failing_ = !result;
  lost_.fetch_add(lost, std::memory_order_relaxed);
  written_.fetch_add(batch_lines_ - lost, std::memory_order_relaxed);
  batch_.clear();
  batch_lines_ = 0;
}

void AccessLog::reopen_now() {
  if (const auto result = file_.reopen(); !result) {
    log_.error("access_log", "kept the old file: {}", result.error().detail());
  } else {
    log_.info("access_log", "opened anew");
  }
}

}  // namespace weir::observe
