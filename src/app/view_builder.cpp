#include "app/view_builder.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "balance/health_score.hpp"

namespace weir::app {
namespace {

template <class Map, class Key>
auto value_of(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type() : found->second;
}

std::string_view state_of(const balance::BreakerSnapshot& breaker) {
  switch (breaker.state) {
    case balance::BreakerState::forced_open:
      return balance::name(balance::BreakerState::open);
    case balance::BreakerState::forced_closed:
      return balance::name(balance::BreakerState::closed);
    default:
      return balance::name(breaker.state);
  }
}

observe::BreakerView build_breaker(const balance::Breaker& breaker, bool enabled,
                                   const Instant& at) {
  const balance::BreakerSnapshot seen = breaker.snapshot();
  observe::BreakerView out;
  out.state = state_of(seen);
  out.enabled = enabled;
  out.forced = seen.forced;
  out.failures = seen.failures;
  out.failures_max = breaker.config().failures;
  out.generation = seen.generation;
  out.probes = breaker.config().probes;
  out.probes_out = seen.probes_out;
  out.probes_passed = seen.probes_passed;
  if (seen.until != base::kNever) {
    const base::Duration left = std::max(base::Duration{}, base::Duration(seen.until - at.now));
    out.probes_in_ms = base::to_ms(left);
    out.until_ms = at.wall_ms + left / std::chrono::milliseconds(1);
  }
  return out;
}

// In a panic health is ignored, not mended: who fails its checks is picked, and not well.
bool is_well(const control::EndpointEntry& entry, bool is_panic) {
  if (!entry.eligible || !is_panic) return entry.eligible;
  return entry.host.check != balance::CheckState::fail && !entry.host.is_ejected;
}

observe::EndpointView build_endpoint(const control::EndpointEntry& entry, const LoadTable& loads,
                                     bool is_panic) {
  const EndpointLoad load = value_of(loads.endpoints, entry.endpoint->id);
  observe::EndpointView out;
  out.id = entry.endpoint->id;
  out.name = entry.endpoint->name;
  out.address = entry.endpoint->address;
  out.healthy = is_well(entry, is_panic);
  out.state = entry.state;
  out.reason = entry.reason;
  out.reasons = entry.reasons;
  out.weight = entry.weight;
  out.configured_weight = entry.configured_weight;
  out.slow_start_share = entry.share;
  out.last_check_ms = entry.changed_wall_ms;
  out.load = load.load;
  out.cpu_percent = load.cpu_percent;
  out.rss_bytes = load.rss_bytes;
  const std::uint64_t most = load.memory_max > 0 ? load.memory_max : loads.machine_bytes;
  if (most > 0) {
    out.memory_percent = 100 * static_cast<double>(load.rss_bytes) / static_cast<double>(most);
  }
  return out;
}

balance::HealthFacts::Breaker breaker_fact(std::string_view state) {
  using Breaker = balance::HealthFacts::Breaker;
  if (state == balance::name(balance::BreakerState::closed)) return Breaker::closed;
  return state == balance::name(balance::BreakerState::half_open) ? Breaker::half_open
                                                                  : Breaker::open;
}

// Of the same 10 s that the other figures are of.
void add_health_scores(observe::ServiceView& service) {
  constexpr double kWindowSeconds = 10;
  std::vector<balance::HealthFacts> facts;
  for (const auto& endpoint : service.endpoints) {
    const double attempts = endpoint.load.rps * kWindowSeconds;
    facts.push_back(
        {.attempts = static_cast<std::uint64_t>(std::llround(attempts)),
         .failures = static_cast<std::uint64_t>(std::llround(attempts * endpoint.load.error_ratio)),
         .p95 = std::chrono::duration_cast<base::Duration>(
             std::chrono::duration<double, std::milli>(endpoint.load.p95_ms)),
         .breaker = breaker_fact(endpoint.breaker.state)});
  }
  std::vector<double> scores(facts.size());
  balance::health_scores(facts, {}, scores);
  for (std::size_t i = 0; i < scores.size(); ++i) service.endpoints[i].health_score = scores[i];
}

observe::ServiceView build_service(const control::ServiceEntry& entry, const LoadTable& loads,
                                   const Instant& at) {
  observe::ServiceView service;
  service.number = entry.service->number;
  service.name = entry.service->name;
  service.algorithm = balance::name(entry.policy->balance.algorithm);
  service.panic = entry.panic;
  const bool has_breaker = entry.policy->breaker;
  service.breaker = build_breaker(entry.service->breaker, has_breaker, at);
  service.retries = entry.service->retries.load(std::memory_order_relaxed);
  service.amplification = entry.service->retry_budget.view(at.now).amplification;
  service.fallbacks = entry.service->fallbacks.load(std::memory_order_relaxed);
  service.load = value_of(loads.services, service.name);
  service.arms = value_of(loads.arms, service.name);
  if (const auto& gate = entry.service->gate) {
    service.gate = {.enabled = true,
                    .limit = gate->limit(),
                    .inside = gate->inside(),
                    .waiting = gate->waiting.load(std::memory_order_relaxed),
                    .refused = gate->refused.load(std::memory_order_relaxed)};
  }
  std::size_t healthy = 0;
  std::uint64_t requests = 0;
  for (const auto& each : entry.endpoints) {
    service.endpoints.push_back(build_endpoint(each, loads, entry.panic));
    service.endpoints.back().breaker = build_breaker(each.endpoint->breaker, has_breaker, at);
    const bool is_spare = each.state == "backup";  // a spare one is well too
    healthy += is_spare || service.endpoints.back().healthy ? 1 : 0;
    requests += service.endpoints.back().load.requests;
  }
  add_health_scores(service);
  for (auto& endpoint : service.endpoints) {
    if (requests == 0) break;
    endpoint.load_share =
        static_cast<double>(endpoint.load.requests) / static_cast<double>(requests);
  }
  const UnitFacts unit = value_of(loads.units, service.name);
  std::size_t belonging = 0;  // those that leave are not missed
  for (const auto& each : entry.endpoints) {
    belonging += each.host.membership == balance::Membership::in ? 1 : 0;
  }
  const std::size_t wanted = std::max(unit.wanted, belonging);
  const bool is_open = has_breaker && service.breaker.state == "open";
  const bool is_degraded = healthy < wanted || service.breaker.state != "closed";
  service.state = healthy == 0 || is_open ? "unhealthy" : (is_degraded ? "degraded" : "healthy");
  if (unit.scaling) {
    service.scaling = {.enabled = true,
                       .driver = std::string(unit.scaling->driver),
                       .min = unit.scaling->min,
                       .max = unit.scaling->max,
                       .wanted = unit.scaling->wanted,
                       .automatic = unit.scaling->is_automatic,
                       .verdict = std::string(unit.scaling->verdict),
                       .reason = unit.scaling->reason,
                       .cooldown_s = unit.scaling->cooldown_s,
                       .operations = unit.scaling->operations};
  }
  for (const control::DiscoveryView& each : unit.discoveries) {
    observe::DiscoverySummary told{.source = each.source,
                                   .state = each.state,
                                   .error = each.error,
                                   .note = each.note,
                                   .cycles = each.cycles,
                                   .failures = each.failures};
    for (const auto& member : each.members) {
      told.members.push_back(
          {member.name, member.key, member.kind, member.address, member.state, member.reason});
    }
    service.discoveries.push_back(std::move(told));
  }
  return service;
}

}  // namespace

void add_container_loads(LoadTable& loads) {
  for (const auto& [name, unit] : loads.units) {
    for (const control::DiscoveryView& source : unit.discoveries) {
      for (const control::DiscoveredView& member : source.members) {
        if (member.endpoint_id == 0 || member.container.id.empty()) continue;
        EndpointLoad& into = loads.endpoints[member.endpoint_id];
        into.cpu_percent = 100 * member.container.cpu_share.value_or(0);
        into.rss_bytes = member.container.memory_bytes;
        into.memory_max = member.container.memory_max;
      }
    }
  }
}

observe::ArmsView build_arms(const control::ArmsView& arms) {
  observe::ArmsView out;
  out.adaptive = arms.is_adaptive;
  if (arms.pinned) out.pinned = *arms.pinned;
  out.last_verdict = arms.last_verdict;
  out.verdict_wall_ms = arms.verdict_wall_ms;
  for (const control::ArmView& each : arms.arms) {
    out.arms.push_back({.algorithm = std::string(balance::name(each.algorithm)),
                        .current = each.is_current,
                        .share = each.share,
                        .requests_total = each.requests_total,
                        .failures_total = each.failures_total,
                        .requests = each.requests,
                        .error_ratio = each.error_ratio,
                        .p50_ms = base::to_ms(each.p50),
                        .p95_ms = base::to_ms(each.p95),
                        .p99_ms = base::to_ms(each.p99),
                        .spread = each.spread,
                        .cost_ms = each.cost_us / 1000});
  }
  for (const control::ArmChange& each : arms.switches) {
    out.switches.push_back(
        {.wall_ms = each.wall_ms,
         .verdict = each.verdict == balance::AdaptiveVerdict::reverted ? "reverted" : "switched",
         .from = std::string(each.from),
         .to = std::string(each.to),
         .why = each.why});
  }
  return out;
}

observe::TrafficView build_view(const std::vector<control::ServiceEntry>& services,
                                const LoadTable& loads, const Instant& at) {
  observe::TrafficView view;
  view.wall_ms = loads.wall_ms;
  observe::TotalsView& totals = view.totals;
  for (const auto& entry : services) {
    view.services.push_back(build_service(entry, loads, at));
    const observe::ServiceView& service = view.services.back();
    totals.services += 1;
    totals.services_healthy += service.state == "healthy" ? 1 : 0;
    for (const auto& endpoint : service.endpoints) {
      totals.endpoints += 1;
      totals.endpoints_healthy += endpoint.healthy ? 1 : 0;
    }
  }
  view.listeners = loads.listeners;
  for (const auto& listener : view.listeners) totals.connections += listener.connections;
  totals.load = loads.all;
  totals.cpu_percent = loads.cpu_percent;
  totals.rss_bytes = loads.rss_bytes;
  totals.uptime_seconds = loads.uptime_seconds;
  return view;
}

}  // namespace weir::app
