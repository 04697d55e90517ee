#pragma once
// Keys that are read and checked but that this version does not act on yet: a warning at their
// line, so that nobody relies on them in silence. A key leaves this file when it works.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

void check_pending(const Settings& settings, const Node& root, Problems& problems);

}  // namespace weir::config
