#include "control/registry.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"

namespace weir::control {
namespace {

constexpr balance::HostReasons kBreakerReasons = {balance::HostReason::forced_open,
                                                  balance::HostReason::breaker_open,
                                                  balance::HostReason::probes_used};
constexpr base::Duration kRampStep = std::chrono::milliseconds(500);

bool same_breaker(const balance::BreakerSnapshot& a, const balance::BreakerSnapshot& b) {
  return a.state == b.state && a.generation == b.generation && a.forced == b.forced &&
         (a.probes_free == 0) == (b.probes_free == 0);
}

}  // namespace

namespace {

balance::InitialCheck initial_of(config::CheckInitial initial) {
  switch (initial) {
    case config::CheckInitial::healthy:
      return balance::InitialCheck::healthy;
    case config::CheckInitial::unhealthy:
      return balance::InitialCheck::unhealthy;
    case config::CheckInitial::wait:
      break;
  }
  return balance::InitialCheck::wait;
}

}  // namespace

balance::HostConfig host_config(const config::Service& settings) {
  balance::HostConfig out;
  out.has_check = settings.health.check.has_value();
  if (settings.health.check) {
    out.rise = settings.health.check->rise;
    out.fall = settings.health.check->fall;
    out.initial = initial_of(settings.health.check->initial);
  }
  out.slow_start.window = settings.balance.slow_start;
  return out;
}

upstream::ServiceOptions Registry::options_of(const Slot& slot) {
  upstream::ServiceOptions options{.policy = slot.policy,
                                   .breaker = slot.breaker,
                                   .concurrency = slot.settings.concurrency,
                                   .rate_limit = slot.settings.rate_limit,
                                   .is_run_here = slot.settings.process.has_value(),
                                   .slot = next_slot_++};
  options.retry_budget.share = slot.retry.budget_share;
  options.retry_budget.per_second_min = slot.retry.budget_min;
  return options;
}

std::shared_ptr<upstream::Service> Registry::add_service(const config::Service& settings,
                                                         const config::Retry& retry) {
  const std::lock_guard lock(mutex_);
  auto slot = std::make_unique<Slot>();
  slot->settings = settings;
  slot->retry = retry;
  upstream::ServicePolicy policy = upstream::policy_of(settings);
  equip(policy, nullptr);
  slot->policy = std::make_shared<const upstream::ServicePolicy>(std::move(policy));
  slot->host = host_config(settings);
  slot->breaker = upstream::breaker_config(settings.breaker);
  slot->service = std::make_shared<upstream::Service>(settings.number, settings.name, lanes_,
                                                      options_of(*slot));
  services_.push_back(std::move(slot));
  return services_.back()->service;
}

base::Result<upstream::EndpointRef> Registry::add_endpoint(NewEndpoint wanted, base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* const slot = find_service(wanted.service);
  if (slot == nullptr) {
    return base::fail(base::Errc::not_found, fmt::format("no service named '{}'", wanted.service));
  }
  const std::string refused =
      slot->settings.registered ? guard_.why_not(wanted.address) : std::string();
  if (!refused.empty()) return base::fail(base::Errc::invalid_argument, refused);
  const upstream::EndpointOptions options{
      .weight = wanted.weight, .backup = wanted.backup, .breaker = slot->breaker};
  auto endpoint = std::make_shared<upstream::Endpoint>(next_id_++, std::move(wanted.name),
                                                       std::move(wanted.address), options, lanes_);
  balance::HostConfig host = slot->host;
  if (wanted.is_proven) host.initial = balance::InitialCheck::healthy;
  slot->endpoints.push_back({.endpoint = endpoint,
                             .state = "starting",
                             .reason = "not ready yet",
                             .changed_wall_ms = base::wall_ms(),
                             .pid = wanted.pid,
                             .host = balance::host_joined(host, now, wanted.at_start),
                             .weight = wanted.weight,
                             .configured_weight = wanted.weight});
  grant_wishes(*slot, slot->endpoints.back(), now);
  return endpoint;
}

EndpointEntry* Registry::find(std::uint32_t endpoint_id, Slot** owner) {
  for (auto& slot : services_) {
    for (EndpointEntry& entry : slot->endpoints) {
      if (entry.endpoint->id != endpoint_id) continue;
      *owner = slot.get();
      return &entry;
    }
  }
  return nullptr;
}

Registry::Slot* Registry::find_service(const std::string& name) {
  for (auto& slot : services_) {
    if (slot->service->name == name && !slot->leaving) return slot.get();
  }
  return nullptr;
}

// Decides anew who is in, and publishes when that, a weight or the policy changed.
void Registry::refresh(Slot& slot, base::Time now) {
  std::vector<EndpointEntry*> ready;
  std::vector<balance::Standing> standings;
  for (EndpointEntry& entry : slot.endpoints) {
    entry.eligible = false;
    if (!entry.ready) continue;
    const balance::HostVerdict verdict = balance::verdict(entry.host, slot.host, now);
    standings.push_back({.reasons = verdict.reasons,
                         .weight = static_cast<double>(entry.weight),
                         .ramp = balance::ramp_factor(entry.host, slot.host, now),
                         .group = entry.endpoint->backup ? 1u : 0u});
    ready.push_back(&entry);
  }
  const balance::Eligibility decided =
      balance::decide_eligibility(standings, {slot.policy->balance.panic_below});
  slot.panic = decided.is_panic;
  upstream::SetParts parts{.policy = slot.policy, .panic = decided.is_panic, .total = ready.size()};
  for (const std::uint32_t index : decided.in) {
    EndpointEntry& entry = *ready[index];
    entry.eligible = true;
    parts.eligible.push_back(entry.endpoint);
    const double weight = standings[index].ramp * standings[index].weight;
    parts.factors.push_back(static_cast<float>(weight / entry.endpoint->weight));
    const auto score = std::ranges::find(slot.scores, entry.endpoint->id,
                                         &std::pair<std::uint32_t, double>::first);
    if (score != slot.scores.end()) parts.scores.push_back(score->second);
  }
  if (parts.scores.size() != parts.eligible.size()) parts.scores.clear();
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (!standings[i].reasons.has_any(kBreakerReasons)) continue;
    parts.breakers_open = true;
    parts.probes_at = std::min(parts.probes_at, ready[i]->host.breaker.breaker.until);
  }
  for (std::size_t i = 0; i < ready.size(); ++i) {
    EndpointEntry& entry = *ready[i];
    entry.share = static_cast<float>(standings[i].ramp);
    const balance::HostReason primary = standings[i].reasons.primary();
    std::string_view state = entry.eligible ? "eligible" : balance::name(primary);
    if (primary == balance::HostReason::eligible && !entry.eligible) state = "backup";
    if (state == entry.state) continue;
    entry.state = state;
    entry.changed_wall_ms = base::wall_ms();
  }
  auto next = upstream::make_set(std::move(parts), slot.published.get());
  const upstream::EndpointSet* const last = slot.published.get();
  const bool same_members =
      last != nullptr && last->ids == next->ids && last->policy == next->policy &&
      last->panic == next->panic && last->total == next->total && last->scores == next->scores &&
      last->breakers_open == next->breakers_open && last->probes_at == next->probes_at;
  if (same_members && (last->weights == next->weights || now - slot.ramped < kRampStep)) return;
  slot.ramped = now;
  auto numbered = std::make_shared<upstream::EndpointSet>(*next);
  numbered->generation = numbered->scores_version = ++generation_;
  slot.published = numbered;
  slot.service->endpoints.publish(std::move(numbered));
}

