#include "term/traffic.hpp"

#include <fmt/format.h>

#include <cmath>

#include "term/json_fields.hpp"

namespace weir::term {
namespace {

using base::json::object;

Load read_load(const object& from) {
  return {.requests = number_at(from, "requests"),
          .errors = number_at(from, "errors"),
          .in_flight = number_at(from, "inFlight"),
          .rps = number_at(from, "requestsPerSecond"),
          .error_share = number_at(from, "errorRate"),
          .p50_ms = number_at(from, "p50Ms"),
          .p95_ms = number_at(from, "p95Ms"),
          .p99_ms = number_at(from, "p99Ms")};
}

std::string id_of(const object& from) {
  const auto* id = from.if_contains("id");
  return id == nullptr ? std::string() : plain_text(*id);
}

Endpoint read_endpoint(const object& from) {
  Endpoint out;
  out.id = id_of(from);
  out.name = text_at(from, "name");
  out.address = text_at(from, "address");
  out.healthy = flag_at(from, "healthy");
  out.state = text_at(from, "state");
  out.reason = text_at(from, "reason");
  out.weight = number_at(from, "weight");
  out.configured_weight = number_at(from, "configuredWeight");
  out.share = number_at(from, "loadShare");
  out.breaker = read_breaker(object_at(from, "breaker"));
  out.load = read_load(from);
  return out;
}

Scaling read_scaling(const object& from) {
  return {.enabled = !from.empty(),
          .automatic = flag_at(from, "automatic"),
          .wanted = number_at(from, "wanted"),
          .min = number_at(from, "min"),
          .max = number_at(from, "max"),
          .reason = text_at(from, "reason")};
}

const object& object_of(const base::json::value& value) {
  static const object none;
  return value.is_object() ? value.get_object() : none;
}

}  // namespace

Breaker read_breaker(const object& from) {
  Breaker out;
  out.enabled = flag_at(from, "enabled");
  out.forced = flag_at(from, "forced");
  out.state = text_at(from, "state");
  out.next_probe_ms = number_at(from, "nextProbeMs");
  out.probes = number_at(from, "probes");
  out.probes_passed = number_at(from, "probesPassed");
  return out;
}

Service read_service(const object& from) {
  Service out;
  out.id = id_of(from);
  out.name = text_at(from, "name");
  out.state = text_at(from, "state");
  out.algorithm = text_at(from, "algorithm");
  out.panic = flag_at(from, "panic");
  out.breaker = read_breaker(object_at(from, "breaker"));
  out.load = read_load(from);
  out.scaling = read_scaling(object_at(from, "scaling"));
  for (const auto& each : array_at(from, "discoveries")) {
    const object& source = object_of(each);
    if (text_at(source, "state") != "failing") continue;
    out.failing_sources.push_back(text_at(source, "source") + ": " + text_at(source, "error"));
  }
  for (const auto& each : array_at(from, "endpoints")) {
    out.endpoints.push_back(read_endpoint(object_of(each)));
    out.healthy += out.endpoints.back().healthy ? 1 : 0;
  }
  return out;
}

Traffic read_traffic(const base::json::value& services, const base::json::value& metrics,
                     const base::json::value& about) {
  Traffic out;
  const object& totals = object_of(metrics);
  out.version = text_at(object_of(about), "version");
  out.uptime_seconds = number_at(totals, "uptimeSeconds");
  out.connections = number_at(totals, "connections");
  out.cpu_percent = number_at(totals, "cpuPercent");
  out.memory_bytes = number_at(totals, "memoryBytes");
  out.load = read_load(totals);
  for (const auto& each : array_at(object_of(services), "services")) {
    out.services.push_back(read_service(object_of(each)));
  }
  for (const auto& each : array_at(totals, "listeners")) {
    const object& listener = object_of(each);
    out.listeners.push_back({.name = text_at(listener, "name"),
                             .address = text_at(listener, "address"),
                             .connections = number_at(listener, "connections"),
                             .accepted = number_at(listener, "accepted"),
                             .refused = number_at(listener, "refused"),
                             .malformed = number_at(listener, "malformed")});
  }
  return out;
}

std::string breaker_standing(const Breaker& breaker) {
  if (!breaker.enabled) return "off";
  if (breaker.forced) return "forced " + breaker.state;
  if (breaker.state == "open" && breaker.next_probe_ms > 0) {
    return fmt::format("open, probes in {:.0f} s", std::ceil(breaker.next_probe_ms / 1000));
  }
  if (breaker.state != "half-open") return breaker.state;
  return fmt::format("half-open, {} of {} probes passed", breaker.probes_passed, breaker.probes);
}

std::string breaker_word(const Breaker& breaker) {
  if (!breaker.enabled) return "off";
  if (breaker.forced) return "forced";
  return breaker.state == "half-open" ? "half" : breaker.state;
}

// A reason says its state itself, but for what is no host state ("stopped").
std::string standing(const Endpoint& endpoint) {
  if (endpoint.reason.empty()) return endpoint.state;
  return endpoint.reason.starts_with(endpoint.state) ? endpoint.reason
                                                     : endpoint.state + ": " + endpoint.reason;
}

std::vector<Trouble> troubles_of(const Service& service) {
  std::vector<Trouble> out;
  const auto add = [&](const std::string& endpoint, std::string what) {
    out.push_back({service.name, endpoint, std::move(what)});
  };
  const bool is_forced_closed = service.breaker.forced && service.breaker.state == "closed";
  if (service.panic) add("", "panic: so few are healthy that health is ignored");
  const bool is_breaking = service.breaker.enabled && service.breaker.state != "closed";
  if (is_breaking || is_forced_closed) add("", "breaker " + breaker_standing(service.breaker));
  for (const std::string& each : service.failing_sources) add("", "discovery fails: " + each);
  if (service.endpoints.empty()) add("", "no endpoints");
  for (const Endpoint& endpoint : service.endpoints) {
    if (!endpoint.healthy && endpoint.state != "backup") {
      add(endpoint.name, standing(endpoint));
    } else if (endpoint.breaker.enabled && endpoint.breaker.state == "half-open") {
      add(endpoint.name, "breaker " + breaker_standing(endpoint.breaker));
    }
  }
  if (out.empty() && service.state != "healthy") add("", service.state);
  return out;
}

}  // namespace weir::term
