#pragma once
// Arm cost: what one algorithm cost its clients in a window, and how sure a difference between two
// of them is. Pure; the control lane calls it once a window.
//
//   cost = p95 + p99/4 + 10 x error_rate x timeout + 0.1 x p95 x CV(load/weight)   in microseconds
//
// The interval is a bootstrap over the histogram's buckets with a seed that the caller records. A
// resample of n values needs only its p95 and p99, the j-th and k-th smallest: these are the
// distribution's quantiles at the same places of n uniform values, whose gaps are Gamma draws, so
// three draws stand for n draws of values, exactly. The number of
// failures is drawn from its binomial. Source: balancing.md, section 4; Efron (1979).

#include <cstdint>
#include <span>

namespace weir::balance {

struct LatencyBucket {
  double us;
  std::uint64_t count;
};

/// One arm's window.
struct ArmFacts {
  std::span<const LatencyBucket> latency;  ///< ascending
  std::uint64_t requests = 0;              ///< with the failed ones
  std::uint64_t failures = 0;
  double load_variation = 0;  ///< of load/weight over the endpoints, see below
};

double arm_cost_us(const ArmFacts& facts, double timeout_us) noexcept;

/// cost of `from` - cost of `to`: positive when `to` is better.
struct CostDifference {
  double effect_us;
  double low_us;  ///< 95 % interval
  double high_us;
};

/// Cost: allocates; about 1 ms.
CostDifference cost_difference(const ArmFacts& from, const ArmFacts& to, double timeout_us,
                               std::uint64_t seed);

/// Coefficient of variation of load/weight: 0 when everybody carries its part. Requires: the same
/// size; weights > 0.
double load_variation(std::span<const double> loads, std::span<const float> weights) noexcept;

}  // namespace weir::balance
