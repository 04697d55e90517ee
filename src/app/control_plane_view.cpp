// ControlPlane: what it shows: the view, readiness, Prometheus.
#include <fmt/format.h>

#include <cmath>

#include "app/control_plane.hpp"
#include "app/version.hpp"
#include "observe/gateway_metrics.hpp"
#include "observe/process_facts.hpp"

namespace weir::app {

observe::TrafficView ControlPlane::view() const {
  const Instant at{base::real_now(), base::wall_ms()};
  const auto services = registry_.services(at.now);
  const std::lock_guard lock(loads_mutex_);
  return build_view(services, loads_, at);
}

std::string ControlPlane::not_ready() const {
  const auto services = registry_.facts();
  const std::lock_guard lock(loads_mutex_);
  for (const auto& entry : services) {
    const auto unit = loads_.units.find(entry.service->name);
    if (unit == loads_.units.end() || !unit->second.has_processes) continue;
    std::size_t eligible = 0;
    for (const auto& each : entry.endpoints) eligible += each.eligible ? 1 : 0;
    if (eligible == 0) return fmt::format("no endpoint of {} is eligible", entry.service->name);
  }
  return {};
}

namespace {

struct Standings {
  std::vector<observe::ServiceStanding> services;
  std::vector<observe::EndpointStanding> endpoints;
  std::vector<observe::ArmStanding> arms;
};

observe::BreakerStanding standing_of(const balance::Breaker& breaker) {
  const balance::BreakerSnapshot seen = breaker.snapshot();
  observe::BreakerStanding out{.forced = seen.forced, .changes = seen.generation};
  const bool is_open =
      seen.state == balance::BreakerState::open || seen.state == balance::BreakerState::forced_open;
  if (is_open) out.state = observe::BreakerStanding::kOpen;
  if (seen.state == balance::BreakerState::half_open) {
    out.state = observe::BreakerStanding::kHalfOpen;
  }
  return out;
}

Standings standings_of(const std::vector<control::ServiceEntry>& services, base::Time now) {
  Standings out;
  for (const auto& entry : services) {
    const upstream::Service& service = *entry.service;
    out.services.push_back({.service = service.name,
                            .panic = entry.panic,
                            .breaker = standing_of(service.breaker),
                            .retries = service.retries.load(std::memory_order_relaxed),
                            .amplification = service.retry_budget.view(now).amplification,
                            .fallbacks = service.fallbacks.load(std::memory_order_relaxed)});
    if (const auto& gate = service.gate) {
      observe::ServiceStanding& told = out.services.back();
      told.has_gate = true;
      told.limit = gate->limit();
      told.inside = gate->inside();
      told.waiting = gate->waiting.load(std::memory_order_relaxed);
      told.refused = gate->refused.load(std::memory_order_relaxed);
    }
    if (const auto& arms = entry.policy->arm_traffic; arms != nullptr) {
      for (std::size_t arm = 0; arm < arms->arms().size(); ++arm) {
        const auto sum = arms->sum(arm);
        out.arms.push_back({.service = service.name,
                            .algorithm = balance::name(arms->arms()[arm]),
                            .current = arm == entry.policy->arm,
                            .requests = sum.requests,
                            .failures = sum.failures});
        out.arms.back().latency.add(sum.latency);
      }
    }
    for (const auto& each : entry.endpoints) {
      out.endpoints.push_back({.service = service.name,
                               .endpoint = each.endpoint->name,
                               .eligible = each.eligible,
                               .weight = std::round(each.weight * each.share * 1000) / 1000,
                               .breaker = standing_of(each.endpoint->breaker)});
    }
  }
  return out;
}

}  // namespace

std::string ControlPlane::prometheus() {
  const auto services = registry_.facts();
  collector_.sync(subjects(services));
  const Standings standings = standings_of(services, lane_.now());
  observe::GatewayFacts facts;
  facts.version = kVersion;
  facts.revision = kRevision;
  facts.uptime_seconds = base::to_ms(lane_.now() - started_) / 1000;
  facts.access_log_dropped = access_log_dropped();
  facts.log_dropped = log_.dropped();
  facts.services = standings.services;
  facts.endpoints = standings.endpoints;
  facts.arms = standings.arms;
  facts.process = observe::read_process_facts();
  std::string out;
  observe::append_gateway_metrics(out, collector_, facts);
  return out;
}

}  // namespace weir::app
