#include "app/change_queue.hpp"

#include "telemetry/background_thread.hpp"

namespace weir::app {

ChangeQueue::ChangeQueue() : thread_(telemetry::start_background("changes", [this] { run(); })) {}

bool ChangeQueue::submit(Work work) {
  const std::lock_guard lock(mutex_);
  if (is_over_ || waiting_.size() >= kWaitingMax) return false;
  waiting_.push_back(std::move(work));
  waking_.notify_one();
  return true;
}

void ChangeQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    waking_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    const bool is_over = is_over_;
    lock.unlock();
    work(is_over);
    lock.lock();
  }
}

void ChangeQueue::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  waking_.notify_one();
  thread_.join();
}

}  // namespace weir::app
