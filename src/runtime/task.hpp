#pragma once
// Task<T>: a coroutine that starts when it is awaited and hands its value to the awaiting frame.
//
// Invariants
//  1. A task is awaited exactly once or never started; it is never detached (see spawn.hpp).
//  2. A frame is destroyed only before its start or after its end, never while suspended inside.
//  3. Nothing throws through a co_await: an escaping exception aborts the process.
//  4. Frames come from the frame pool; resuming is by symmetric transfer, so depth costs no stack.
// Lives on the lane that awaits it. Own code instead of a library: ADR 0001.

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "runtime/frame_pool.hpp"

namespace weir::runtime {

/// Base of every promise: pooled frames, abort on an escaping exception.
struct PooledPromise {
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    release_frame(frame, size);
  }
  [[noreturn]] void unhandled_exception() noexcept { std::abort(); }
};

template <class T>
class Task;

namespace detail {

struct TaskPromiseBase : PooledPromise {
  std::coroutine_handle<> continuation;
  bool done = false;

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct Return {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      handle.promise().done = true;
      return handle.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  Return final_suspend() noexcept { return {}; }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using value_type = T;

  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (!handle_) return;
    WEIR_ASSERT(!handle_.promise().continuation || handle_.promise().done);  // invariant 2
    handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> detail::TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}

inline Task<void> detail::TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

}  // namespace weir::runtime
