#pragma once
// Lane: one thread with its event loop. Connections, pools and counters of a lane are touched by
// its thread alone; other threads reach it only through post().
//
// A turn: run what is scheduled → epoll_wait → read the clock once → resume waiters of events →
// expire deadlines → run posted functions.
//
// Invariants
//  1. A file descriptor is registered once, edge-triggered for reading, writing and hangup, until
//  it
//     is closed: no epoll_ctl on the request path.
//  2. Events carry a slot and a generation, so an event of a descriptor that was closed earlier in
//     the same batch finds nobody.
//  3. schedule() runs a frame in the next turn, never inside the caller.
//  4. A lane is destroyed only when its gates are closed; nothing may be suspended on it then.
// Source: engine.md, "Techniques that mattered" and "Rules the runtime must enforce".

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/result.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/readiness.hpp"

namespace weir::runtime {

class Lane {
 public:
  enum class Clock : std::uint8_t { real, manual };

  explicit Lane(unsigned number, Clock clock = Clock::real);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  unsigned number() const noexcept { return number_; }

  // ---- from the lane's thread

  /// Time at the start of this turn's events. Cost: a load.
  base::Time now() const noexcept { return now_; }
  /// Time at this instant, for latency. Cost: one vDSO call.
  base::Time precise_now() const noexcept;
  base::Deadline after(base::Duration timeout) const noexcept {
    return base::Deadline::after(now_, timeout);
  }

  DeadlineWheel& wheel() noexcept { return wheel_; }
  /// The frame runs in the next turn.
  void schedule(std::coroutine_handle<> frame) { ready_.push_back(frame); }

  /// `co_await lane.yield()`: lets the other work of this turn go first.
  auto yield() noexcept {
    struct Yield {
      Lane& lane;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> frame) { lane.schedule(frame); }
      void await_resume() const noexcept {}
    };
    return Yield{*this};
  }

  /// Registers a non-blocking descriptor. Fails: from epoll_ctl; nothing is registered then.
  base::Result<std::uint32_t> add(int fd, Readiness& readiness);
  /// Forgets the slot; the caller closes the descriptor, which takes it out of epoll.
  void remove(std::uint32_t slot) noexcept;
  /// Forgets the slot and takes a descriptor that stays open out of epoll.
  void remove_open(std::uint32_t slot, int fd) noexcept;

  // ---- from any thread

  /// Runs `work` on the lane's thread. Order is kept per poster. Cost: a lock and at most one
  /// write.
  void post(std::move_only_function<void()> work);
  /// run() returns after the present turn.
  void stop();

  // ---- the loop

  /// Runs turns until stop(). The caller's thread becomes the lane's thread.
  void run();
  /// One turn; waits for events at most until the next deadline, or not at all. Returns false when
  /// nothing was done. For run() and manual lanes.
  bool turn(bool may_wait);
  /// Manual clock only: time goes to `now`.
  void set_manual_now(base::Time now) noexcept { manual_now_ = now; }

  struct Stats {
    std::uint64_t turns = 0;
    std::uint64_t events = 0;
  };
  const Stats& stats() const noexcept { return stats_; }

 private:
  struct Slot {
    Readiness* readiness = nullptr;
    std::uint32_t generation = 0;
    std::uint32_t next_free = 0;
  };

  int wait_ms(bool may_wait) const noexcept;
  void dispatch(std::uint64_t key, std::uint32_t events);
  bool run_ready();
  bool run_posted();

  const unsigned number_;
  const Clock clock_;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;

  base::Time now_;
  base::Time manual_now_;
  DeadlineWheel wheel_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  std::vector<Slot> slots_;
  std::uint32_t free_slot_ = 0;  // 0 = none; slot 0 is never handed out
  bool stopping_ = false;
  Stats stats_;

  // ---- shared: how other threads reach the lane
  std::mutex posted_mutex_;
  std::vector<std::move_only_function<void()>> posted_;
  std::atomic<bool> wake_pending_{false};  // one eventfd write per batch of posts
};

}  // namespace weir::runtime
