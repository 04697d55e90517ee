#pragma once
// Outlier ejection: after each interval, which endpoints of a service do so much worse than their
// peers that they are left out for a while?
//
//   success rate   >= 5 endpoints with >= 100 requests: rate < mean - 1.9 x stdev and 5 points
//   under
//                  the mean; broken attempts (connect, reset, timeout) and 5xx are compared apart
//   failure share  >= 85 % of >= 50 requests failed, either way
//   latency        p95 > 3 x median of the peers' p95 and 20 ms above it, >= 3 endpoints with
//                  >= 100 samples, two intervals in a row
//
// 1. At most floor(n x 50 %) of n endpoints are out, those still out from before included; the
// worst
//    go first. Counted and ejected in one step.
// 2. Time out = 30 s x ejections in a row, at most 300 s; a healthy interval takes one off the
// count.
// 3. Why 5 points: one deviant of n has z = sqrt(n - 1), however small its gap. Why the failure
// share:
//    two bad ones of five have z = 1.22 and hide each other.
// Lives on the control lane. Source: balancing.md, section 2; Envoy's outlier detection.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"

namespace weir::balance {

enum class OutlierRule : std::uint8_t { success_rate, broken_rate, failure_share, latency };

/// What spoke against it: shares of 1, or for latency milliseconds.
struct OutlierEvidence {
  OutlierRule rule = OutlierRule::success_rate;
  double value = 0;
  double against = 0;  ///< the peers' mean or median; the bound for a failure share
};

struct OutlierConfig {
  base::Duration base = std::chrono::seconds(30);
  base::Duration longest = std::chrono::seconds(300);
  double max_ejected = 0.5;
  double stdev_factor = 1.9;
  double rate_gap = 0.05;
  std::size_t rate_endpoints = 5;
  std::uint64_t rate_requests = 100;
  double failure_share = 0.85;
  std::uint64_t failure_requests = 50;
  double latency_factor = 3;  ///< 0 = off
  base::Duration latency_gap = std::chrono::milliseconds(20);
  std::size_t latency_endpoints = 3;
  std::uint64_t latency_samples = 100;
  std::uint32_t latency_intervals = 2;
};

/// One endpoint's interval.
struct OutlierFacts {
  std::uint64_t requests = 0;
  std::uint64_t broken = 0;           ///< connect, reset, timeout
  std::uint64_t failed_upstream = 0;  ///< 5xx
  std::uint64_t latency_samples = 0;
  base::Duration p95{};
};

/// What is remembered of one endpoint between intervals.
struct OutlierTrack {
  std::uint32_t ejections = 0;       ///< in a row, less one per healthy interval
  std::uint32_t slow_intervals = 0;  ///< in a row
  base::Time until{};                ///< out while now < until

  bool is_ejected(base::Time now) const noexcept { return now < until; }
};

struct Ejection {
  std::size_t index = 0;
  OutlierEvidence evidence{};
  std::uint32_t ejections = 0;
  base::Time until{};
};

/// Judges one interval; updates `tracks` and returns the new ejections, worst first.
/// Requires: facts and tracks have the same size and order. Cost: allocates, O(n log n).
std::vector<Ejection> judge_outliers(std::span<const OutlierFacts> facts,
                                     std::span<OutlierTrack> tracks, const OutlierConfig& config,
                                     base::Time now);

}  // namespace weir::balance
