#pragma once
// Service: a named set of endpoints as the data lanes see it: the published set, what all lanes
// share about it, and what it carried.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "balance/rate_limit.hpp"
#include "balance/retry_budget.hpp"
#include "runtime/published.hpp"
#include "telemetry/traffic.hpp"
#include "upstream/concurrency_gate.hpp"
#include "upstream/endpoint_set.hpp"

namespace weir::upstream {

struct ServiceOptions {
  std::shared_ptr<const ServicePolicy> policy;  ///< null: all defaults
  balance::BreakerConfig breaker;
  balance::RetryBudgetConfig retry_budget;
  std::optional<config::Concurrency> concurrency;
  std::optional<config::RateLimit> rate_limit;
  bool is_run_here = false;  ///< some of its endpoints are children of this weir
  /// Of the lanes' tables; another one for each Service object.
  std::uint32_t slot = 0;
  // Of the object that is replaced: what its settings did not change goes on.
  bool keeps_gate = false;
  bool keeps_rate_limit = false;
  bool keeps_retry_budget = false;
};

inline balance::RateLimitConfig rate_config(const config::RateLimit& settings) {
  return {.per_second = settings.rate, .burst = settings.burst, .keys = settings.keys};
}

struct Service {
  Service(std::uint32_t number_, std::string name_, std::size_t lanes, ServiceOptions options = {})
      : number(number_),
        name(std::move(name_)),
        slot(options.slot),
        is_run_here(options.is_run_here),
        is_sticky(options.policy != nullptr && options.policy->balance.sticky.has_value()),
        endpoints(make_set({.policy = std::move(options.policy)})),
        kept_traffic(std::make_shared<telemetry::Traffic>(lanes)),
        traffic(*kept_traffic),
        breaker(options.breaker, number_),
        kept_retry_budget(std::make_shared<balance::RetryBudget>(options.retry_budget)),
        retry_budget(*kept_retry_budget),
        kept_in_flight(std::make_shared<SharedCount>()),
        in_flight(kept_in_flight->value) {
    limit(options);
  }

  /// The same service under other settings: it goes on counting and takes over the breaker's state.
  /// Exchanges under way end on the old one.
  Service(const Service& before, ServiceOptions options)
      : number(before.number),
        name(before.name),
        slot(options.slot),
        is_run_here(options.is_run_here),
        is_sticky(options.policy != nullptr && options.policy->balance.sticky.has_value()),
        endpoints(make_set({.policy = std::move(options.policy)})),
        kept_traffic(before.kept_traffic),
        traffic(*kept_traffic),
        breaker(options.breaker, number),
        kept_retry_budget(options.keeps_retry_budget
                              ? before.kept_retry_budget
                              : std::make_shared<balance::RetryBudget>(options.retry_budget)),
        retry_budget(*kept_retry_budget),
        kept_in_flight(before.kept_in_flight),
        in_flight(kept_in_flight->value) {
    breaker.inherit(before.breaker);
    if (options.keeps_gate) gate = before.gate;
    if (options.keeps_rate_limit) rate_limit = before.rate_limit;
    limit(options);
    const auto carry = [](auto& to, const auto& from) {
      to.store(from.load(std::memory_order_relaxed), std::memory_order_relaxed);
    };
    carry(p50_us, before.p50_us);
    carry(p95_us, before.p95_us);
    carry(median_cost_us, before.median_cost_us);
    carry(retries, before.retries);
    carry(fallbacks, before.fallbacks);
  }

  const std::uint32_t number;
  const std::string name;
  const std::uint32_t slot;
  const bool is_run_here;  ///< for advice: weir has its log
  const bool is_sticky;    ///< a cookie keeps clients on their endpoints
  runtime::Published<EndpointSet> endpoints;
  const std::shared_ptr<telemetry::Traffic> kept_traffic;  ///< owners: this and what replaces it
  telemetry::Traffic& traffic;

  // ---- shared by all lanes, each an atomic
  /// Counts the final outcomes of exchanges, before a fallback (balancing.md, 6).
  balance::Breaker breaker;
  const std::shared_ptr<balance::RetryBudget> kept_retry_budget;
  balance::RetryBudget& retry_budget;
  /// Null: as many as come.
  std::shared_ptr<ConcurrencyGate> gate;
  std::shared_ptr<balance::RateLimit> rate_limit;
  /// Attempts under way on all lanes: the load bound of consistent_hash and the retry cap.
  const std::shared_ptr<SharedCount> kept_in_flight;
  std::atomic<std::uint32_t>& in_flight;
  /// What the last seconds were like, by the collector; microseconds, 0 = not known. Relaxed.
  std::atomic<std::uint32_t> p50_us{0};
  std::atomic<std::uint32_t> p95_us{0};
  std::atomic<std::uint32_t> median_cost_us{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> fallbacks{0};

 private:
  void limit(const ServiceOptions& options) {
    if (options.concurrency && gate == nullptr) {
      gate = std::make_shared<ConcurrencyGate>(*options.concurrency);
    }
    if (options.rate_limit && rate_limit == nullptr) {
      rate_limit = std::make_shared<balance::RateLimit>(rate_config(*options.rate_limit));
    }
  }
};

}  // namespace weir::upstream
