#pragma once
// ServicePolicy: what the settings, and changes at run time, say about balancing one service. An
// immutable part of the published set.

#include <memory>
#include <vector>

#include "balance/breaker.hpp"
#include "balance/cause.hpp"
#include "config/settings.hpp"
#include "upstream/arm_traffic.hpp"

namespace weir::upstream {

struct ServicePolicy {
  std::uint64_t number = 1;  ///< another one for each change: the lanes then make new pickers
  config::Balance balance;
  bool breaker = true;
  balance::CauseSet breaker_causes = balance::kBreakerCauses;
  std::uint32_t per_endpoint = 0;  ///< attempts under way on one endpoint; 0 = no limit
  std::optional<config::RateLimit> rate_limit;

  /// The algorithms at work: one, or several by slices of the requests. Never empty.
  std::vector<balance::Algorithm> arms = {balance::Algorithm::round_robin};
  std::size_t arm = 0;               ///< carries all that is in no challenger's slice
  std::optional<std::size_t> pin{};  ///< adaptive stays on this arm: the operator's wish
  /// Shared with the lanes, which count in it; null with one arm.
  std::shared_ptr<ArmTraffic> arm_traffic;
};

/// What `balance` sets to work: adaptive's arms, or the algorithm and its challengers.
inline std::vector<balance::Algorithm> arms_of(const config::Balance& balance) {
  std::vector<balance::Algorithm> arms;
  const auto add = [&arms](balance::Algorithm each) {
    const bool is_new = std::ranges::find(arms, each) == arms.end();
    if (each != balance::Algorithm::adaptive && is_new) arms.push_back(each);
  };
  if (balance.algorithm == balance::Algorithm::adaptive) {
    std::ranges::for_each(balance.arms, add);
    if (arms.size() < 2) std::ranges::for_each(config::kDefaultArms, add);
  } else {
    add(balance.algorithm);
    std::ranges::for_each(balance.compare, add);
  }
  return arms;
}

inline ServicePolicy policy_of(const config::Service& service) {
  return {.balance = service.balance,
          .breaker = service.breaker.enabled,
          .breaker_causes = service.breaker.causes,
          .per_endpoint = service.concurrency ? service.concurrency->per_endpoint : 0,
          .rate_limit = service.rate_limit,
          .arms = arms_of(service.balance)};
}

inline balance::BreakerConfig breaker_config(const config::Breaker& settings) {
  balance::BreakerConfig out;
  out.failures = settings.failures;
  out.open = settings.open;
  out.longest = settings.longest;
  out.probes = settings.probes;
  return out;
}

}  // namespace weir::upstream
