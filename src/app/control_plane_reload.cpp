// ControlPlane: services that come, change and go with the configuration.
#include <fmt/format.h>

#include <cstdlib>

#include "app/control_plane.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kLeaveTime = std::chrono::seconds(30);
constexpr base::Duration kDisturbed = std::chrono::milliseconds(1500);  // until the next second
const std::vector<StaticEndpoint> kNoStatics;

const std::vector<StaticEndpoint>& statics_of(const StaticTable& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() ? kNoStatics : found->second;
}

// The budget is the service's: the first route that leads there says how large it is.
config::Retry retry_of(const config::Settings& settings, const std::string& service) {
  for (const config::Route& route : settings.routes) {
    if (route.service == service) return route.retry;
  }
  return {};
}

// What an error costs adaptive: the longest an attempt may take.
base::Duration attempt_timeout(const config::Settings& settings, const std::string& service) {
  base::Duration longest{};
  for (const config::Route& route : settings.routes) {
    if (route.service == service) longest = std::max(longest, route.timeout.attempt);
  }
  return longest > base::Duration::zero() ? longest : config::Timeouts().attempt;
}

}  // namespace

// A source that cannot be used is said once; its endpoints stay away.
void ControlPlane::open_sources(const config::Settings& settings) {
  for (const config::Service& service : settings.services) {
    if (!service.dns.empty() && resolver_ == nullptr) {
      auto opened = net::Resolver::open(lane_, {});
      if (opened) {
        resolver_ = std::move(*opened);
      } else {
        log_.error("control", {{"service", service.name}}, "no DNS: {}", opened.error().detail());
      }
    }
    if (service.docker && docker_ == nullptr) {
      const char* host = std::getenv("DOCKER_HOST");
      const auto socket = control::docker_socket(host != nullptr ? host : "");
      if (socket) {
        docker_ = std::make_unique<control::DockerClient>(context_, connector_, *socket);
      } else {
        log_.error("control", {{"service", service.name}}, "no Docker engine: {}",
                   socket.error().detail());
      }
    }
  }
  parts_.resolver = resolver_.get();
  parts_.docker = docker_.get();
}

void ControlPlane::add_unit(const config::Service& service, const config::Settings& settings,
                            const StaticTable& statics, bool at_start) {
  registry_.add_service(service, retry_of(settings, service.name));
  units_[service.name] =
      std::make_unique<ServiceUnit>(parts_, service, attempt_timeout(settings, service.name),
                                    statics_of(statics, service.name), at_start);
}

runtime::Task<void> ControlPlane::remove_unit(std::string name, std::unique_ptr<ServiceUnit> unit,
                                              std::shared_ptr<upstream::Service> service) {
  auto leaving = unit->withdraw(service, kLeaveTime, grace_);
  co_await leaving;
  registry_.remove_service(*service);
  log_.info("control", {{"service", name}}, "service has left");
}

// Order: what comes is there before a route names it; what goes is named by none when it ends.
void ControlPlane::apply(std::shared_ptr<const config::Settings> next, const StaticTable& statics,
                         const std::function<void(const gateway::ServiceFinder&)>& publish) {
  open_sources(*next);
  gateway::ServiceFinder finder;
  for (const config::Service& service : next->services) {
    const auto unit = units_.find(service.name);
    if (unit == units_.end()) {
      add_unit(service, *next, statics, false);
      units_[service.name]->start();
      finder[service.name] = registry_.find_service_named(service.name);
      continue;
    }
    const config::Retry retry = retry_of(*next, service.name);
    const bool is_same =
        unit->second->settings() == service && retry_of(*settings(), service.name) == retry;
    if (is_same) {
      finder[service.name] = registry_.find_service_named(service.name);
    } else if (auto changed = registry_.change_service(service, retry, lane_.now()); changed) {
      finder[service.name] = *changed;
    }
    unit->second->change(service, attempt_timeout(*next, service.name),
                         statics_of(statics, service.name));
  }
  publish(finder);
  for (auto unit = units_.begin(); unit != units_.end();) {
    if (finder.contains(unit->first)) {
      ++unit;
      continue;
    }
    auto service = registry_.find_service_named(unit->first);
    registry_.begin_leaving(*service);
    runtime::spawn(gate_, "remove service",
                   remove_unit(unit->first, std::move(unit->second), std::move(service)));
    unit = units_.erase(unit);
  }
  disturbed_until_ = lane_.now() + kDisturbed;
  {
    const std::lock_guard lock(loads_mutex_);
    settings_ = std::move(next);
  }
  share_units();
}

UnitFacts ControlPlane::facts_of(const ServiceUnit& unit) const {
  UnitFacts out{.wanted = unit.wanted(),
                .has_processes = unit.settings().process.has_value(),
                .scaling = std::nullopt,
                .discoveries = unit.discoveries()};
  if (unit.scaler() != nullptr) out.scaling = unit.scaler()->view(lane_.now());
  return out;
}

// What other threads may know of the units.
void ControlPlane::share_units() {
  const std::lock_guard lock(loads_mutex_);
  outputs_.clear();
  loads_.units.clear();
  for (const auto& [name, unit] : units_) {
    loads_.units[name] = facts_of(*unit);
    if (unit->processes() != nullptr) outputs_[name] = unit->processes()->output();
  }
}

std::shared_ptr<const config::Settings> ControlPlane::settings() const {
  const std::lock_guard lock(loads_mutex_);
  return settings_;
}

control::ProcessService* ControlPlane::find_processes(const std::string& service) {
  const auto unit = units_.find(service);
  return unit == units_.end() ? nullptr : unit->second->processes();
}

control::Scaler* ControlPlane::find_scaler(const std::string& service) {
  const auto unit = units_.find(service);
  return unit == units_.end() ? nullptr : unit->second->scaler();
}

std::vector<control::DiscoveryView> ControlPlane::discoveries() const {
  std::vector<control::DiscoveryView> out;
  for (const auto& [name, unit] : units_) {
    for (control::DiscoveryView& each : unit->discoveries()) out.push_back(std::move(each));
  }
  return out;
}

base::Result<std::vector<supervise::OutputLine>> ControlPlane::output_of(const std::string& service,
                                                                         std::uint64_t after,
                                                                         std::size_t limit) const {
  std::shared_ptr<supervise::OutputLog> output;
  {
    const std::lock_guard lock(loads_mutex_);
    const auto found = outputs_.find(service);
    if (found != outputs_.end()) output = found->second;
  }
  if (output == nullptr) {
    return base::fail(base::Errc::invalid_argument, service + " has no processes of its own");
  }
  return output->since(after, limit);
}

}  // namespace weir::app
