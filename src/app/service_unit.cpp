#include "app/service_unit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/resolve_now.hpp"
#include "base/hash.hpp"
#include "config/address.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kStaticDrain = std::chrono::seconds(30);
constexpr std::size_t kOldSettings = 64;  // a check ends within seconds
constexpr base::Duration kDrainLook = std::chrono::milliseconds(25);

constexpr base::Duration kHandOver = std::chrono::seconds(2);

std::string key_of(const StaticEndpoint& endpoint) {
  return fmt::format("{}|{}|{}", endpoint.name, endpoint.address, endpoint.backup ? 1 : 0);
}

}  // namespace

base::Result<StaticTable> resolve_statics(const config::Settings& settings,
                                          const config::Settings& before, const StaticTable* known,
                                          std::vector<std::string>* unresolved) {
  StaticTable out;
  const auto is_known = [&](const config::Service& service) {
    const auto old = std::ranges::find(before.services, service.name, &config::Service::name);
    return known != nullptr && old != before.services.end() &&
           old->endpoints == service.endpoints && known->contains(service.name);
  };
  const auto is_name = [](const config::Endpoint& endpoint) {
    return !endpoint.address.is_unix() && !net::Address::parse(config::to_text(endpoint.address));
  };
  std::set<HostPort> names;
  for (const config::Service& service : settings.services) {
    if (is_known(service)) continue;
    for (const config::Endpoint& each : service.endpoints) {
      if (is_name(each)) names.emplace(each.address.host, each.address.port);
    }
  }
  WEIR_TRY(const Resolved resolved, resolve_now(names));
  for (const config::Service& service : settings.services) {
    std::vector<StaticEndpoint>& into = out[service.name];
    if (is_known(service)) {
      into = known->at(service.name);
      continue;
    }
    for (const config::Endpoint& endpoint : service.endpoints) {
      const std::string text = config::to_text(endpoint.address);
      if (!is_name(endpoint)) {
        into.push_back({text, text, endpoint.weight, endpoint.backup});
        continue;
      }
      const auto& found = resolved.at({endpoint.address.host, endpoint.address.port});
      if (!found && service.registered && unresolved != nullptr) {
        unresolved->push_back(fmt::format("{}: {}", service.name, found.error().detail()));
        continue;
      }
      if (!found) return base::Fail(base::Error(found.error()));
      for (const std::string& address : *found) {
        into.push_back(
            {fmt::format("{} {}", text, address), address, endpoint.weight, endpoint.backup});
      }
    }
  }
  return out;
}

ServiceUnit::ServiceUnit(UnitParts& parts, config::Service settings, base::Duration attempt_timeout,
                         const std::vector<StaticEndpoint>& statics, bool at_start)
    : parts_(parts),
      settings_(std::make_unique<config::Service>(std::move(settings))),
      owner_(std::make_unique<control::HostOwner>(parts.context, parts.registry, parts.log,
                                                  *settings_)),
      statics_(parts.registry, parts.log, "static") {
  const std::uint64_t seed =
      base::hash64(settings_->name) ^ static_cast<std::uint64_t>(base::wall_ms());
  arms_ = std::make_unique<control::ArmKeeper>(parts.registry, parts.log, attempt_timeout, seed);
  set_statics(statics, at_start);
  make_processes();
  make_scaler();
}

void ServiceUnit::make_processes() {
  if (!settings_->process) return;
  processes_ = std::make_unique<control::ProcessService>(
      parts_.context, parts_.registry, parts_.log, settings_->name, *settings_->process);
}

// A service of processes can be scaled by hand without a section of its own.
void ServiceUnit::make_scaler() {
  scaler_.reset();
  config::Scaling scaling = settings_->scaling.value_or(config::Scaling{});
  if (!settings_->scaling && settings_->process) {
    scaling.max = std::max(scaling.max, 2 * settings_->process->replicas);
  }
  control::ScaleDriver* driver = processes_.get();
  if (scaling.driver == config::ScalingDriver::docker) driver = docker_scale_.get();
  if (driver == nullptr) return;
  scaler_ = std::make_unique<control::Scaler>(settings_->name, scaling, *driver, parts_.log);
}

