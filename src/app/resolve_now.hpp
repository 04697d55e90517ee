#pragma once
// resolve_now: a name's addresses at start-up, on a lane of its own; blocks for at most 5 s.
// Following a name's changes is the work of DNS discovery, which comes with the control plane.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace weir::app {

/// "HOST:PORT" texts, never empty. Fails: not_found, deadline, unreachable, with the name.
base::Result<std::vector<std::string>> resolve_now(const std::string& name, std::uint16_t port);

}  // namespace weir::app
