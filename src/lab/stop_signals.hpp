#pragma once
// StopSignals: SIGTERM and SIGINT as an event of the lane, through a signalfd, so that a program
// drains instead of dying.

#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"
#include "supervise/descriptor.hpp"

namespace weir::lab {

/// Blocks both for the calling thread and those it will start. To be called first in a program.
void block_stop_signals();

/// Lane-only. Requests `end` at the first signal.
class StopSignals {
 public:
  /// Requires: block_stop_signals() on every thread. Lifetime: `end` outlives it.
  StopSignals(runtime::Lane& lane, runtime::CancelSource& end);

  void start();
  /// To be awaited before destruction.
  runtime::Task<void> stop();

 private:
  runtime::Task<void> listen();

  runtime::CancelSource& end_;
  supervise::Watch watch_;
  runtime::Gate gate_;
};

}  // namespace weir::lab
