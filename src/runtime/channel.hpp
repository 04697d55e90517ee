#pragma once
// Channel<T>: a bounded queue between tasks of one lane. When it is full, try_push refuses: the
// producer decides whether to wait, drop or answer an error.
// Lane-only; one consumer at a time.

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "runtime/readiness.hpp"
#include "runtime/task.hpp"

namespace weir::runtime {

template <class T>
class Channel {
 public:
  Channel(Lane& lane, std::size_t capacity) : readiness_(lane), capacity_(capacity) {}

  /// False when full or closed; `value` is then untouched.
  [[nodiscard]] bool try_push(T&& value) {
    if (closed_ || queue_.size() >= capacity_) return false;
    queue_.push_back(std::move(value));
    readiness_.signal_readable();
    return true;
  }

  /// The oldest value. Fails: deadline; closed, after the last value was taken; cancelled.
  Task<base::Result<T>> pop(base::Deadline deadline) {
    while (queue_.empty()) {
      if (closed_) co_return base::fail(base::Errc::closed);
      readiness_.readable = false;
      const Wake wake = co_await readiness_.wait_readable(deadline);
      if (wake == Wake::deadline) co_return base::fail(base::Errc::deadline);
      if (wake == Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    }
    T value = std::move(queue_.front());
    queue_.pop_front();
    co_return value;
  }

  /// No more values; the consumer takes what is left, then hears `closed`.
  void close() noexcept {
    closed_ = true;
    readiness_.signal_readable();
  }

  std::size_t size() const noexcept { return queue_.size(); }

 private:
  Readiness readiness_;
  std::size_t capacity_;
  std::deque<T> queue_;
  bool closed_ = false;
};

}  // namespace weir::runtime
