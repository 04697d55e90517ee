#pragma once
// Readiness: what is known about one end of a stream, and who waits for it.
//
// Edge-triggered epoll tells of a change once; the flags remember it until a read or write finds
// the kernel's buffer empty or full. Waiting with the flag set costs a branch and no system call.
//
// Invariants
//  1. At most one waiter per direction.
//  2. A waiter is resumed exactly once per wait, with the reason it was woken for.
//  3. After a resume nothing may touch the Readiness again: its owner may be gone (the lane checks
//     by generation, see lane.cpp).
// Lane-only. Owned by the stream; it must outlive every wait on it.

#include <coroutine>
#include <utility>

#include "base/deadline.hpp"
#include "runtime/deadline_wheel.hpp"

namespace weir::runtime {

class Lane;

/// Why a wait ended. `cancelled` is a value, not an error in logs.
enum class Wake : std::uint8_t { ready, deadline, cancelled };

/// One suspended frame and the deadline of its wait.
class Waiter : public WheelEntry {
 public:
  explicit Waiter(Lane& lane) noexcept : WheelEntry(&Waiter::expire), lane_(lane) {}

  bool waiting() const noexcept { return static_cast<bool>(frame_); }
  void suspend(std::coroutine_handle<> frame, base::Deadline deadline) noexcept;
  /// Resumes on the spot; the Waiter may be destroyed inside. Requires: waiting().
  void resume(Wake reason);
  /// Resumes in the lane's next turn. Without a waiting frame: no effect.
  void resume_later(Wake reason);
  Wake reason() const noexcept { return reason_; }
  Lane& lane() const noexcept { return lane_; }

 private:
  static void expire(WheelEntry& entry);

  Lane& lane_;
  friend class EitherReadable;
  friend class WritableOrReadable;
  void end_twin() noexcept {
    if (twin_ == nullptr) return;
    twin_->reason_ = reason_;
    std::exchange(twin_, nullptr)->forget();
  }
  void forget() noexcept {
    frame_ = {};
    twin_ = nullptr;
    disarm();
  }

  std::coroutine_handle<> frame_;
  Waiter* twin_ = nullptr;  // the same frame waits there too; whoever is first ends the other
  Wake reason_ = Wake::ready;
};

class Readiness {
 public:
  explicit Readiness(Lane& lane) noexcept : reader_(lane), writer_(lane) {}
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // ---- flags: set by events, cleared by the code that reads or writes
  bool readable = false;
  bool writable = false;
  bool hangup = false;  ///< the peer ended its direction or broke the stream; data may be left

  /// `co_await` until the direction is ready; a cancelled Readiness answers at once without
  /// starting.
  auto wait_readable(base::Deadline deadline) noexcept {
    return Wait{*this, reader_, readable, deadline};
  }
  auto wait_writable(base::Deadline deadline) noexcept {
    return Wait{*this, writer_, writable, deadline};
  }

  /// Every present and future wait ends with Wake::cancelled, in the lane's next turn.
  void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_; }

  /// When this end hangs up or is cancelled, `other`'s read wait ends with Wake::cancelled: a proxy
  /// notices its client's abort while it waits for the backend. Null ends the watch. Lifetime:
  /// `other` must outlive the watch.
  void watch_hangup(Readiness* other) noexcept { hangup_watcher_ = other; }

  /// Events from a place that is not the epoll loop (pipes, tests): waiters run next turn.
  void signal_readable() noexcept;
  void signal_writable() noexcept;
  void signal_hangup() noexcept;

  Lane& lane() const noexcept { return reader_.lane(); }

 private:
  friend class Lane;
  friend class EitherReadable;
  friend class WritableOrReadable;

  struct Wait {
    Readiness& readiness;
    Waiter& waiter;
    const bool& flag;
    base::Deadline deadline;
    bool suspended = false;

    bool await_ready() const noexcept { return flag || readiness.cancelled_; }
    void await_suspend(std::coroutine_handle<> frame) noexcept {
      suspended = true;
      waiter.suspend(frame, deadline);
    }
    Wake await_resume() const noexcept {
      if (readiness.cancelled_) return Wake::cancelled;
      return suspended ? waiter.reason() : Wake::ready;
    }
  };

  Waiter reader_;
  Waiter writer_;
  Readiness* hangup_watcher_ = nullptr;
  bool cancelled_ = false;
};

/// `co_await EitherReadable(a, b, deadline)`: until one of two ends is readable. Wake::cancelled
/// when either was cancelled.
class EitherReadable {
 public:
  EitherReadable(Readiness& a, Readiness& b, base::Deadline deadline) noexcept
      : a_(a), b_(b), deadline_(deadline) {}

  bool await_ready() const noexcept {
    return a_.readable || b_.readable || a_.cancelled() || b_.cancelled();
  }
  void await_suspend(std::coroutine_handle<> frame) noexcept {
    suspended_ = true;
    a_.reader_.suspend(frame, deadline_);
    b_.reader_.suspend(frame, base::Deadline());
    a_.reader_.twin_ = &b_.reader_;
    b_.reader_.twin_ = &a_.reader_;
  }
  Wake await_resume() const noexcept {
    if (a_.cancelled() || b_.cancelled()) return Wake::cancelled;
    return suspended_ ? a_.reader_.reason() : Wake::ready;
  }

 private:
  Readiness& a_;
  Readiness& b_;
  base::Deadline deadline_;
  bool suspended_ = false;
};

/// `co_await WritableOrReadable(end, deadline)`: until one end can be written or has something to
/// read, so that whoever is blocked sending notices an answer, an end, or (watch_hangup) the abort
/// of the client it sends for. Wake::cancelled as for EitherReadable.
class WritableOrReadable {
 public:
  WritableOrReadable(Readiness& end, base::Deadline deadline) noexcept
      : end_(end), deadline_(deadline) {}

  bool await_ready() const noexcept { return end_.writable || end_.readable || end_.cancelled(); }
  void await_suspend(std::coroutine_handle<> frame) noexcept {
    suspended_ = true;
    end_.writer_.suspend(frame, deadline_);
    end_.reader_.suspend(frame, base::Deadline());
    end_.writer_.twin_ = &end_.reader_;
    end_.reader_.twin_ = &end_.writer_;
  }
  Wake await_resume() const noexcept {
    if (end_.cancelled()) return Wake::cancelled;
    return suspended_ ? end_.writer_.reason() : Wake::ready;
  }

 private:
  Readiness& end_;
  base::Deadline deadline_;
  bool suspended_ = false;
};

}  // namespace weir::runtime
