#include "admin/view_json.hpp"

#include <cmath>

#include "admin/control_json.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

namespace weir::admin {
namespace {

using base::json::array;
using base::json::object;
using base::json::value;

double rounded(double number) { return std::round(number * 1000) / 1000; }

void add_load(object& out, const observe::LoadView& load) {
  out["requests"] = load.requests;
  out["errors"] = load.errors;
  out["inFlight"] = load.in_flight;
  out["bytesIn"] = load.bytes_in;
  out["bytesOut"] = load.bytes_out;
  out["requestsPerSecond"] = rounded(load.rps);
  out["requestsPerMinute"] = rounded(load.requests_per_minute);
  out["errorRate"] = rounded(load.error_ratio);
  out["averageMs"] = rounded(load.average_ms);
  out["p50Ms"] = rounded(load.p50_ms);
  out["p95Ms"] = rounded(load.p95_ms);
  out["p99Ms"] = rounded(load.p99_ms);
}

value time_of(std::int64_t wall_ms) {
  if (wall_ms == 0) return nullptr;
  return base::json::string(base::rfc3339(wall_ms).text);
}

std::string_view word_of(bool is_healthy) { return is_healthy ? "healthy" : "unhealthy"; }

std::string url_of(const std::string& address) {
  return (address.starts_with("unix:") ? "" : "http://") + address;
}

std::uint32_t healthy_endpoints(const observe::ServiceView& service) {
  std::uint32_t count = 0;
  for (const auto& endpoint : service.endpoints) count += endpoint.healthy ? 1 : 0;
  return count;
}

}  // namespace

object endpoint_json(const observe::EndpointView& endpoint) {
  object out;
  out["id"] = endpoint.id;
  out["name"] = endpoint.name;
  out["address"] = endpoint.address;
  out["healthy"] = endpoint.healthy;
  out["state"] = endpoint.state;
  out["reason"] = endpoint.reason;
  array reasons;
  for (const std::string& each : endpoint.reasons) reasons.emplace_back(each);
  out["reasons"] = std::move(reasons);
  out["breaker"] = breaker_json(endpoint.breaker);
  out["slowStartShare"] = rounded(endpoint.slow_start_share);
  out["weight"] = endpoint.weight;
  out["configuredWeight"] = endpoint.configured_weight;
  out["loadShare"] = rounded(endpoint.load_share);
  out["cpuPercent"] = rounded(endpoint.cpu_percent);
  out["memoryBytes"] = endpoint.rss_bytes;
  add_load(out, endpoint.load);
  return out;
}

namespace {

value scaling_json(const observe::ScalingView& scaling) {
  if (!scaling.enabled) return nullptr;
  return object{{"driver", scaling.driver},
                {"min", scaling.min},
                {"max", scaling.max},
                {"wanted", scaling.wanted},
                {"automatic", scaling.automatic},
                {"verdict", scaling.verdict},
                {"reason", scaling.reason},
                {"cooldownSeconds", scaling.cooldown_s},
                {"operations", scaling.operations}};
}

value discovery_json(const observe::DiscoverySummary& discovery) {
  array members;
  for (const auto& each : discovery.members) {
    members.push_back(object{{"name", each.name},
                             {"key", each.key},
                             {"kind", each.kind},
                             {"address", each.address},
                             {"state", each.state},
                             {"reason", each.reason}});
  }
  return object{{"source", discovery.source},   {"state", discovery.state},
                {"error", discovery.error},     {"note", discovery.note},
                {"cycles", discovery.cycles},   {"failures", discovery.failures},
                {"members", std::move(members)}};
}

}  // namespace

value service_json(const observe::ServiceView& service) {
  object out;
  out["id"] = service.number;
  out["name"] = service.name;
  out["state"] = service.state;
  out["algorithm"] = service.algorithm;
  out["replicas"] = service.endpoints.size();
  out["healthyReplicas"] = healthy_endpoints(service);
  out["panic"] = service.panic;
  out["breaker"] = breaker_json(service.breaker);
  out["retries"] = service.retries;
  out["amplification"] = rounded(service.amplification);
  out["fallbacks"] = service.fallbacks;
  out["concurrency"] = nullptr;
  if (service.gate.enabled) {
    out["concurrency"] = object{{"limit", service.gate.limit},
                                {"inUse", service.gate.inside},
                                {"waiting", service.gate.waiting},
                                {"refused", service.gate.refused}};
  }
  out["scaling"] = scaling_json(service.scaling);
  array discoveries;
  for (const auto& each : service.discoveries) discoveries.push_back(discovery_json(each));
  out["discoveries"] = std::move(discoveries);
  add_load(out, service.load);
  array endpoints;
  for (const auto& endpoint : service.endpoints) endpoints.push_back(endpoint_json(endpoint));
  out["endpoints"] = std::move(endpoints);
  return out;
}

object services_json(const observe::TrafficView& view, const Page& page) {
  array services;
  for (std::size_t i = page.offset; i < view.services.size() && page.holds(i); ++i) {
    services.push_back(service_json(view.services[i]));
  }
  object out{{"services", std::move(services)}};
  add_page(out, page, view.services.size());
  return out;
}

value metrics_json(const observe::TrafficView& view) {
  object out;
  out["time"] = time_of(view.wall_ms);
  out["activeServices"] = view.totals.services_healthy;
  out["services"] = view.totals.services;
  out["endpoints"] = view.totals.endpoints;
  out["endpointsHealthy"] = view.totals.endpoints_healthy;
  out["connections"] = view.totals.connections;
  out["cpuPercent"] = rounded(view.totals.cpu_percent);
  out["memoryBytes"] = view.totals.rss_bytes;
  out["uptimeSeconds"] = rounded(view.totals.uptime_seconds);
  add_load(out, view.totals.load);
  array distribution;
  for (const auto& service : view.services) {
    for (const auto& endpoint : service.endpoints) {
      distribution.push_back(object{{"service", service.name},
                                    {"endpoint", endpoint.name},
                                    {"share", rounded(endpoint.load_share)}});
    }
  }
  out["loadDistribution"] = std::move(distribution);
  array listeners;
  for (const auto& listener : view.listeners) {
    listeners.push_back(object{{"name", listener.name},
                               {"address", listener.address},
                               {"connections", listener.connections},
                               {"accepted", listener.accepted},
                               {"refused", listener.refused},
                               {"malformed", listener.malformed}});
  }
  out["listeners"] = std::move(listeners);
  return out;
}

value stats_json(const observe::TrafficView& view, const std::string& service) {
  array servers;
  std::uint32_t healthy = 0;
  std::uint64_t requests = 0;
  std::string algorithm;
  for (const auto& each : view.services) {
    if (!service.empty() && each.name != service) continue;
    requests += each.load.requests;
    if (algorithm.empty()) algorithm = each.algorithm;
    for (const auto& endpoint : each.endpoints) {
      healthy += endpoint.healthy ? 1 : 0;
      servers.push_back(object{{"id", endpoint.id},
                               {"name", endpoint.name},
                               {"healthy", endpoint.healthy},
                               {"connections", endpoint.load.in_flight},
                               {"avg_response_time", rounded(endpoint.load.average_ms)},
                               {"cpu_usage", rounded(endpoint.cpu_percent)},
                               {"memory_usage", rounded(endpoint.memory_percent)},
                               {"last_check", time_of(endpoint.last_check_ms)}});
    }
  }
  return object{{"total_servers", servers.size()},
                {"healthy_servers", healthy},
                {"total_requests", requests},
                {"algorithm", algorithm},
                {"server_stats", std::move(servers)}};
}

value servers_json(const observe::TrafficView& view) {
  array servers;
  for (const auto& service : view.services) {
    for (const auto& endpoint : service.endpoints) {
      servers.push_back(object{{"id", endpoint.id},
                               {"name", endpoint.name},
                               {"service", service.name},
                               {"url", url_of(endpoint.address)},
                               {"health", word_of(endpoint.healthy)},
                               {"healthy", endpoint.healthy},
                               {"weight", endpoint.weight},
                               {"connections", endpoint.load.in_flight}});
    }
  }
  return object{{"servers", std::move(servers)}};
}

value metric_backends_json(const observe::TrafficView& view) {
  array backends;
  for (const auto& service : view.services) {
    for (const auto& endpoint : service.endpoints) {
      backends.push_back(object{{"id", endpoint.id},
                                {"name", endpoint.name},
                                {"service", service.name},
                                {"health", word_of(endpoint.healthy)},
                                {"healthy", endpoint.healthy},
                                {"state", endpoint.state},
                                {"requests", endpoint.load.requests},
                                {"errors", endpoint.load.errors},
                                {"score", rounded(endpoint.health_score)}});
    }
  }
  return object{{"backends", std::move(backends)}};
}

object backends_json(const observe::TrafficView& view, const observe::ServiceView* only,
                     const Page& page) {
  array backends;
  std::size_t total = 0;
  for (const auto& service : view.services) {
    if (only != nullptr && only != &service) continue;
    for (const auto& endpoint : service.endpoints) {
      if (!page.holds(total++)) continue;
      backends.push_back(object{{"id", endpoint.id},
                                {"name", endpoint.name},
                                {"service", service.name},
                                {"kind", "http"},
                                {"address", endpoint.address},
                                {"healthScore", rounded(endpoint.health_score)},
                                {"healthy", endpoint.healthy},
                                {"state", endpoint.state},
                                {"reason", endpoint.reason},
                                {"requests", endpoint.load.requests},
                                {"errors", endpoint.load.errors},
                                {"errorRate", rounded(endpoint.load.error_ratio)},
                                {"partition", nullptr}});
    }
  }
  object out{{"backends", std::move(backends)}};
  add_page(out, page, total);
  return out;
}

value probe_json(const ProbeReport& report) {
  object out{{"success", report.success},
             {"server_id", report.server_id},
             {"server_name", report.server_name},
             {"server_url", report.server_url},
             {"algorithm_used", report.algorithm},
             {"active_connections", report.active_connections},
             {"response_time", rounded(report.response_ms)}};
  if (!report.success) {
    out["status"] = report.status;
    out["error"] = report.detail;
  }
  return out;
}

value output_json(const std::vector<supervise::OutputLine>& lines) {
  array out;
  for (const auto& line : lines) {
    out.push_back(object{{"number", line.number},
                         {"time", time_of(line.wall_ms)},
                         {"child", line.child},
                         {"text", line.text}});
  }
  return object{{"lines", std::move(out)}};
}

const observe::ServiceView* find_service(const observe::TrafficView& view, std::string_view id) {
  const auto number = base::parse_uint(id);
  for (const auto& service : view.services) {
    if (service.name == id || (number && *number == service.number)) return &service;
  }
  return nullptr;
}

}  // namespace weir::admin
