#pragma once
// spawn: the only way to run a task beside the caller. The gate counts it until its end; a failure
// is metered on the gate and handed to its observer, never lost.

#include <concepts>
#include <coroutine>
#include <type_traits>

#include "base/result.hpp"
#include "runtime/gate.hpp"
#include "runtime/task.hpp"

namespace weir::runtime {

namespace detail {

struct Spawned {
  struct promise_type : PooledPromise {
    Spawned get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
  };
};

template <class T>
Spawned run_inside(Gate& gate, Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    co_await task;
  } else {
    const T result = co_await task;
    if constexpr (requires { result.error(); }) {
      if (!result && result.error().code() != base::Errc::cancelled) ++gate.failed;
    }
  }
  gate.leave();
}

}  // namespace detail

/// Starts `task` at once, on this lane, and runs it until its first suspension. `name` says what it
/// is in a debugger's view of this call. Returns false, and runs nothing, when the gate is closed.
/// Lifetime: the task's parameters are its own; the gate must be awaited before it dies.
template <class T>
bool spawn(Gate& gate, [[maybe_unused]] const char* name, Task<T> task) {
  if (!gate.enter()) return false;
  ++gate.started;
  detail::run_inside(gate, std::move(task));
  return true;
}

}  // namespace weir::runtime