void ServiceUnit::make_discoveries() {
  const base::Duration drain = settings_->scaling ? settings_->scaling->drain : kStaticDrain;
  for (const config::DnsDiscovery& each : settings_->dns) {
    if (parts_.resolver == nullptr) break;
    dns_.push_back(std::make_unique<control::DiscoveryDns>(
        parts_.context.lane, *parts_.resolver, parts_.registry, parts_.log,
        control::DnsSource{.service = settings_->name,
                           .name = each.name,
                           .port = each.port,
                           .weight = each.weight,
                           .backup = each.backup,
                           .drain = drain}));
    dns_.back()->start();
  }
  if (!settings_->docker || parts_.docker == nullptr) return;
  const control::DockerSource source{.service = settings_->name,
                                     .label = settings_->docker->label,
                                     .network = settings_->docker->network,
                                     .resync = settings_->docker->resync,
                                     .drain = drain};
  docker_ = std::make_unique<control::DiscoveryDocker>(
      parts_.context, *parts_.docker, parts_.connector, parts_.registry, parts_.log, source);
  docker_->start();
  if (!settings_->scaling || settings_->scaling->driver != config::ScalingDriver::docker) return;
  docker_scale_ = std::make_unique<control::DockerScale>(
      parts_.context.lane, *parts_.docker, *docker_, parts_.registry, parts_.log, source);
  make_scaler();
}

void ServiceUnit::start() {
  started_ = true;
  if (processes_ != nullptr) processes_->start();
  make_discoveries();
}

runtime::Task<void> ServiceUnit::stop(base::Duration grace) {
  if (processes_ != nullptr) {
    auto stopping = processes_->stop(grace);
    co_await stopping;
  }
  for (auto& each : dns_) {
    auto stopping = each->stop();
    co_await stopping;
  }
  if (docker_scale_ != nullptr) {
    auto stopping = docker_scale_->stop();
    co_await stopping;
  }
  if (docker_ != nullptr) {
    auto stopping = docker_->stop();
    co_await stopping;
  }
  auto ending = owner_->stop();
  co_await ending;
}

// The routes do not name it any more: what is in flight is all there will be.
runtime::Task<void> ServiceUnit::withdraw(std::shared_ptr<upstream::Service> service,
                                          base::Duration drain, base::Duration grace) {
  runtime::Lane& lane = parts_.context.lane;
  const base::Deadline until = lane.after(drain);
  while (service->in_flight.load(std::memory_order_relaxed) > 0 && !until.expired(lane.now())) {
    co_await runtime::sleep_for(lane, kDrainLook);
  }
  auto stopping = stop(grace);
  co_await stopping;
}

// Who comes joins first; who goes drains once somebody else is there to take the traffic.
void ServiceUnit::set_statics(const std::vector<StaticEndpoint>& statics, bool at_start) {
  const base::Time now = parts_.context.lane.now();
  std::map<std::string, const StaticEndpoint*> wanted;
  for (const StaticEndpoint& each : statics) wanted.emplace(key_of(each), &each);
  for (const auto& [key, endpoint] : wanted) {
    if (statics_.contains(key)) {
      leaving_.erase(key);
      statics_.keep(key, now);
      statics_.set_weight(key, endpoint->weight, now);
      continue;
    }
    const auto joined = statics_.join({.plan = {key, endpoint->address, endpoint->weight},
                                       .service = settings_->name,
                                       .name = endpoint->name,
                                       .backup = endpoint->backup},
                                      at_start, now);
    if (!joined) {
      parts_.log.warn("control", {{"service", settings_->name}, {"endpoint", endpoint->name}}, "{}",
                      joined.error().detail());
      continue;
    }
    statics_.set_ready(key, true, "eligible", "", now);
  }
  for (const control::PlanMember& member : statics_.members()) {
    if (!wanted.contains(member.key)) leaving_.insert(member.key);
  }
  if (leaving_.empty()) return;
  leave_by_ = now + kHandOver;
  for (const control::ServiceEntry& entry : parts_.registry.facts()) {
    if (entry.service->name == settings_->name) hand_over(entry);
  }
}

void ServiceUnit::hand_over(const control::ServiceEntry& entry) {
  if (leaving_.empty()) return;
  const base::Time now = parts_.context.lane.now();
  const auto stays = [&](const control::EndpointEntry& each) {
    return each.eligible && std::ranges::none_of(leaving_, [&](const std::string& key) {
             return statics_.endpoint_id(key) == each.endpoint->id;
           });
  };
  if (now < leave_by_ && std::ranges::none_of(entry.endpoints, stays)) return;
  for (const std::string& key : leaving_) statics_.drain(key, now + kStaticDrain, now);
  leaving_.clear();
}

