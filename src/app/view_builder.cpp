#include "app/view_builder.hpp"

#include <string_view>

namespace weir::app {
namespace {

template <class Map, class Key>
auto value_of(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? typename Map::mapped_type() : found->second;
}

observe::EndpointView build_endpoint(const control::EndpointEntry& entry, const LoadTable& loads) {
  const EndpointLoad load = value_of(loads.endpoints, entry.endpoint->id);
  observe::EndpointView out;
  out.id = entry.endpoint->id;
  out.name = entry.endpoint->name;
  out.address = entry.endpoint->address;
  out.healthy = entry.eligible;
  out.state = entry.state;
  out.reason = entry.reason;
  out.weight = entry.endpoint->weight;
  out.last_check_ms = entry.changed_wall_ms;
  out.load = load.load;
  out.cpu_percent = load.cpu_percent;
  out.rss_bytes = load.rss_bytes;
  if (loads.machine_bytes > 0) {
    out.memory_percent =
        100 * static_cast<double>(load.rss_bytes) / static_cast<double>(loads.machine_bytes);
  }
  return out;
}

std::size_t wanted_endpoints(const config::Settings& settings, const std::string& service) {
  const config::Service* configured = config::find_service(settings, service);
  if (configured == nullptr) return 0;
  return configured->endpoints.size() + (configured->process ? configured->process->replicas : 0);
}

observe::ServiceView build_service(const config::Settings& settings,
                                   const control::ServiceEntry& entry, const LoadTable& loads) {
  observe::ServiceView service;
  service.number = entry.service->number;
  service.name = entry.service->name;
  service.algorithm = balance::name(entry.policy->balance.algorithm);
  service.load = value_of(loads.services, service.name);
  std::size_t healthy = 0;
  std::uint64_t requests = 0;
  for (const auto& each : entry.endpoints) {
    service.endpoints.push_back(build_endpoint(each, loads));
    healthy += each.eligible ? 1 : 0;
    requests += service.endpoints.back().load.requests;
  }
  for (auto& endpoint : service.endpoints) {
    if (requests == 0) break;
    endpoint.load_share =
        static_cast<double>(endpoint.load.requests) / static_cast<double>(requests);
  }
  const std::size_t wanted = wanted_endpoints(settings, service.name);
  service.state = healthy == 0 ? "unhealthy" : (healthy < wanted ? "degraded" : "healthy");
  return service;
}

}  // namespace

observe::TrafficView build_view(const config::Settings& settings,
                                const std::vector<control::ServiceEntry>& services,
                                const LoadTable& loads) {
  observe::TrafficView view;
  view.wall_ms = loads.wall_ms;
  observe::TotalsView& totals = view.totals;
  for (const auto& entry : services) {
    view.services.push_back(build_service(settings, entry, loads));
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
