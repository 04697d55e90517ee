#pragma once
// ChangeQueue: changes of the configuration, one after the other on a thread that may block, in the
// order they were asked for. What waits has a bound, and ends with a word when weir ends.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace weir::app {

class ChangeQueue {
 public:
  static constexpr std::size_t kWaitingMax = 64;
  /// `is_over`: weir ends, nothing may be changed any more.
  using Work = std::move_only_function<void(bool is_over)>;

  ChangeQueue();
  /// Requires: stop() was called, or nothing was submitted.
  ~ChangeQueue() { stop(); }
  ChangeQueue(const ChangeQueue&) = delete;
  ChangeQueue& operator=(const ChangeQueue&) = delete;

  /// False: too many wait, or it has stopped; `work` is not called then. From any thread.
  bool submit(Work work);
  /// Blocks until the one under way is done; those that wait hear that it is over.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable waking_;
  std::deque<Work> waiting_;  // guarded
  bool is_over_ = false;      // guarded
  std::thread thread_;
};

}  // namespace weir::app