// Their endpoints leave at once; what is in flight ends within the children's own drain.
runtime::Task<void> ServiceUnit::end_processes(std::unique_ptr<control::ProcessService> processes) {
  auto ending = processes->stop(kStaticDrain);
  co_await ending;
}

runtime::Task<void> ServiceUnit::end_owner(std::unique_ptr<control::HostOwner> owner) {
  auto ending = owner->stop();
  co_await ending;
}

runtime::Task<void> ServiceUnit::end_dns(std::unique_ptr<control::DiscoveryDns> discovery) {
  auto ending = discovery->stop();
  co_await ending;
  discovery->withdraw();
}

runtime::Task<void> ServiceUnit::end_docker(std::unique_ptr<control::DiscoveryDocker> discovery,
                                            std::unique_ptr<control::DockerScale> scale) {
  if (scale != nullptr) {
    auto closing = scale->stop();
    co_await closing;
  }
  auto ending = discovery->stop();
  co_await ending;
  discovery->withdraw();
}

void ServiceUnit::change(config::Service settings, base::Duration attempt_timeout,
                         const std::vector<StaticEndpoint>& statics) {
  const config::Service before = *settings_;
  if (before.health != settings.health || before.concurrency != settings.concurrency) {
    // The checks refer to the settings: those of the old owner live until its last one ends.
    auto fresh = std::make_unique<config::Service>(settings);
    auto old = std::exchange(owner_, std::make_unique<control::HostOwner>(
                                         parts_.context, parts_.registry, parts_.log, *fresh));
    runtime::spawn(parts_.gate, "end checks", end_owner(std::move(old)));
    settings_.swap(fresh);
    old_settings_.push_back(std::move(fresh));
    if (old_settings_.size() > kOldSettings) old_settings_.erase(old_settings_.begin());
  } else {
    *settings_ = settings;
  }
  arms_->set_timeout(attempt_timeout);
  set_statics(statics, false);
  if (before.process && !settings.process && processes_ != nullptr) {
    scaler_.reset();
    runtime::spawn(parts_.gate, "end processes", end_processes(std::move(processes_)));
  }
  if (before.process && before.process != settings.process && settings.process &&
      processes_ != nullptr) {
    processes_->change(*settings.process, kStaticDrain);
    if (before.process->replicas != settings.process->replicas) {
      processes_->scale_to(settings.process->replicas, kStaticDrain);
    }
  }
  if (settings.process && processes_ == nullptr) {
    make_processes();
    make_scaler();
    if (started_) processes_->start();
  }
  const auto driver_of = [](const config::Service& service) {
    return service.scaling.value_or(config::Scaling{}).driver;
  };
  const bool has_other_driver = driver_of(before) != driver_of(settings);
  if (before.scaling != settings.scaling && !has_other_driver) {
    if (scaler_ != nullptr && settings.scaling) {
      scaler_->change(*settings.scaling);
    } else {
      make_scaler();
    }
  }
  if (before.dns != settings.dns || before.docker != settings.docker || has_other_driver) {
    for (auto& each : dns_) runtime::spawn(parts_.gate, "end dns", end_dns(std::move(each)));
    dns_.clear();
    if (docker_ != nullptr) {
      if (docker_scale_ != nullptr) scaler_.reset();
      runtime::spawn(parts_.gate, "end docker",
                     end_docker(std::move(docker_), std::move(docker_scale_)));
    }
    if (started_) make_discoveries();
    if (scaler_ == nullptr) make_scaler();
  }
}

void ServiceUnit::look(const control::ServiceEntry& entry) {
  hand_over(entry);
  owner_->look(entry);
  if (scaler_ != nullptr) scaler_->sample(entry);
}

void ServiceUnit::second(const control::ServiceEntry& entry, base::Duration p95,
                         bool is_disturbed) {
  const base::Time now = parts_.context.lane.now();
  arms_->second(entry, is_disturbed, now);
  statics_.sweep(now);
  if (scaler_ != nullptr) scaler_->second(p95, now);
}

std::vector<control::DiscoveryView> ServiceUnit::discoveries() const {
  std::vector<control::DiscoveryView> out;
  for (const auto& each : dns_) out.push_back(each->view());
  if (docker_ != nullptr) out.push_back(docker_->view());
  return out;
}

std::size_t ServiceUnit::wanted() const {
  return statics_.members().size() + (processes_ != nullptr ? processes_->wanted() : 0);
}

}  // namespace weir::app
