#pragma once
// run_until_signal: the life of `weir serve` and `weir up` between their start and their end.

#include <functional>

#include "app/instance.hpp"

namespace weir::app {

/// Blocks SIGINT, SIGTERM and SIGHUP for every thread made later. Call before Instance::open.
void block_signals();

/// Whether SIGINT or SIGTERM waits to be taken: long work before run_until_signal ends early.
bool asked_to_end();

/// Waits for SIGINT or SIGTERM, then stops the instance; a second signal ends the process at once,
/// and its children with it. SIGHUP reopens the logs. Returns the exit code.
int run_until_signal(Instance& instance, base::Duration drain);

}  // namespace weir::app
