#pragma once
// Validate, the routes: every name exists, one target, timeouts in order, no two routes for the
// same requests. See validate.hpp.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

void check_routes(const Settings& settings, const Node& root, Problems& problems);

}  // namespace weir::config
