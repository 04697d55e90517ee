#include "admin/topology_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "base/clock.hpp"

namespace weir::admin {
namespace {

using base::json::array;
using base::json::object;

std::string listener_id(std::string_view name) { return fmt::format("listener:{}", name); }
std::string id_of(const observe::ServiceView& service) {
  return fmt::format("service:{}", service.number);
}
std::string id_of(const observe::EndpointView& endpoint) {
  return fmt::format("endpoint:{}", endpoint.id);
}

double three_places(double number) { return std::round(number * 1000) / 1000; }

constexpr std::string_view kFigures[] = {
    "requestsPerSecond", "errorRate", "p50Ms", "p95Ms", "p99Ms", "inFlight"};

void add_figures(object& out, const observe::LoadView* load) {
  if (load == nullptr) {
    for (const std::string_view each : kFigures) out[each] = nullptr;
    return;
  }
  out["requestsPerSecond"] = three_places(load->rps);
  out["errorRate"] = three_places(load->error_ratio);
  out["p50Ms"] = three_places(load->p50_ms);
  out["p95Ms"] = three_places(load->p95_ms);
  out["p99Ms"] = three_places(load->p99_ms);
  out["inFlight"] = load->in_flight;
}

// What is wrong with a service, the strongest first; empty: nothing.
std::string service_reason(const observe::ServiceView& service) {
  if (service.breaker.state != "closed") {
    return fmt::format("its circuit breaker is {}{}", service.breaker.state,
                       service.breaker.forced ? " (forced)" : "");
  }
  std::size_t out = 0;
  std::string first;
  for (const auto& endpoint : service.endpoints) {
    if (endpoint.healthy || endpoint.state == "backup") continue;
    if (out++ == 0) first = fmt::format("{}: {}", endpoint.name, endpoint.state);
  }
  if (service.endpoints.empty()) return "it has no endpoint";
  if (service.panic) return "too few endpoints are fit, so that their health is ignored";
  if (out > 0)
    return fmt::format("{} of {} endpoints out ({})", out, service.endpoints.size(), first);
  return service.state == "healthy" ? "" : "fewer endpoints than it should have";
}

object listener_node(const observe::ListenerView& listener) {
  return {{"id", listener_id(listener.name)},
          {"kind", "listener"},
          {"name", listener.name},
          {"state", "listening"},
          {"reason", ""},
          {"healthy", true},
          {"address", listener.address},
          {"connections", listener.connections},
          {"acceptedPerSecond", three_places(listener.accepted_per_second)}};
}

object service_node(const observe::ServiceView& service) {
  object out{{"id", id_of(service)},
             {"kind", "service"},
             {"name", service.name},
             {"state", service.state},
             {"reason", service_reason(service)},
             {"healthy", service.state == "healthy"},
             {"breaker", service.breaker.state},
             {"algorithm", service.algorithm},
             {"requests", service.load.requests}};
  add_figures(out, &service.load);
  return out;
}

object endpoint_node(const observe::ServiceView& service, const observe::EndpointView& endpoint) {
  object out{{"id", id_of(endpoint)},
             {"kind", "endpoint"},
             {"name", endpoint.name},
             {"state", endpoint.state},
             {"reason", endpoint.reason},
             {"healthy", endpoint.healthy},
             {"service", id_of(service)},
             {"address", endpoint.address},
             {"breaker", endpoint.breaker.state},
             {"weight", endpoint.weight},
             {"healthScore", three_places(endpoint.health_score)},
             {"requests", endpoint.load.requests}};
  add_figures(out, &endpoint.load);
  return out;
}

object edge_json(std::string_view kind, const std::string& from, const std::string& to,
                 const observe::LoadView* load) {
  object out{{"id", fmt::format("{}>{}", from, to)},
             {"kind", base::json::string(kind)},
             {"from", from},
             {"to", to}};
  if (kind == "fallback") out["id"] = fmt::format("{}>{}:fallback", from, to);
  add_figures(out, load);
  return out;
}

// Names of the services a listener leads to, each with the routes that do.
using Routes = std::map<std::string, array>;

Routes routes_of(const std::string& listener, const config::Settings& settings) {
  Routes out;
  for (const config::Route& route : settings.routes) {
    const std::string& wanted = route.match.listener;
    if (route.service.empty() || (wanted != "*" && wanted != listener)) continue;
    array methods;
    for (const std::string& each : route.match.methods) methods.emplace_back(each);
    out[route.service].push_back(object{
        {"host", route.match.host}, {"path", route.match.path}, {"methods", std::move(methods)}});
  }
  return out;
}

void set_standing(object& edge, const std::string& state, const std::string& reason) {
  edge["state"] = state;
  edge["reason"] = reason;
}

using Services = std::map<std::string, const observe::ServiceView*>;

void add_route_edges(array& edges, const observe::TrafficView& view,
                     const config::Settings& settings, const Services& services) {
  std::map<std::string, Routes> by_listener;
  std::map<std::string, std::size_t> led_to;
  for (const auto& listener : view.listeners) {
    Routes routes = routes_of(listener.name, settings);
    for (const auto& [service, list] : routes) ++led_to[service];
    by_listener.emplace(listener.name, std::move(routes));
  }
  for (auto& [listener, routes] : by_listener) {
    for (auto& [name, list] : routes) {
      const auto service = services.find(name);
      if (service == services.end()) continue;  // of another moment than the view
      const observe::ServiceView& to = *service->second;
      object edge = edge_json("route", listener_id(listener), id_of(to),
                              led_to[name] == 1 ? &to.load : nullptr);
      set_standing(edge, to.state, service_reason(to));
      edge["routes"] = std::move(list);
      edges.push_back(std::move(edge));
    }
  }
}

void add_fallback_edges(array& edges, const config::Settings& settings, const Services& services) {
  std::set<std::pair<std::string, std::string>> told;
  for (const config::Route& route : settings.routes) {
    if (!route.fallback || route.fallback->service.empty()) continue;
    if (!told.emplace(route.service, route.fallback->service).second) continue;
    const auto from = services.find(route.service);
    const auto to = services.find(route.fallback->service);
    if (from == services.end() || to == services.end()) continue;
    object edge = edge_json("fallback", id_of(*from->second), id_of(*to->second), nullptr);
    set_standing(edge, to->second->state, service_reason(*to->second));
    edges.push_back(std::move(edge));
  }
}

}  // namespace

object topology_json(const observe::TrafficView& view, const config::Settings& settings) {
  array nodes;
  array edges;
  Services services;
  for (const auto& listener : view.listeners) nodes.push_back(listener_node(listener));
  for (const auto& service : view.services) {
    services[service.name] = &service;
    nodes.push_back(service_node(service));
  }
  add_route_edges(edges, view, settings, services);
  add_fallback_edges(edges, settings, services);
  for (const auto& service : view.services) {
    for (const auto& endpoint : service.endpoints) {
      nodes.push_back(endpoint_node(service, endpoint));
      object edge = edge_json("endpoint", id_of(service), id_of(endpoint), &endpoint.load);
      set_standing(edge, endpoint.state, endpoint.reason);
      edges.push_back(std::move(edge));
    }
  }
  object out;
  out["time"] = nullptr;  // before the first second
  if (view.wall_ms != 0) out["time"] = base::json::string(base::rfc3339(view.wall_ms).text);
  out["nodes"] = std::move(nodes);
  out["edges"] = std::move(edges);
  return out;
}

}  // namespace weir::admin
