#pragma once
// ServiceLane: one lane's view of a service: its reader of the published set, its pickers and what
// it has observed of each endpoint. Lane-only.

#include <memory>
#include <optional>

#include "balance/adaptive.hpp"
#include "balance/policy.hpp"
#include "base/hash.hpp"
#include "base/rng.hpp"
#include "runtime/published.hpp"
#include "upstream/attempt_trace.hpp"
#include "upstream/pick_recorder.hpp"
#include "upstream/service.hpp"

namespace weir::upstream {

/// What a pick depends on besides the endpoints.
struct PickWish {
  std::uint64_t key = 0;  ///< of the hashing algorithms
  std::size_t arm = 0;
};

class ServiceLane {
 public:
  using Held = runtime::PublishedReader<EndpointSet>::Held;

  /// `recorder`: null, unless picks are to be written down; it outlives this.
  ServiceLane(std::shared_ptr<Service> service, unsigned lane, PickRecorder* recorder = nullptr)
      : kept_service_(std::move(service)),
        service_(*kept_service_),
        reader_(service_.endpoints),
        rng_(service_.number * 1'000'003ull + lane),
        lane_(lane),
        recorder_(recorder) {}

  /// Whoever works with the lane's view over a wait holds one of these: it is not forgotten then.
  class Use {
   public:
    explicit Use(ServiceLane& lane) noexcept : lane_(lane) { ++lane_.users_; }
    ~Use() { --lane_.users_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    ServiceLane& lane_;
  };
  bool is_in_use() const noexcept { return users_ > 0; }

  /// The newest set, kept while the Held lives.
  Held hold() { return reader_.hold(); }

  /// The arm that a request belongs to, by its id.
  static std::size_t arm_of(const EndpointSet& set, std::string_view request_id) noexcept {
    const ServicePolicy& policy = *set.policy;
    if (policy.arms.size() == 1) [[likely]]
      return 0;
    return balance::arm_of(base::hash64(request_id), policy.arms.size(), policy.arm);
  }

  /// The index in `set` of the endpoint to try, or balance::kNobody. An arm that the set does not
  /// have (its policy is newer): the current one. Requires: `set` is what hold() gave last.
  std::size_t pick(const EndpointSet& set, const balance::Tried& tried, const PickWish& wish,
                   base::Time now) {
    if (picker_policy_ != set.policy.get()) [[unlikely]] {
      change_policy(set);
    }
    if (recorder_ != nullptr) [[unlikely]]
      return pick_on_record(set, tried, wish, now);
    const balance::Candidates candidates = set.candidates();
    const balance::PickTables tables = tables_of(set);
    return picker_of(set, wish).pick({candidates, tried, facts_, now, rng_, wish.key, tables});
  }

  /// What pick() would compare now, without picking. Cost: allocates.
  PickNote explain(const EndpointSet& set, const balance::Tried& tried, const PickWish& wish,
                   base::Time now);

  /// How an attempt on `id` ended, for the algorithms. `took`: until the response's head.
  void learn(std::uint32_t id, bool failed, base::Duration took, base::Time now) noexcept {
    const std::chrono::microseconds p95(service_.p95_us.load(std::memory_order_relaxed));
    if (recorder_ != nullptr) [[unlikely]]
      record_learned(id, failed, took, p95, now);
    const std::size_t index = facts_.index_of(id);
    if (index == balance::kNobody) return;
    if (!failed) {
      facts_.sample(index, took, now);
      return;
    }
    facts_.sample_failure(index, took, p95, now);
    for (balance::Policy& each : pickers_) each.failed(id);
  }

  Service& service() noexcept { return service_; }
  telemetry::TrafficCounters& counters() noexcept { return service_.traffic.lane(lane_); }
  base::Rng& rng() noexcept { return rng_; }
  unsigned lane() const noexcept { return lane_; }
  WaitingLine& line() noexcept { return line_; }

 private:
  void change_policy(const EndpointSet& set);
  std::size_t pick_on_record(const EndpointSet& set, const balance::Tried& tried,
                             const PickWish& wish, base::Time now);
  void record_learned(std::uint32_t id, bool failed, base::Duration took, base::Duration p95,
                      base::Time now) noexcept;
  balance::Policy& picker_of(const EndpointSet& set, const PickWish& wish) noexcept {
    return pickers_[wish.arm < pickers_.size() ? wish.arm : set.policy->arm];
  }
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

  const std::shared_ptr<Service> kept_service_;
  Service& service_;
  runtime::PublishedReader<EndpointSet> reader_;
  base::Rng rng_;
  const unsigned lane_;
  std::uint32_t users_ = 0;
  PickRecorder* recorder_;                // null: off
  std::vector<balance::Policy> pickers_;  // of picker_policy_, one an arm
  const ServicePolicy* picker_policy_ = nullptr;
  std::shared_ptr<const ServicePolicy> kept_policy_;  // so that no other gets its address
  balance::EndpointFacts facts_;
  WaitingLine line_;
};

}  // namespace weir::upstream
