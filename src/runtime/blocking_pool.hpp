#pragma once
// Blocking pool: a bounded set of threads for calls that block (files, name look-ups of libraries,
// process spawning). A full queue refuses: blocking work must never pile up behind a slow disk.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "runtime/foreign.hpp"

namespace weir::runtime {

class BlockingPool {
 public:
  BlockingPool(std::size_t threads, std::size_t queue_max);
  /// Finishes what is queued, then joins.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// From any thread. False when the queue is full or the pool is ending.
  [[nodiscard]] bool submit(std::move_only_function<void()> work);

  /// Runs `work` on a pool thread and gives its value on `lane`. Fails: overloaded when the queue
  /// is full; deadline, and then the work goes on and its value is dropped.
  template <class Work, class T = std::invoke_result_t<Work>>
  Task<base::Result<T>> run(Lane& lane, Work work, base::Deadline deadline = {}) {
    Foreign<T> foreign(lane);
    auto job = [completer = foreign.completer(), call = std::move(work)]() mutable {
      completer.complete(call());
    };
    if (!submit(std::move(job))) {
      co_return base::fail(base::Errc::overloaded, "the blocking pool's queue is full");
    }
    auto waiting = foreign.wait(deadline);
    co_return co_await waiting;
  }

 private:
  void serve();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> queue_;  // guarded by mutex_
  bool ending_ = false;                                // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace weir::runtime
