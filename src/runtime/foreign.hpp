#pragma once
// Foreign: how a thread that is not a lane (a blocking pool's, another library's) hands a result to
// a task that waits on a lane. The waiting task is resumed on its own lane, never on the foreign
// thread.

#include <memory>
#include <optional>
#include <utility>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "runtime/cancel.hpp"
#include "runtime/lane.hpp"
#include "runtime/readiness.hpp"
#include "runtime/task.hpp"

namespace weir::runtime {

/// The lane's end. Wait once.
template <class T>
class Foreign {
  struct State {
    explicit State(Lane& home) : readiness(home) {}
    Readiness readiness;     // lane-only
    std::optional<T> value;  // lane-only: written by a posted function
  };

 public:
  explicit Foreign(Lane& lane) : lane_(lane), state_(std::make_shared<State>(lane)) {}

  /// The foreign thread's end: complete() once, from any thread; later calls are ignored, as is a
  /// completion whose waiter has given up. Requires: the lane still runs.
  class Completer {
   public:
    void complete(T value) {
      lane_->post([state = std::move(state_), result = std::move(value)]() mutable {
        if (!state || state->value) return;
        state->value = std::move(result);
        state->readiness.signal_readable();
      });
    }

   private:
    friend class Foreign;
    Completer(Lane& lane, std::shared_ptr<State> state) : lane_(&lane), state_(std::move(state)) {}
    Lane* lane_;
    std::shared_ptr<State> state_;  // owners: the waiter and the completer
  };

  Completer completer() { return Completer(lane_, state_); }

  /// Fails: deadline; cancelled, when `cancel` is asked. The foreign work then goes on and its
  /// result is dropped.
  Task<base::Result<T>> wait(base::Deadline deadline, CancelSource* cancel = nullptr) {
    const std::shared_ptr<State> state = state_;
    std::optional<Ender> ender;
    if (cancel != nullptr) {
      if (cancel->requested()) co_return base::fail(base::Errc::cancelled);
      ender.emplace(*cancel, state->readiness);
    }
    while (!state->value) {
      const Wake wake = co_await state->readiness.wait_readable(deadline);
      if (wake == Wake::deadline) co_return base::fail(base::Errc::deadline);
      if (wake == Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    }
    co_return std::move(*state->value);
  }

 private:
  struct Ender : CancelHook {
    Ender(CancelSource& source, Readiness& waited) noexcept
        : CancelHook(source,
                     [](CancelHook& hook) { static_cast<Ender&>(hook).readiness.cancel(); }),
          readiness(waited) {}
    Readiness& readiness;
  };

  Lane& lane_;
  std::shared_ptr<State> state_;
};

}  // namespace weir::runtime
