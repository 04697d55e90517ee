#include "control/discovered_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/host_owner.hpp"

namespace weir::control {

base::Result<void> DiscoveredSet::join(const DiscoveredMember& member, bool at_start,
                                       base::Time now) {
  if (members_.size() >= kDiscoveredMax) {
    return base::fail(base::Errc::overloaded,
                      fmt::format("more than {} endpoints of one source", kDiscoveredMax));
  }
  WEIR_TRY(upstream::EndpointRef endpoint, registry_.add_endpoint({.service = member.service,
                                                                   .name = member.name,
                                                                   .address = member.plan.address,
                                                                   .weight = member.plan.weight,
                                                                   .backup = member.backup,
                                                                   .at_start = at_start},
                                                                  now));
  log_.info("discovery",
            {{"source", source_},
             {"service", member.service},
             {"endpoint", member.name},
             {"address", member.plan.address},
             {"weight", member.plan.weight}},
            "endpoint found");
  members_[member.plan.key] = {member, std::move(endpoint)};
  return {};
}

void DiscoveredSet::set_ready(std::string_view key, bool ready, std::string_view state,
                              std::string_view reason, base::Time now) {
  const auto found = members_.find(key);
  if (found == members_.end()) return;
  Member& member = found->second;
  registry_.set_ready(member.endpoint->id, ready, std::string(state), std::string(reason), now);
  if (member.ready == ready) return;
  member.ready = ready;
  log_.info("discovery",
            {{"source", source_},
             {"service", member.is.service},
             {"endpoint", member.is.name},
             {"reason", reason}},
            "{}", ready ? "endpoint takes traffic" : "endpoint is out");
}

void DiscoveredSet::set_weight(std::string_view key, std::uint32_t weight, base::Time now) {
  const auto found = members_.find(key);
  if (found == members_.end() || found->second.is.plan.weight == weight) return;
  found->second.is.plan.weight = weight;
  registry_.set_configured_weight(found->second.endpoint->id, weight, now);
}

void DiscoveredSet::drain(std::string_view key, base::Time closes_at, base::Time now) {
  const auto found = members_.find(key);
  if (found == members_.end() || found->second.is_draining()) return;
  Member& member = found->second;
  member.closes_at = closes_at;
  log_.info("discovery",
            {{"source", source_}, {"service", member.is.service}, {"endpoint", member.is.name}},
            "endpoint is not found any more; it drains");
  apply(member,
        balance::host_event::MembershipSet{.to = balance::Membership::draining,
                                           .cause = balance::MemberCause::discovery,
                                           .closes_at = closes_at},
        now);
}

void DiscoveredSet::keep(std::string_view key, base::Time now) {
  const auto found = members_.find(key);
  if (found == members_.end() || !found->second.is_draining()) return;
  found->second.closes_at = base::kNever;
  apply(found->second,
        balance::host_event::MembershipSet{.to = balance::Membership::in,
                                           .cause = balance::MemberCause::discovery},
        now);
}

void DiscoveredSet::apply(Member& member, const balance::HostEvent& event, base::Time now) {
  std::vector<HostChange> changes;
  registry_.apply(member.endpoint->id, event, now, &changes);
  for (const HostChange& each : changes) log_change(log_, each);
}

void DiscoveredSet::remove(std::string_view key, std::string_view reason, base::Time now) {
  const auto found = members_.find(key);
  if (found == members_.end()) return;
  const Member& member = found->second;
  registry_.remove_endpoint(member.endpoint->id, now);
  log_.info("discovery",
            {{"source", source_},
             {"service", member.is.service},
             {"endpoint", member.is.name},
             {"reason", reason}},
            "endpoint leaves");
  members_.erase(found);
}

void DiscoveredSet::remove_all(std::string_view reason, base::Time now) {
  while (!members_.empty()) {
    const std::string key = members_.begin()->first;
    remove(key, reason, now);
  }
}

void DiscoveredSet::sweep(base::Time now) {
  std::vector<std::string> ended;
  for (const auto& [key, member] : members_) {
    if (!member.is_draining()) continue;
    const bool is_idle = member.endpoint->in_flight.load(std::memory_order_relaxed) == 0;
    if (is_idle || now >= member.closes_at) ended.push_back(key);
  }
  for (const std::string& key : ended) remove(key, "it has drained", now);
}

bool DiscoveredSet::is_ready(std::string_view key) const {
  const auto found = members_.find(key);
  return found != members_.end() && found->second.ready;
}

bool DiscoveredSet::is_draining(std::string_view key) const {
  const auto found = members_.find(key);
  return found != members_.end() && found->second.is_draining();
}

const PlanMember* DiscoveredSet::find(std::string_view key) const {
  const auto found = members_.find(key);
  return found == members_.end() ? nullptr : &found->second.is.plan;
}

std::uint32_t DiscoveredSet::endpoint_id(std::string_view key) const {
  const auto found = members_.find(key);
  return found == members_.end() ? 0 : found->second.endpoint->id;
}

bool DiscoveredSet::is_draining_any() const noexcept {
  return std::ranges::any_of(members_, [](const auto& each) { return each.second.is_draining(); });
}

std::vector<PlanMember> DiscoveredSet::members() const {
  std::vector<PlanMember> out;
  for (const auto& [key, member] : members_) {
    if (!member.is_draining()) out.push_back(member.is.plan);
  }
  return out;
}

std::vector<PlanMember> DiscoveredSet::all() const {
  std::vector<PlanMember> out;
  for (const auto& [key, member] : members_) out.push_back(member.is.plan);
  return out;
}

}  // namespace weir::control