void Registry::set_ready(std::uint32_t endpoint_id, bool ready, std::string state,
                         std::string reason, base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* owner = nullptr;
  EndpointEntry* entry = find(endpoint_id, &owner);
  if (entry == nullptr) return;
  entry->ready = ready;
  entry->state = std::move(state);
  entry->reason = std::move(reason);
  entry->reasons.clear();
  entry->changed_wall_ms = base::wall_ms();
  refresh(*owner, now);
}

void Registry::set_configured_weight(std::uint32_t endpoint_id, std::uint32_t weight,
                                     base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* owner = nullptr;
  EndpointEntry* entry = find(endpoint_id, &owner);
  if (entry == nullptr || entry->configured_weight == weight) return;
  entry->configured_weight = weight;
  const auto wish = owner->wishes.find(entry->endpoint->name);
  if (wish == owner->wishes.end() || !wish->second.weight) entry->weight = weight;
  owner->ramped = {};  // published now, not with the next step of a slow start
  refresh(*owner, now);
}

void Registry::remove_endpoint(std::uint32_t endpoint_id, base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* owner = nullptr;
  if (find(endpoint_id, &owner) == nullptr) return;
  std::erase_if(owner->endpoints, [endpoint_id](const EndpointEntry& entry) {
    return entry.endpoint->id == endpoint_id;
  });
  refresh(*owner, now);
}

