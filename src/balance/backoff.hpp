#pragma once
// Back-off with full jitter: before retry N wait rand in [0, min(cap, (2^N - 1) x base)). The whole
// range, from zero on: equal pauses would bring the failed requests back together.
// Source: balancing.md, section 5; Brooker, "Exponential Backoff And Jitter" (2015).

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "base/rng.hpp"

namespace weir::balance {

struct BackoffConfig {
  base::Duration base = std::chrono::milliseconds(25);
  base::Duration cap = std::chrono::milliseconds(250);
};

/// The end of the range for retry `number` (1 is the first). Never above cap; 0 without a base.
constexpr base::Duration backoff_bound(std::uint32_t number, const BackoffConfig& config) noexcept {
  // 2^20 x base is above every sensible cap, and 2^20 x 1 h still fits.
  const std::int64_t times = (std::int64_t{1} << std::min(number, 20u)) - 1;
  const base::Duration widest = std::max(config.cap, base::Duration{});
  if (config.base <= base::Duration{} || times == 0) return base::Duration{};
  return config.base > widest / times ? widest : config.base * times;
}

/// Requires: number >= 1 for a pause at all.
inline base::Duration backoff(std::uint32_t number, const BackoffConfig& config,
                              base::Rng& rng) noexcept {
  const auto bound = static_cast<double>(backoff_bound(number, config).count());
  return base::Duration(static_cast<std::int64_t>(rng.unit() * bound));
}

}  // namespace weir::balance
