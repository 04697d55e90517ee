#pragma once
// Validate, one service: algorithms that fit together, times and limits in order. See validate.hpp.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// `node`: what the service was read from.
void check_service(const Service& service, const Node& node, Problems& problems);

}  // namespace weir::config
