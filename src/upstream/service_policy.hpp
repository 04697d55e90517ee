#pragma once
// ServicePolicy: what the settings, and changes at run time, say about balancing one service. An
// immutable part of the published set.

#include "balance/cause.hpp"
#include "config/settings.hpp"

namespace weir::upstream {

struct ServicePolicy {
  std::uint64_t number = 1;  ///< another one for each change: the lanes then make new pickers
  config::Balance balance;
  bool breaker = true;
  balance::CauseSet breaker_causes = balance::kBreakerCauses;
  std::uint32_t per_endpoint = 0;  ///< attempts under way on one endpoint; 0 = no limit
  std::optional<config::RateLimit> rate_limit;
};

inline ServicePolicy policy_of(const config::Service& service) {
  return {.balance = service.balance,
          .breaker = service.breaker.enabled,
          .breaker_causes = service.breaker.causes,
          .per_endpoint = service.concurrency ? service.concurrency->per_endpoint : 0,
          .rate_limit = service.rate_limit};
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
