#pragma once
// Gate: counts the tasks somebody runs, so that it can wait for their end before it dies.
//
// Invariants
//  1. Every spawned task holds its gate; a closed gate admits nobody.
//  2. The owner awaits close() before destruction; the destructor asserts that nobody is inside.
// Lane-only.

#include <coroutine>
#include <cstdint>

#include "base/assert.hpp"
#include "runtime/task.hpp"

namespace weir::runtime {

class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { WEIR_ASSERT(inside_ == 0); }

  /// False when the gate is closed.
  [[nodiscard]] bool enter() noexcept {
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void leave() noexcept {
    if (--inside_ == 0 && closer_) std::exchange(closer_, {}).resume();
  }

  /// Admits nobody from now on.
  void refuse() noexcept { closed_ = true; }

  /// Refuses, then waits until all are out. One closer at a time.
  Task<void> close() {
    closed_ = true;
    while (inside_ > 0) co_await Leaving{*this};
  }

  std::uint32_t inside() const noexcept { return inside_; }
  bool closed() const noexcept { return closed_; }

  // Counted by spawn(): how many tasks began, and how many ended with an error that was not a
  // cancellation.
  std::uint64_t started = 0;
  std::uint64_t failed = 0;

 private:
  struct Leaving {
    Gate& gate;
    bool await_ready() const noexcept { return gate.inside_ == 0; }
    void await_suspend(std::coroutine_handle<> frame) noexcept {
      WEIR_ASSERT(!gate.closer_);
      gate.closer_ = frame;
    }
    void await_resume() const noexcept {}
  };

  std::uint32_t inside_ = 0;
  bool closed_ = false;
  std::coroutine_handle<> closer_;
};

}  // namespace weir::runtime
