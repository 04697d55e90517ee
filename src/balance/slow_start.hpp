#pragma once
// Slow start: the share of its weight an endpoint gets while it warms up (caches, pools, JIT).
//   factor = max(0.10, (max(t, 1 s) / window)^(1 / aggression)),  1 from the end of the window on
// Unweighted algorithms divide load by the same factor. Source: balancing.md, section 2.

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"

namespace weir::balance {

struct SlowStart {
  base::Duration window = std::chrono::seconds(20);  ///< 0 = off
  double aggression = 1;                             ///< > 0; above 1 it rises faster at first
};

inline double slow_start_factor(base::Duration since, const SlowStart& config) noexcept {
  constexpr double kLeast = 0.10;
  if (since >= config.window) return 1;
  using Seconds = std::chrono::duration<double>;
  const double share = std::max(Seconds(since).count(), 1.0) / Seconds(config.window).count();
  const double factor = std::pow(share, 1 / std::max(config.aggression, 0.01));
  return std::clamp(factor, kLeast, 1.0);
}

}  // namespace weir::balance
