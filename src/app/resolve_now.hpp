#pragma once
// resolve_now: the addresses of names, all at once, on a lane of its own; blocks for at most 5 s,
// however many there are. Following a name's changes is the work of DNS discovery.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace weir::app {

using HostPort = std::pair<std::string, std::uint16_t>;
/// "HOST:PORT" texts, never empty; or, with the name: not_found, deadline, unreachable.
using Resolved = std::map<HostPort, base::Result<std::vector<std::string>>>;

/// Fails: when nothing can be resolved at all.
base::Result<Resolved> resolve_now(const std::set<HostPort>& names);

}  // namespace weir::app
