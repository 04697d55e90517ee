#pragma once
// EndpointFacts: what one lane has observed of each endpoint, in arrays parallel to its candidates.
//
// 1. Facts belong to an endpoint (its id), not to an algorithm or a set: they survive both
//    changing. An endpoint that left the set is forgotten; when it returns it is unknown, not fast.
// 2. Memory is taken only in sync().
// 3. Peak EWMA: a worse sample counts at once, a better one over 10 s; silence decays towards 0, so
//    that a slow endpoint is looked at again. A sample of a new endpoint blends into the prior.
// 4. A fast failure is not a fast answer. Its sample is the service's p95 at least, and the cost is
//    divided by the share of attempts that succeed: failures that end early leave in-flight low, by
//    exactly that share, and without the division such an endpoint would win every comparison.
//
// Lane-only. Costs are in microseconds; 0 is "not known". Source: balancing.md, section 3;
// Finagle's peak EWMA (Twitter, 2014) for rule 3.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balance/candidates.hpp"
#include "base/clock.hpp"

namespace weir::balance {

class EndpointFacts {
 public:
  /// Follows the set to `candidates`. Cost: one comparison while the generation is the same, else
  /// O(n) and it may allocate.
  void sync(const Candidates& candidates) {
    if (!synced_ || generation_ != candidates.generation || ids_.size() != candidates.size()) {
      remap(candidates);
    }
  }

  std::size_t size() const noexcept { return ids_.size(); }
  /// Where the endpoint is in the set synced last, or kNobody. For reporting an outcome: the set
  /// may have changed since the pick.
  std::size_t index_of(std::uint32_t id) const noexcept;

  /// An answer after `rtt`. Requires: index < size().
  void sample(std::size_t index, base::Duration rtt, base::Time now) noexcept;
  /// A failed or locally refused attempt. `service_p95` 0 = not known.
  void sample_failure(std::size_t index, base::Duration rtt, base::Duration service_p95,
                      base::Time now) noexcept;

  /// Expected cost of an attempt now, or `prior` (else the lane's median) when the endpoint is
  /// unknown, or 0 when nobody is known: then compare in-flight only.
  double cost(std::size_t index, base::Time now, double prior) const noexcept;
  bool is_known(std::size_t index) const noexcept { return costs_[index].us > 0; }
  /// The service's median cost over all lanes, which new endpoints start from. 0 = not known.
  void set_service_median(double us) noexcept { service_median_us_ = us; }
  /// Median cost of the endpoints this lane knows, at most 100 ms of samples old; 0 = none.
  double lane_median() const noexcept { return lane_median_us_; }
  /// Share of attempts that succeeded lately, 1/16..1.
  double success(std::size_t index) const noexcept;

  /// Moves the window of recent() to `now`.
  void advance(base::Time now) noexcept {
    if (step_of(now) != step_) [[unlikely]] {
      turn(step_of(now));
    }
  }
  /// Counts a pick of `index`. Requires: advance(now) was called.
  void picked(std::size_t index) noexcept {
    std::uint16_t& bin = bins_[(step_ % kSteps) * ids_.size() + index];
    if (bin == UINT16_MAX) return;
    ++bin;
    ++recent_[index];
  }
  /// Picks of this lane in the last second (eight steps of 134 ms, so 0.94 to 1.07 s).
  std::uint32_t recent(std::size_t index, base::Time now) const noexcept;
  /// The same of all endpoints, as of the last advance().
  std::span<const std::uint32_t> recent() const noexcept { return recent_; }

 private:
  static constexpr std::size_t kSteps = 8;
  static std::int64_t step_of(base::Time now) noexcept {
    return now.time_since_epoch().count() >> 27;  // a shift and not a division: this is every pick
  }

  struct Cost {
    float us = 0;
    float success = 1;
    base::Time at{};
  };

  void remap(const Candidates& candidates);
  void turn(std::int64_t step) noexcept;
  void blend(Cost& cost, double us, base::Time now) noexcept;
  void refresh_median(base::Time now) noexcept;

  bool synced_ = false;
  std::uint64_t generation_ = 0;
  std::vector<std::uint32_t> ids_;
  std::vector<Cost> costs_;
  std::vector<std::uint32_t> recent_;  // sum of the endpoint's bins; one array: it is scanned
  std::vector<std::uint16_t> bins_;    // kSteps rows of size()
  std::vector<float> sorting_;         // scratch of refresh_median
  std::int64_t step_ = 0;
  std::size_t known_ = 0;
  double service_median_us_ = 0;
  double lane_median_us_ = 0;
  base::Time median_at_{};
};

}  // namespace weir::balance
