#pragma once
// Validate, how many endpoints a service has: bounds in order, a driver that has something to
// drive, and sources that are listed once. See validate.hpp.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// `node`: what the service was read from.
void check_scaling(const Service& service, const Node& node, Problems& problems);

/// A name that is looked up twice for the same port.
void check_dns(const Service& service, const Node& node, Problems& problems);

}  // namespace weir::config
