#pragma once
// Cancellation as a value: a source that can be asked to cancel, and hooks that hear of it once.
// Waits that are cancelled return Wake::cancelled; nothing is thrown and nothing is killed.
// Lane-only.

#include <optional>

#include "base/assert.hpp"
#include "base/deadline.hpp"
#include "runtime/lane.hpp"

namespace weir::runtime {

class CancelSource;

/// Hears of a cancellation while it is alive. Owned by whoever waits.
class CancelHook {
 public:
  using Heard = void (*)(CancelHook& hook);

  CancelHook(CancelSource& source, Heard heard) noexcept;
  ~CancelHook() { unlink(); }
  CancelHook(const CancelHook&) = delete;
  CancelHook& operator=(const CancelHook&) = delete;

 private:
  friend class CancelSource;
  void unlink() noexcept {
    if (previous_ == nullptr) return;
    *previous_ = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    previous_ = nullptr;
  }

  Heard heard_;
  CancelHook* next_ = nullptr;
  CancelHook** previous_ = nullptr;
};

class CancelSource {
 public:
  CancelSource() = default;
  CancelSource(const CancelSource&) = delete;
  CancelSource& operator=(const CancelSource&) = delete;
  ~CancelSource() { WEIR_ASSERT(hooks_ == nullptr); }

  bool requested() const noexcept { return requested_; }

  /// Tells every hook once. Idempotent. A hook may be destroyed inside its call.
  void request() {
    if (requested_) return;
    requested_ = true;
    while (hooks_ != nullptr) {
      CancelHook& hook = *hooks_;
      hook.unlink();
      hook.heard_(hook);
    }
  }

 private:
  friend class CancelHook;
  CancelHook* hooks_ = nullptr;
  bool requested_ = false;
};

/// A hook on a source that was already asked is told nothing: check requested() first.
inline CancelHook::CancelHook(CancelSource& source, Heard heard) noexcept : heard_(heard) {
  next_ = source.hooks_;
  previous_ = &source.hooks_;
  if (next_ != nullptr) next_->previous_ = &next_;
  source.hooks_ = this;
}

/// `co_await sleep_until(lane, deadline, cancel)`: Wake::deadline, or Wake::cancelled.
class Sleep {
 public:
  Sleep(Lane& lane, base::Deadline deadline, CancelSource* cancel) noexcept
      : waiter_(lane), deadline_(deadline), cancel_(cancel) {}

  bool await_ready() const noexcept {
    return (cancel_ != nullptr && cancel_->requested()) || deadline_.expired(waiter_.lane().now());
  }
  void await_suspend(std::coroutine_handle<> frame) {
    if (cancel_ != nullptr) hook_.emplace(*cancel_, waiter_);
    waiter_.suspend(frame, deadline_);
  }
  Wake await_resume() noexcept {
    hook_.reset();
    return cancel_ != nullptr && cancel_->requested() ? Wake::cancelled : Wake::deadline;
  }

 private:
  struct Hook : CancelHook {
    Hook(CancelSource& source, Waiter& slept) noexcept
        : CancelHook(source,
                     [](CancelHook& hook) {
                       static_cast<Hook&>(hook).waiter.resume_later(Wake::cancelled);
                     }),
          waiter(slept) {}
    Waiter& waiter;
  };

  Waiter waiter_;
  base::Deadline deadline_;
  CancelSource* cancel_;
  std::optional<Hook> hook_;
};

/// Requires: `cancel`, where given, outlives the wait.
inline Sleep sleep_until(Lane& lane, base::Deadline deadline, CancelSource* cancel = nullptr) {
  return Sleep(lane, deadline, cancel);
}

inline Sleep sleep_for(Lane& lane, base::Duration duration, CancelSource* cancel = nullptr) {
  return Sleep(lane, lane.after(duration), cancel);
}

}  // namespace weir::runtime
