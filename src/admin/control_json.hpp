#pragma once
// The JSON of what an operator sees and changes at run time: breakers, algorithms, drains, weights;
// and what a change may say in its body. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "control/operator_command.hpp"
#include "observe/traffic_view.hpp"

namespace weir::admin {

/// A breaker as a member of its service or endpoint.
base::json::object breaker_json(const observe::BreakerView& breaker);

/// GET /api/circuit-breakers: one entry a breaker, a service's own before those of its endpoints.
/// `id`: a service's number or name, or an endpoint's name; empty: all. An unknown one: no entries.
base::json::object breakers_json(const observe::TrafficView& view, std::string_view id);

/// GET /api/algorithms: each service's algorithm, and side by side those that share its traffic.
/// `id`: a service's number or name; empty: all.
base::json::value algorithms_json(const observe::TrafficView& view, std::string_view id);
base::json::value algorithm_json(std::string_view algorithm,
                                 std::span<const control::AlgorithmChange> changes);
base::json::value operated_json(control::BreakerAction action,
                                std::span<const control::BreakerOperated> breakers);
base::json::value drain_json(const control::DrainChange& change, bool draining);
base::json::value weight_json(const control::WeightChange& change);

/// {"weight": 1 to 1000, or null for the configured one}. Fails: bad_message; invalid_argument with
/// the field named.
base::Result<std::optional<std::uint32_t>> parse_weight(std::string_view body);

}  // namespace weir::admin
