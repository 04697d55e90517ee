#include "control/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"

namespace weir::control {

std::shared_ptr<upstream::Service> Registry::add_service(std::uint32_t number, std::string name) {
  const std::lock_guard lock(mutex_);
  auto service = std::make_shared<upstream::Service>(number, std::move(name), lanes_);
  services_.push_back({service, {}});
  return service;
}

base::Result<upstream::EndpointRef> Registry::add_endpoint(const std::string& service,
                                                           std::string name, std::string address,
                                                           std::uint32_t weight,
                                                           std::optional<int> pid) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(
      services_, [&](const ServiceEntry& entry) { return entry.service->name == service; });
  if (found == services_.end()) {
    return base::fail(base::Errc::not_found, fmt::format("no service named '{}'", service));
  }
  auto endpoint = std::make_shared<upstream::Endpoint>(next_id_++, std::move(name),
                                                       std::move(address), weight, lanes_);
  found->endpoints.push_back({.endpoint = endpoint,
                              .state = "starting",
                              .reason = "not ready yet",
                              .changed_wall_ms = base::wall_ms(),
                              .pid = pid});
  return endpoint;
}

EndpointEntry* Registry::find(std::uint32_t endpoint_id, ServiceEntry** owner) {
  for (ServiceEntry& service : services_) {
    for (EndpointEntry& entry : service.endpoints) {
      if (entry.endpoint->id != endpoint_id) continue;
      *owner = &service;
      return &entry;
    }
  }
  return nullptr;
}

void Registry::publish(const ServiceEntry& entry) {
  std::vector<upstream::EndpointRef> eligible;
  for (const EndpointEntry& each : entry.endpoints) {
    if (each.eligible) eligible.push_back(each.endpoint);
  }
  entry.service->endpoints.publish(upstream::make_set(++generation_, std::move(eligible)));
}

void Registry::set_state(std::uint32_t endpoint_id, bool eligible, std::string state,
                         std::string reason) {
  const std::lock_guard lock(mutex_);
  ServiceEntry* owner = nullptr;
  EndpointEntry* entry = find(endpoint_id, &owner);
  if (entry == nullptr) return;
  const bool changed = entry->eligible != eligible;
  entry->eligible = eligible;
  entry->state = std::move(state);
  entry->reason = std::move(reason);
  entry->changed_wall_ms = base::wall_ms();
  if (changed) publish(*owner);
}

void Registry::remove_endpoint(std::uint32_t endpoint_id) {
  const std::lock_guard lock(mutex_);
  ServiceEntry* owner = nullptr;
  if (find(endpoint_id, &owner) == nullptr) return;
  std::erase_if(owner->endpoints, [endpoint_id](const EndpointEntry& entry) {
    return entry.endpoint->id == endpoint_id;
  });
  publish(*owner);
}

std::vector<ServiceEntry> Registry::services() const {
  const std::lock_guard lock(mutex_);
  return services_;
}

}  // namespace weir::control
