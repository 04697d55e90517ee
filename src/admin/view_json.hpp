#pragma once
// View → JSON of the admin API. Names in camelCase but for the paths of the fixed contract (/stats,
// /request), which use snake_case. Times in milliseconds, rates per second. Pure.

#include <string>

#include "admin/admin_port.hpp"
#include "admin/page.hpp"
#include "base/json.hpp"

namespace weir::admin {

base::json::object services_json(const observe::TrafficView& view, const Page& page);
base::json::object endpoint_json(const observe::EndpointView& endpoint);
base::json::value service_json(const observe::ServiceView& service);
base::json::value metrics_json(const observe::TrafficView& view);
/// GET /stats; `service`: a name, or empty for all.
base::json::value stats_json(const observe::TrafficView& view, const std::string& service);
base::json::value servers_json(const observe::TrafficView& view);
/// GET /metrics as JSON: {"backends":[…]}.
base::json::value metric_backends_json(const observe::TrafficView& view);
/// GET /api/backends; `only`: one service, or null for all. Lifetime: `only` points into `view`.
base::json::object backends_json(const observe::TrafficView& view, const observe::ServiceView* only,
                                 const Page& page);
base::json::value probe_json(const ProbeReport& report);
base::json::value output_json(const std::vector<supervise::OutputLine>& lines);

/// The service of this number or name, or null. Lifetime: into `view`.
const observe::ServiceView* find_service(const observe::TrafficView& view, std::string_view id);

}  // namespace weir::admin
