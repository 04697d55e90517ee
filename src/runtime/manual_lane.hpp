#pragma once
// ManualLane: a lane whose clock a test moves by hand. run() turns until nothing is left to do
// without waiting; advance() moves the clock and runs what became due. No test sleeps.

#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "runtime/gate.hpp"
#include "runtime/lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::runtime {

class ManualLane {
 public:
  ManualLane() : lane_(0, Lane::Clock::manual), now_(lane_.now()) {}

  Lane& lane() noexcept { return lane_; }
  operator Lane&() noexcept { return lane_; }

  /// Turns until a turn finds nothing to do. Bounded: a task that never rests aborts the test.
  void run() {
    for (int turns = 0; lane_.turn(false); ++turns) WEIR_ASSERT(turns < 1'000'000);
  }

  /// The clock moves on in one step; deadlines in between are all due then.
  void advance(base::Duration duration) {
    run();
    now_ += duration;
    lane_.set_manual_now(now_);
    lane_.turn(false);
    run();
  }

  /// Runs `task` to its end and returns its value; the test fails if it does not end by itself.
  template <class T>
  T complete(Task<T> task) {
    std::optional<T> out;
    Gate gate;
    spawn(gate, "complete", store(std::move(task), out));
    run();
    WEIR_ASSERT(out.has_value());
    return std::move(*out);
  }

 private:
  template <class T>
  static Task<void> store(Task<T> task, std::optional<T>& out) {
    out.emplace(co_await task);
  }

  Lane lane_;
  base::Time now_;
};

}  // namespace weir::runtime
