// Registry: what the operator changes by hand. Each change is checked as a whole, then made and
// published before the call returns.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "control/registry.hpp"

namespace weir::control {
namespace {

constexpr std::array<std::string_view, 4> kActionNames = {"open", "close", "auto", "reset"};
constexpr std::size_t kNamesShown = 12;
constexpr std::size_t kWordShown = 64;

base::Fail missing(std::string_view kind, std::string_view word,
                   const std::vector<std::string>& names) {
  return base::fail(base::Errc::not_found, no_such(kind, word, names));
}

bool operate(balance::Breaker& breaker, BreakerAction action, base::Time now) noexcept {
  switch (action) {
    case BreakerAction::open:
      return breaker.force_open();
    case BreakerAction::close:
      return breaker.force_close();
    case BreakerAction::automatic:
      return breaker.resume_auto(now);
    case BreakerAction::reset:
      return breaker.reset(now);
  }
  return false;
}

BreakerOperated operate(balance::Breaker& breaker, BreakerAction action, const std::string& service,
                        const std::string& endpoint, base::Time now) {
  const std::string_view from = balance::name(breaker.snapshot().state);
  const bool changed = operate(breaker, action, now);
  return {service, endpoint, from, balance::name(breaker.snapshot().state), changed};
}

bool is_drained_by_hand(const balance::HostState& host) noexcept {
  return host.membership == balance::Membership::draining &&
         host.member_cause == balance::MemberCause::by_operator;
}

// No deadline: what is under way ends by its route's own timeouts, and nothing is cut.
balance::host_event::MembershipSet draining_event(bool draining) noexcept {
  return {.to = draining ? balance::Membership::draining : balance::Membership::in,
          .cause = balance::MemberCause::by_operator};
}

}  // namespace

std::optional<BreakerAction> parse_breaker_action(std::string_view word) noexcept {
  const auto found = std::ranges::find(kActionNames, word);
  if (found == kActionNames.end()) return std::nullopt;
  return static_cast<BreakerAction>(found - kActionNames.begin());
}

std::string_view name(BreakerAction action) noexcept {
  return kActionNames[static_cast<std::size_t>(action)];
}

std::string no_such(std::string_view kind, std::string_view word,
                    std::span<const std::string> names) {
  std::string text = fmt::format("no {} '{}'", kind, word.substr(0, kWordShown));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = base::nearest(word, views);
  if (!near.empty()) text += fmt::format(" (did you mean {}?)", near);
  if (names.empty()) return text + fmt::format("; there is no {} at all", kind);
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    text += (i == 0 ? "; there are: " : ", ") + names[i];
  }
  if (names.size() > kNamesShown) text += fmt::format(" and {} more", names.size() - kNamesShown);
  return text;
}

Registry::Slot* Registry::find_by_id(std::string_view id) {
  const auto number = base::parse_uint(id);
  for (auto& slot : services_) {
    if (slot->leaving) continue;
    if (slot->service->name == id || (number && *number == slot->service->number)) {
      return slot.get();
    }
  }
  return nullptr;
}

base::Result<Registry::Slot*> Registry::want_service(std::string_view id) {
  if (Slot* const slot = find_by_id(id); slot != nullptr) return slot;
  std::vector<std::string> names;
  for (const auto& slot : services_) names.push_back(slot->service->name);
  return missing("service", id, names);
}

std::vector<std::string> Registry::all_names() const {
  std::vector<std::string> names;
  for (const auto& slot : services_) names.push_back(slot->service->name);
  for (const auto& slot : services_) {
    for (const EndpointEntry& entry : slot->endpoints) names.push_back(entry.endpoint->name);
  }
  return names;
}

base::Result<Registry::Place> Registry::want_endpoint(const EndpointName& wanted) {
  Slot* only = nullptr;
  if (!wanted.service.empty()) {
    WEIR_TRY(only, want_service(wanted.service));
  }
  const auto id = base::parse_uint(wanted.endpoint);
  std::vector<Place> found;
  std::vector<std::string> names;
  for (auto& slot : services_) {
    if (only != nullptr && slot.get() != only) continue;
    for (EndpointEntry& entry : slot->endpoints) {
      const bool is_it =
          entry.endpoint->name == wanted.endpoint || (id && *id == entry.endpoint->id);
      if (is_it) found.push_back({slot.get(), &entry});
      names.push_back(entry.endpoint->name);
    }
  }
  if (found.empty()) return missing("endpoint", wanted.endpoint, names);
  if (found.size() == 1) return found.front();
  std::string places;
  for (const Place& each : found) {
    places += fmt::format("{}id {} of {}", places.empty() ? "" : ", ", each.entry->endpoint->id,
                          each.slot->service->name);
  }
  return base::fail(base::Errc::conflict,
                    fmt::format("there are {} endpoints '{}': {}; name the service too, or the id",
                                found.size(), wanted.endpoint, places));
}