void Registry::step(Slot& slot, EndpointEntry& entry, const balance::HostEvent& event,
                    base::Time now, std::vector<HostChange>* changes, bool* wants_check) {
  balance::HostStep stepped = balance::step(entry.host, event, slot.host, now);
  entry.host = std::move(stepped.state);
  if (wants_check != nullptr) *wants_check = stepped.wants_prompt_check;
  if (changes == nullptr) return;
  for (balance::HostTransition& each : stepped.transitions) {
    changes->push_back({slot.service->name, entry.endpoint->name, std::move(each)});
  }
}

bool Registry::apply(std::uint32_t endpoint_id, const balance::HostEvent& event, base::Time now,
                     std::vector<HostChange>* changes) {
  const std::lock_guard lock(mutex_);
  Slot* owner = nullptr;
  EndpointEntry* entry = find(endpoint_id, &owner);
  if (entry == nullptr) return false;
  bool wants_check = false;
  step(*owner, *entry, event, now, changes, &wants_check);
  refresh(*owner, now);
  return wants_check;
}

void Registry::tick(base::Time now, std::vector<HostChange>& changes) {
  const std::lock_guard lock(mutex_);
  for (auto& slot : services_) {
    slot->service->breaker.poll(now);
    note_breaker(*slot, &changes);
    for (EndpointEntry& entry : slot->endpoints) {
      entry.endpoint->breaker.poll(now);
      const balance::BreakerSnapshot seen = entry.endpoint->breaker.snapshot();
      if (!same_breaker(seen, entry.host.breaker.breaker)) {
        step(*slot, entry, balance::host_event::BreakerSeen{.breaker = seen}, now, &changes,
             nullptr);
      }
      step(*slot, entry, balance::host_event::Tick{}, now, &changes, nullptr);
    }
    refresh(*slot, now);
  }
}

base::Result<void> Registry::set_policy(const std::string& service, upstream::ServicePolicy policy,
                                        base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* const slot = find_service(service);
  if (slot == nullptr) {
    return base::fail(base::Errc::not_found, fmt::format("no service named '{}'", service));
  }
  adopt(*slot, std::move(policy), now);
  return {};
}

// Where several arms are counted; the numbers stay as long as the arms do.
void Registry::equip(upstream::ServicePolicy& policy, const upstream::ServicePolicy* before) const {
  if (policy.arms.size() < 2) {
    policy.arm_traffic.reset();
  } else if (before != nullptr && before->arms == policy.arms && before->arm_traffic != nullptr) {
    policy.arm_traffic = before->arm_traffic;
  } else {
    policy.arm_traffic = std::make_shared<upstream::ArmTraffic>(policy.arms, lanes_);
  }
}

void Registry::adopt(Slot& slot, upstream::ServicePolicy policy, base::Time now) {
  policy.number = ++policy_number_;
  equip(policy, slot.policy.get());
  slot.policy = std::make_shared<const upstream::ServicePolicy>(std::move(policy));
  refresh(slot, now);
}

void Registry::set_scores(const std::string& service,
                          const std::vector<std::pair<std::uint32_t, double>>& scores,
                          base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* const slot = find_service(service);
  if (slot == nullptr) return;
  slot->scores = scores;
  refresh(*slot, now);
}

std::vector<ServiceEntry> Registry::facts() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServiceEntry> out;
  out.reserve(services_.size());
  for (const auto& slot : services_) {
    if (!slot->leaving) out.push_back(*slot);
  }
  return out;
}

std::vector<ServiceEntry> Registry::services(base::Time now) const {
  const std::lock_guard lock(mutex_);
  std::vector<ServiceEntry> out;
  out.reserve(services_.size());
  for (const auto& slot : services_) {
    if (slot->leaving) continue;
    out.push_back(*slot);
    for (EndpointEntry& entry : out.back().endpoints) {
      if (!entry.ready) continue;
      entry.host.load.in_flight = entry.endpoint->in_flight.load(std::memory_order_relaxed);
      entry.reasons = balance::describe_all(entry.host, slot->host, now);
      const bool plain = entry.eligible && entry.share >= 1 && !slot->panic;
      entry.reason = plain || entry.reasons.empty() ? std::string() : entry.reasons.front();
    }
  }
  return out;
}

}  // namespace weir::control
