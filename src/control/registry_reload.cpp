// Registry: services that come, change and go while weir runs.
#include <fmt/format.h>

#include <algorithm>

#include "control/registry.hpp"

namespace weir::control {
namespace {

// What a Service object holds for its whole life.
bool needs_new_object(const config::Service& before, const config::Service& after,
                      const config::Retry& retry_before, const config::Retry& retry_after) {
  return before.breaker != after.breaker || before.concurrency != after.concurrency ||
         before.rate_limit != after.rate_limit ||
         before.balance.sticky.has_value() != after.balance.sticky.has_value() ||
         before.process.has_value() != after.process.has_value() ||
         retry_before.budget_share != retry_after.budget_share ||
         retry_before.budget_min != retry_after.budget_min;
}

}  // namespace

// An algorithm that was chosen at run time stays, unless the file now says another one than before.
void Registry::keep_algorithm(const Slot& slot, const config::Service& settings,
                              upstream::ServicePolicy& next) {
  const config::Balance& old = slot.settings.balance;
  const bool is_as_before = old.algorithm == settings.balance.algorithm &&
                            old.arms == settings.balance.arms &&
                            old.compare == settings.balance.compare;
  if (is_as_before) {
    next.balance.algorithm = slot.policy->balance.algorithm;
    next.arms = slot.policy->arms;
  }
  if (next.arms != slot.policy->arms) return;
  next.arm = slot.policy->arm;
  next.pin = slot.policy->pin;
}

base::Result<std::shared_ptr<upstream::Service>> Registry::change_service(
    const config::Service& settings, const config::Retry& retry, base::Time now) {
  const std::lock_guard lock(mutex_);
  Slot* const slot = find_service(settings.name);
  if (slot == nullptr) {
    return base::fail(base::Errc::not_found, fmt::format("no service named '{}'", settings.name));
  }
  upstream::ServicePolicy policy = upstream::policy_of(settings);
  keep_algorithm(*slot, settings, policy);
  const bool is_new = needs_new_object(slot->settings, settings, slot->retry, retry);
  const bool has_other_breaker = slot->settings.breaker != settings.breaker;
  const bool keeps_gate = slot->settings.concurrency == settings.concurrency;
  const bool keeps_rate_limit = slot->settings.rate_limit == settings.rate_limit;
  const bool keeps_budget =
      slot->retry.budget_share == retry.budget_share && slot->retry.budget_min == retry.budget_min;
  slot->settings = settings;
  slot->retry = retry;
  slot->host = host_config(settings);
  slot->breaker = upstream::breaker_config(settings.breaker);
  policy.number = ++policy_number_;
  equip(policy, slot->policy.get());
  slot->policy = std::make_shared<const upstream::ServicePolicy>(std::move(policy));
  if (has_other_breaker) {
    for (EndpointEntry& entry : slot->endpoints) {
      entry.endpoint = std::make_shared<upstream::Endpoint>(*entry.endpoint, slot->breaker);
    }
  }
  if (is_new) {
    upstream::ServiceOptions options = options_of(*slot);
    options.keeps_gate = keeps_gate;
    options.keeps_rate_limit = keeps_rate_limit;
    options.keeps_retry_budget = keeps_budget;
    slot->service = std::make_shared<upstream::Service>(*slot->service, std::move(options));
    slot->published.reset();  // the new object has seen nothing yet
  }
  refresh(*slot, now);
  return slot->service;
}

void Registry::begin_leaving(const upstream::Service& service) {
  const std::lock_guard lock(mutex_);
  for (auto& slot : services_) {
    if (slot->service.get() == &service) slot->leaving = true;
  }
}

void Registry::remove_service(const upstream::Service& service) {
  const std::lock_guard lock(mutex_);
  std::erase_if(services_, [&](const auto& slot) { return slot->service.get() == &service; });
}

std::uint32_t Registry::in_flight(std::uint32_t endpoint_id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& slot : services_) {
    for (const EndpointEntry& entry : slot->endpoints) {
      if (entry.endpoint->id != endpoint_id) continue;
      return entry.endpoint->in_flight.load(std::memory_order_relaxed);
    }
  }
  return 0;
}

std::shared_ptr<upstream::Service> Registry::find_service_named(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  for (const auto& slot : services_) {
    if (slot->service->name == name && !slot->leaving) return slot->service;
  }
  return nullptr;
}

}  // namespace weir::control
