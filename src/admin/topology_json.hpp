#pragma once
// The topology as a graph: listeners, services and endpoints are nodes; what sends to what are
// edges. Ids are stable while the thing exists: "listener:web", "service:1", "endpoint:7". Pure.
//
//   listener --route--> service --endpoint--> endpoint       service --fallback--> service
//
//  1. An edge to an endpoint has the endpoint's own figures.
//  2. weir counts by service, not by route. An edge to a service has the service's figures when one
//     listener only leads there; else they are null: nothing is guessed.
//  3. A fallback's edge has no figures.

#include "base/json.hpp"
#include "config/settings.hpp"
#include "observe/traffic_view.hpp"

namespace weir::admin {

base::json::object topology_json(const observe::TrafficView& view,
                                 const config::Settings& settings);

}  // namespace weir::admin
