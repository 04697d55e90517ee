#include "admin/control_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "admin/view_json.hpp"
#include "base/clock.hpp"

namespace weir::admin {
namespace {

base::json::value text(std::string_view value) { return base::json::string(value); }

base::json::object entry_json(const observe::ServiceView& service,
                              const observe::EndpointView* endpoint) {
  base::json::object out{{"service", service.name},
                         {"scope", endpoint == nullptr ? "service" : "endpoint"}};
  if (endpoint != nullptr) {
    out["endpoint"] = endpoint->name;
    out["endpointId"] = endpoint->id;
  }
  const auto& breaker = endpoint == nullptr ? service.breaker : endpoint->breaker;
  for (auto& member : breaker_json(breaker)) out.insert(member);
  return out;
}

}  // namespace

base::json::object breaker_json(const observe::BreakerView& breaker) {
  base::json::object out;
  out["state"] = breaker.state;
  out["enabled"] = breaker.enabled;
  out["forced"] = breaker.forced;
  out["failures"] = breaker.failures;
  out["failuresToOpen"] = breaker.failures_max;
  out["generation"] = breaker.generation;
  out["until"] = nullptr;
  out["nextProbeMs"] = nullptr;
  if (breaker.until_ms != 0) {
    out["until"] = base::json::string(base::rfc3339(breaker.until_ms).text);
    out["nextProbeMs"] = static_cast<std::int64_t>(std::ceil(breaker.probes_in_ms));
  }
  out["probes"] = breaker.probes;
  out["probesOut"] = breaker.probes_out;
  out["probesPassed"] = breaker.probes_passed;
  return out;
}

base::json::object breakers_json(const observe::TrafficView& view, std::string_view id) {
  const observe::ServiceView* only = id.empty() ? nullptr : find_service(view, id);
  base::json::array entries;
  std::size_t open = 0;
  const auto add = [&](const observe::ServiceView& service, const observe::EndpointView* endpoint) {
    entries.push_back(entry_json(service, endpoint));
    open += (endpoint == nullptr ? service.breaker : endpoint->breaker).state == "open" ? 1 : 0;
  };
  for (const auto& service : view.services) {
    const bool is_whole = id.empty() || only == &service;
    if (is_whole) add(service, nullptr);
    for (const auto& endpoint : service.endpoints) {
      if (is_whole || (only == nullptr && endpoint.name == id)) add(service, &endpoint);
    }
  }
  const std::size_t total = entries.size();
  return {{"circuitBreakers", std::move(entries)}, {"total", total}, {"open", open}};
}

namespace {

double to_thousandths(double number) { return std::round(number * 1000) / 1000; }

base::json::value wall_time(std::int64_t wall_ms) {
  if (wall_ms == 0) return nullptr;
  return base::json::string(base::rfc3339(wall_ms).text);
}

base::json::object arm_json(const observe::ArmView& arm) {
  return {{"algorithm", arm.algorithm},
          {"current", arm.current},
          {"share", to_thousandths(arm.share)},
          {"requests", arm.requests},
          {"requestsTotal", arm.requests_total},
          {"failuresTotal", arm.failures_total},
          {"errorRate", to_thousandths(arm.error_ratio)},
          {"p50Ms", to_thousandths(arm.p50_ms)},
          {"p95Ms", to_thousandths(arm.p95_ms)},
          {"p99Ms", to_thousandths(arm.p99_ms)},
          {"spread", to_thousandths(arm.spread)},
          {"costMs", to_thousandths(arm.cost_ms)}};
}

// With one algorithm the service's own figures are its figures.
observe::ArmView only_arm(const observe::ServiceView& service) {
  const observe::LoadView& load = service.load;
  return {.algorithm = service.algorithm,
          .current = true,
          .requests_total = load.requests,
          .failures_total = load.errors,
          .requests = static_cast<std::uint64_t>(std::max(0.0, load.requests_per_minute)),
          .error_ratio = load.error_ratio,
          .p50_ms = load.p50_ms,
          .p95_ms = load.p95_ms,
          .p99_ms = load.p99_ms};
}

base::json::object service_arms_json(const observe::ServiceView& service) {
  const observe::ArmsView& all = service.arms;
  base::json::array arms;
  for (const observe::ArmView& each : all.arms) arms.push_back(arm_json(each));
  if (arms.empty()) arms.push_back(arm_json(only_arm(service)));
  base::json::array switches;
  for (auto each = all.switches.rbegin(); each != all.switches.rend(); ++each) {
    switches.push_back(base::json::object{{"time", wall_time(each->wall_ms)},
                                          {"verdict", each->verdict},
                                          {"from", each->from},
                                          {"to", each->to},
                                          {"why", each->why}});
  }
  base::json::object out{{"id", service.number},
                         {"service", service.name},
                         {"algorithm", service.algorithm},
                         {"adaptive", all.adaptive},
                         {"pinned", nullptr},
                         {"lastVerdict", all.last_verdict},
                         {"lastVerdictTime", wall_time(all.verdict_wall_ms)},
                         {"arms", std::move(arms)},
                         {"switches", std::move(switches)}};
  if (!all.pinned.empty()) out["pinned"] = all.pinned;
  return out;
}

}  // namespace

base::json::value algorithms_json(const observe::TrafficView& view, std::string_view id) {
  base::json::array services;
  for (const auto& service : view.services) {
    if (id.empty() || find_service(view, id) == &service) {
      services.push_back(service_arms_json(service));
    }
  }
  base::json::array known;
  for (const std::string_view each : balance::kAlgorithmNames) known.push_back(text(each));
  return base::json::object{{"services", std::move(services)}, {"algorithms", std::move(known)}};
}

base::json::value algorithm_json(std::string_view algorithm,
                                 std::span<const control::AlgorithmChange> changes) {
  base::json::array services;
  for (const auto& each : changes) {
    services.push_back(base::json::object{
        {"service", each.service}, {"from", text(each.from)}, {"to", text(each.to)}});
  }
  const std::string message = changes.size() == 1
                                  ? fmt::format("{} uses {}", changes.front().service, algorithm)
                                  : fmt::format("{} services use {}", changes.size(), algorithm);
  return base::json::object{{"success", true},
                            {"algorithm", text(algorithm)},
                            {"services", std::move(services)},
                            {"message", message}};
}

base::json::value operated_json(control::BreakerAction action,
                                std::span<const control::BreakerOperated> breakers) {
  base::json::array entries;
  std::size_t changed = 0;
  for (const auto& each : breakers) {
    base::json::object out{{"service", each.service},
                           {"scope", each.endpoint.empty() ? "service" : "endpoint"}};
    if (!each.endpoint.empty()) out["endpoint"] = each.endpoint;
    out["from"] = text(each.from);
    out["to"] = text(each.to);
    out["changed"] = each.changed;
    entries.push_back(std::move(out));
    changed += each.changed ? 1 : 0;
  }
  return base::json::object{{"success", true},
                            {"action", text(control::name(action))},
                            {"changed", changed},
                            {"circuitBreakers", std::move(entries)}};
}

base::json::value drain_json(const control::DrainChange& change, bool draining) {
  return base::json::object{{"success", true},
                            {"service", change.service},
                            {"endpoint", change.endpoint},
                            {"endpointId", change.id},
                            {"draining", draining},
                            {"changed", change.changed},
                            {"inFlight", change.in_flight},
                            {"eligibleOthers", change.eligible_others}};
}

base::json::value weight_json(const control::WeightChange& change) {
  return base::json::object{
      {"success", true},         {"service", change.service}, {"endpoint", change.endpoint},
      {"endpointId", change.id}, {"from", change.from},       {"weight", change.to}};
}

base::Result<std::optional<std::uint32_t>> parse_weight(std::string_view body) {
  WEIR_TRY(const base::json::value parsed, base::parse_json(body));
  if (!parsed.is_object()) return base::fail(base::Errc::bad_message, "the body is not an object");
  const auto& object = parsed.get_object();
  for (const auto& member : object) {
    if (member.key() == "weight") continue;
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{}: unknown field; there is: weight",
                                  std::string_view(member.key()).substr(0, 64)));
  }
  const auto* weight = object.if_contains("weight");
  if (weight == nullptr) return base::fail(base::Errc::invalid_argument, "weight: missing");
  if (weight->is_null()) return std::optional<std::uint32_t>();
  const bool fits =
      weight->is_int64() && weight->get_int64() >= 1 && weight->get_int64() <= control::kWeightMax;
  if (!fits) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("weight: not a whole number from 1 to {}, nor null for the "
                                  "configured one; to send it nothing, drain it",
                                  control::kWeightMax));
  }
  return std::optional(static_cast<std::uint32_t>(weight->get_int64()));
}

}  // namespace weir::admin
