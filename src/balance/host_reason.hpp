#pragma once
// The texts of a host's reasons, for the dashboard, `weir status`, `weir explain` and the event
// log:
//   "ejected: success 71 % against 98 %, back in 21 s"
//   "check failed: connection refused x3, next check in 4 s"
// Pure functions of the state; nothing is decided here. Source: balancing.md, section 2, "Shown
// as".

#include <string>
#include <vector>

#include "balance/host_state.hpp"

namespace weir::balance {

/// When `reason` may end; kNever when only an event can end it.
base::Time reason_eta(HostReason reason, const HostState& state, const HostConfig& config) noexcept;

/// What speaks for `reason`, without its name and time: "success 71 % against 98 %".
std::string evidence(HostReason reason, const HostState& state);

/// One reason as a phrase; `eligible` becomes the slow start while there is one.
std::string describe(HostReason reason, const HostState& state, const HostConfig& config,
                     base::Time now);

/// All reasons that hold now, the primary one first; one phrase when nothing speaks against it.
std::vector<std::string> describe_all(const HostState& state, const HostConfig& config,
                                      base::Time now);

}  // namespace weir::balance
