#pragma once
// The JSON of decisions: what was decided for an exchange, and what would be for a request that is
// not sent. Endpoints are named as the view knows them now. Pure.

#include <span>
#include <string>

#include "base/json.hpp"
#include "gateway/decision_view.hpp"
#include "observe/traffic_view.hpp"

namespace weir::admin {

/// "web-1", or "endpoint 7 (gone)" when it has left.
std::string endpoint_name(const observe::TrafficView& view, std::uint32_t id);

/// One decision, whole.
base::json::object decision_json(const gateway::DecisionView& decision,
                                 const observe::TrafficView& view);
base::json::object decisions_json(std::span<const gateway::DecisionView> decisions,
                                  const observe::TrafficView& view);
base::json::object explained_json(const gateway::ExplainedRequest& explained,
                                  const observe::TrafficView& view);

/// The endpoints of `service` that get nothing now, each with its reasons.
base::json::array out_now_json(const observe::TrafficView& view, std::string_view service);

}  // namespace weir::admin
