#pragma once
// Validate, what happens to a route's requests when its service is busy or fails: fallbacks lead to
// another service and never back, and a queue is shorter than the request's time. See validate.hpp.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// Chains of fallback services that lead back to their start. A fallback is one hop, so that such a
/// chain never runs in a circle; but services that catch each other's failures fall together.
/// Cost: O(routes + services), recursion as deep as there are services (kNamedMax).
void check_fallback_loops(const Settings& settings, const Node& root, Problems& problems);

/// `queue_timeout < total` of every route to the service.
void check_queues(const Settings& settings, const Node& root, Problems& problems);

}  // namespace weir::config
