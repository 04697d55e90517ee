#pragma once
// Validate, services that were registered at run time: what only the owner of the file may say.
// Whoever may register a service must not be able to start programs, to reach weir's own sockets or
// to scale somebody's containers. See validate.hpp.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

void validate_registered(const Settings& settings, const Node& root, Problems& problems);

}  // namespace weir::config