base::Result<void> Registry::may_use(const Slot& slot, balance::Algorithm algorithm) {
  const std::string_view name = balance::name(algorithm);
  const bool has_key = slot.policy->balance.hash_key.source != config::HashKey::Source::none;
  if (balance::uses_key(algorithm) && algorithm != balance::Algorithm::ip_hash && !has_key) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("algorithm: {} needs a key and {} has none; set balance.hash_key of the "
                    "service (client_ip, path, header:NAME or cookie:NAME), or use ip_hash",
                    name, slot.service->name));
  }
  return {};
}

base::Result<std::vector<AlgorithmChange>> Registry::set_algorithm(std::string_view service,
                                                                   balance::Algorithm algorithm,
                                                                   base::Time now) {
  const std::lock_guard lock(mutex_);
  std::vector<Slot*> slots;
  if (service.empty()) {
    for (auto& slot : services_) slots.push_back(slot.get());
  } else {
    WEIR_TRY(Slot* const slot, want_service(service));
    slots.push_back(slot);
  }
  for (const Slot* slot : slots) {
    WEIR_CHECK(may_use(*slot, algorithm));
  }
  std::vector<AlgorithmChange> changes;
  for (Slot* slot : slots) {
    const balance::Algorithm before = slot->policy->balance.algorithm;
    changes.push_back({slot->service->name, balance::name(before), balance::name(algorithm)});
    if (before == algorithm) continue;
    upstream::ServicePolicy policy = *slot->policy;
    policy.balance.algorithm = algorithm;
    policy.arms = upstream::arms_of(policy.balance);
    policy.arm = 0;
    policy.pin.reset();
    adopt(*slot, std::move(policy), now);
  }
  return changes;
}

base::Result<void> Registry::pin_arm(std::string_view service,
                                     std::optional<balance::Algorithm> arm, base::Time now) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(Slot* const slot, want_service(service));
  if (slot->policy->balance.algorithm != balance::Algorithm::adaptive) {
    return base::fail(base::Errc::conflict,
                      fmt::format("{} uses {}; only adaptive has arms to pin", slot->service->name,
                                  balance::name(slot->policy->balance.algorithm)));
  }
  upstream::ServicePolicy policy = *slot->policy;
  policy.pin.reset();
  if (arm) {
    const auto found = std::ranges::find(policy.arms, *arm);
    if (found == policy.arms.end()) {
      std::string names;
      for (const balance::Algorithm each : policy.arms) {
        names += (names.empty() ? "" : ", ") + std::string(balance::name(each));
      }
      return base::fail(base::Errc::invalid_argument,
                        fmt::format("pin: {} is none of the arms of {}: {}", balance::name(*arm),
                                    slot->service->name, names));
    }
    policy.arm = static_cast<std::size_t>(found - policy.arms.begin());
    policy.pin = policy.arm;
  }
  adopt(*slot, std::move(policy), now);
  return {};
}

void Registry::set_arm(const std::string& service, std::size_t arm, std::uint64_t policy_number,
                       base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* const slot = find_service(service);
  if (slot == nullptr || slot->policy->number != policy_number) return;
  if (arm >= slot->policy->arms.size() || slot->policy->arm == arm) return;
  upstream::ServicePolicy policy = *slot->policy;
  policy.arm = arm;
  adopt(*slot, std::move(policy), now);
}

base::Result<std::vector<BreakerOperated>> Registry::operate_breakers(
    const BreakerTarget& target, BreakerAction action, base::Time now,
    std::vector<HostChange>* changes) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(const std::vector<Place> places, breakers_of(target, action));
  std::vector<BreakerOperated> out;
  for (const auto& [slot, entry] : places) {
    const std::string& service = slot->service->name;
    if (entry == nullptr) {
      out.push_back(operate(slot->service->breaker, action, service, {}, now));
      note_breaker(*slot, changes);
      continue;
    }
    balance::Breaker& breaker = entry->endpoint->breaker;
    out.push_back(operate(breaker, action, service, entry->endpoint->name, now));
    const bool is_forced = action == BreakerAction::open || action == BreakerAction::close;
    slot->wishes[entry->endpoint->name].breaker = is_forced ? std::optional(action) : std::nullopt;
    step(*slot, *entry, balance::host_event::BreakerSeen{.breaker = breaker.snapshot()}, now,
         changes, nullptr);
    refresh(*slot, now);
  }
  return out;
}

// The breakers a command is about; a place without an entry is the service's own.
base::Result<std::vector<Registry::Place>> Registry::breakers_of(const BreakerTarget& target,
                                                                 BreakerAction action) {
  std::vector<Place> places;
  const auto add_service = [&](Slot& slot) {
    places.push_back({&slot, nullptr});
    if (action != BreakerAction::reset) return;
    for (EndpointEntry& entry : slot.endpoints) places.push_back({&slot, &entry});
  };
  if (target.service.empty() && target.endpoint.empty()) {
    for (auto& slot : services_) add_service(*slot);
  } else if (!target.endpoint.empty()) {
    WEIR_TRY(const Place place, want_endpoint({target.endpoint, target.service}));
    places.push_back(place);
  } else if (Slot* const slot = find_by_id(target.service); slot != nullptr) {
    add_service(*slot);
  } else {
    const auto place = want_endpoint({target.service, {}});
    const bool is_number = base::parse_uint(target.service).has_value();
    if (is_number || (!place && place.error().code() == base::Errc::not_found)) {
      return missing("service or endpoint", target.service, all_names());
    }
    if (!place) return base::Fail(place.error());
    places.push_back(*place);
  }
  if (action == BreakerAction::reset) return places;
  for (const Place& each : places) {
    if (each.slot->policy->breaker) continue;
    return base::fail(base::Errc::conflict,
                      fmt::format("the breakers of {} are off: breaker.enabled is false in its "
                                  "configuration",
                                  each.slot->service->name));
  }
  return places;
}

