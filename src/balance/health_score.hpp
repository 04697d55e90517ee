#pragma once
// Health score: 0 to 100 for each endpoint of a service, from what a window of 30 s saw of it.
//
//   err   = (failures + 10 x service_err)/(n + 10)         few samples lean on the service's share
//   E     = 1 - min(1, err/0.5)
//   L     = clamp(p95_best/p95_i, 0, 1), or linear between `good` and `bad`
//   score = 100 (0.4 E + 0.4 L + 0.2 B)                    B: 1 closed, 0.5 half-open, 0 open
//
// p95_best is the best among those with n >= 20; with fewer samples of its own an endpoint gets the
// median L of the others. Lives on the control lane. Source: balancing.md, section 3.

#include <cstdint>
#include <span>

#include "base/clock.hpp"

namespace weir::balance {

struct HealthFacts {
  enum class Breaker : std::uint8_t { closed, half_open, open };

  std::uint64_t attempts = 0;
  std::uint64_t failures = 0;  ///< of those
  base::Duration p95{};
  Breaker breaker = Breaker::closed;
};

/// How a p95 becomes L. Relative to the best peer unless `bad` > `good` > 0.
struct LatencyScale {
  base::Duration good{};
  base::Duration bad{};
};

/// Writes the score of facts[i] to out[i]. Requires: the same size. Cost: allocates.
void health_scores(std::span<const HealthFacts> facts, const LatencyScale& scale,
                   std::span<double> out);

}  // namespace weir::balance
