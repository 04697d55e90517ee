#include "runtime/readiness.hpp"

#include <utility>

#include "base/assert.hpp"
#include "runtime/lane.hpp"

namespace weir::runtime {

void Waiter::suspend(std::coroutine_handle<> frame, base::Deadline deadline) noexcept {
  WEIR_ASSERT(!frame_);  // one waiter per direction
  frame_ = frame;
  if (deadline.never()) {
    disarm();
  } else {
    lane_.wheel().arm(*this, deadline.at());
  }
}

void Waiter::resume(Wake reason) {
  reason_ = reason;
  disarm();
  end_twin();
  std::exchange(frame_, {}).resume();
}

void Waiter::resume_later(Wake reason) {
  if (!frame_) return;
  reason_ = reason;
  disarm();
  end_twin();
  lane_.schedule(std::exchange(frame_, {}));
}

void Waiter::expire(WheelEntry& entry) {
  auto& waiter = static_cast<Waiter&>(entry);
  if (waiter.frame_) waiter.resume(Wake::deadline);
}

void Readiness::cancel() noexcept {
  cancelled_ = true;
  reader_.resume_later(Wake::cancelled);
  writer_.resume_later(Wake::cancelled);
  if (hangup_watcher_ != nullptr) hangup_watcher_->reader_.resume_later(Wake::cancelled);
}

void Readiness::signal_readable() noexcept {
  readable = true;
  reader_.resume_later(Wake::ready);
}

void Readiness::signal_writable() noexcept {
  writable = true;
  writer_.resume_later(Wake::ready);
}

void Readiness::signal_hangup() noexcept {
  hangup = true;
  signal_readable();
  if (hangup_watcher_ != nullptr) hangup_watcher_->reader_.resume_later(Wake::cancelled);
}

}  // namespace weir::runtime