base::Result<DrainChange> Registry::set_draining(const EndpointName& wanted, bool draining,
                                                 base::Time now, std::vector<HostChange>* changes) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(const Place place, want_endpoint(wanted));
  auto& [slot, entry] = place;
  const std::string& name = entry->endpoint->name;
  const bool was = is_drained_by_hand(entry->host);
  const bool is_leaving = entry->host.membership != balance::Membership::in;
  if (!was && is_leaving) {
    return base::fail(base::Errc::conflict,
                      fmt::format("{} is {} already, not by the operator", name,
                                  balance::name(entry->host.membership)));
  }
  if (was != draining) {
    step(*slot, *entry, draining_event(draining), now, changes, nullptr);
    slot->wishes[name].draining = draining;
    refresh(*slot, now);
  }
  DrainChange out{slot->service->name, name, entry->endpoint->id, was != draining};
  out.in_flight = entry->endpoint->in_flight.load(std::memory_order_relaxed);
  for (const EndpointEntry& each : slot->endpoints) {
    out.eligible_others += each.eligible && &each != entry ? 1 : 0;
  }
  return out;
}

base::Result<WeightChange> Registry::set_weight(const EndpointName& wanted,
                                                std::optional<std::uint32_t> weight,
                                                base::Time now) {
  if (weight && (*weight == 0 || *weight > kWeightMax)) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("weight: not a number from 1 to {}; to send it nothing, drain it", kWeightMax));
  }
  const std::lock_guard lock(mutex_);
  WEIR_TRY(const Place place, want_endpoint(wanted));
  auto& [slot, entry] = place;
  WeightChange out{slot->service->name, entry->endpoint->name, entry->endpoint->id, entry->weight};
  entry->weight = out.to = weight.value_or(entry->configured_weight);
  slot->wishes[entry->endpoint->name].weight = weight;
  slot->ramped = {};  // published now, not with the next step of a slow start
  refresh(*slot, now);
  return out;
}

// A process that was started again is another endpoint under its old name.
void Registry::grant_wishes(Slot& slot, EndpointEntry& entry, base::Time now) {
  const auto found = slot.wishes.find(entry.endpoint->name);
  if (found == slot.wishes.end()) return;
  entry.weight = found->second.weight.value_or(entry.configured_weight);
  if (found->second.draining) step(slot, entry, draining_event(true), now, nullptr, nullptr);
  if (!found->second.breaker || !slot.policy->breaker) return;
  balance::Breaker& breaker = entry.endpoint->breaker;
  operate(breaker, *found->second.breaker, now);
  step(slot, entry, balance::host_event::BreakerSeen{.breaker = breaker.snapshot()}, now, nullptr,
       nullptr);
}

void Registry::restore(const std::string& service, const std::string& endpoint,
                       const EndpointWishes& wishes, base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* const slot = find_service(service);
  if (slot == nullptr) return;
  slot->wishes[endpoint] = wishes;
  for (EndpointEntry& entry : slot->endpoints) {
    if (entry.endpoint->name == endpoint) grant_wishes(*slot, entry, now);
  }
  refresh(*slot, now);
}

void Registry::set_guard(const EndpointGuard& guard, base::Time now) {
  const std::lock_guard lock(mutex_);
  guard_ = guard;
  for (auto& slot : services_) {
    if (!slot->settings.registered) continue;
    for (EndpointEntry& entry : slot->endpoints) {
      std::string why = guard_.why_not(entry.endpoint->address);
      if (why.empty()) continue;
      entry.ready = false;
      entry.state = "refused";
      entry.reason = std::move(why);
    }
    refresh(*slot, now);
  }
}

// One entry of the event log when the service's own breaker is in another state than last time.
void Registry::note_breaker(Slot& slot, std::vector<HostChange>* changes) {
  const balance::BreakerSnapshot seen = slot.service->breaker.snapshot();
  const balance::BreakerState before = std::exchange(slot.breaker_seen, seen.state);
  if (before == seen.state || changes == nullptr) return;
  balance::HostTransition what{.component = balance::HostComponent::breaker,
                               .from = balance::name(before),
                               .to = balance::name(seen.state),
                               .reason = "recovered",
                               .evidence = {},
                               .eta = seen.until};
  if (seen.forced) what.reason = "by the operator";
  if (seen.state == balance::BreakerState::half_open) what.reason = "probing";
  if (seen.state == balance::BreakerState::open) {
    what.reason = "failures";
    what.evidence = fmt::format("{} consecutive failed exchanges", seen.failures);
  }
  changes->push_back({slot.service->name, {}, std::move(what)});
}

}  // namespace weir::control
