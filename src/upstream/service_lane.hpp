#pragma once
// ServiceLane: one lane's view of a service: its reader of the published set, its pickers and what
// it has observed of each endpoint. Lane-only.

#include <memory>
#include <optional>

#include "balance/policy.hpp"
#include "base/rng.hpp"
#include "runtime/published.hpp"
#include "upstream/attempt_trace.hpp"
#include "upstream/service.hpp"

namespace weir::upstream {

class ServiceLane {
 public:
  using Held = runtime::PublishedReader<EndpointSet>::Held;

  ServiceLane(Service& service, unsigned lane)
      : service_(service),
        reader_(service.endpoints),
        rng_(service.number * 1'000'003ull + lane),
        lane_(lane) {}

  /// The newest set, kept while the Held lives.
  Held hold() { return reader_.hold(); }

  /// The index in `set` of the endpoint to try, or balance::kNobody. Requires: `set` is what hold()
  /// gave last.
  std::size_t pick(const EndpointSet& set, const balance::Tried& tried, std::uint64_t key,
                   base::Time now) {
    if (picker_ == nullptr || picker_policy_ != set.policy.get()) [[unlikely]] {
      change_policy(set);
    }
    const balance::Candidates candidates = set.candidates();
    const balance::PickTables tables = tables_of(set);
    return picker_->pick({candidates, tried, facts_, now, rng_, key, tables});
  }

  /// What pick() would compare now, without picking. Cost: allocates.
  PickNote explain(const EndpointSet& set, const balance::Tried& tried, std::uint64_t key,
                   base::Time now);

  /// How an attempt on `id` ended, for the algorithms. `took`: until the response's head.
  void learn(std::uint32_t id, bool failed, base::Duration took, base::Time now) noexcept {
    const std::size_t index = facts_.index_of(id);
    if (index == balance::kNobody) return;
    if (!failed) {
      facts_.sample(index, took, now);
      return;
    }
    const std::chrono::microseconds p95(service_.p95_us.load(std::memory_order_relaxed));
    facts_.sample_failure(index, took, p95, now);
    if (picker_ != nullptr) picker_->failed(id);
  }

  Service& service() noexcept { return service_; }
  telemetry::TrafficCounters& counters() noexcept { return service_.traffic.lane(lane_); }
  base::Rng& rng() noexcept { return rng_; }
  unsigned lane() const noexcept { return lane_; }
  WaitingLine& line() noexcept { return line_; }

 private:
  void change_policy(const EndpointSet& set);
  balance::PickTables tables_of(const EndpointSet& set) const noexcept {
    balance::PickTables tables;
    tables.ring = set.ring.get();
    tables.maglev = set.maglev.get();
    tables.identities = set.identities;
    tables.scores = set.scores;
    tables.scores_version = set.scores_version;
    tables.service_in_flight = &service_.in_flight;
    tables.service_median_us = service_.median_cost_us.load(std::memory_order_relaxed);
    return tables;
  }

  Service& service_;
  runtime::PublishedReader<EndpointSet> reader_;
  base::Rng rng_;
  const unsigned lane_;
  std::unique_ptr<balance::Policy> picker_;  // of picker_policy_
  const ServicePolicy* picker_policy_ = nullptr;
  std::shared_ptr<const ServicePolicy> kept_policy_;  // so that no other gets its address
  balance::EndpointFacts facts_;
  WaitingLine line_;
};

}  // namespace weir::upstream
