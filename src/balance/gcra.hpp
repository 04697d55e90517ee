#pragma once
// GCRA, the leaky bucket as one time: TAT, the theoretical arrival time of the next request.
//   t = max(now, TAT); allow if t - now <= burst x T, then TAT = t + T       (T = 1 / rate)
// A burst of b lets b + 1 pass at once. Source: ITU-T I.371 annex A; balancing.md, section 7.

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::balance {

struct GcraRule {
  base::Duration interval{};   ///< T
  base::Duration tolerance{};  ///< burst x T

  /// Rates from one a day to one a nanosecond, bursts up to a year's worth; beyond that, clamped.
  static constexpr GcraRule of(double per_second, std::uint32_t burst) noexcept {
    constexpr double kDayNs = 86'400e9;
    constexpr double kYearNs = 365 * kDayNs;
    const double interval = per_second > 0 ? std::clamp(1e9 / per_second, 1.0, kDayNs) : kDayNs;
    const double tolerance = std::min(kYearNs, interval * burst);
    return {base::Duration(static_cast<std::int64_t>(interval)),
            base::Duration(static_cast<std::int64_t>(tolerance))};
  }
};

struct GcraAnswer {
  bool is_allowed = false;
  base::Time tat{};              ///< to be kept when allowed
  base::Duration retry_after{};  ///< when refused: the next one passes then
};

constexpr GcraAnswer gcra(base::Time tat, base::Time now, const GcraRule& rule) noexcept {
  const base::Time t = std::max(now, tat);
  if (t - now <= rule.tolerance) return {.is_allowed = true, .tat = t + rule.interval};
  return {.is_allowed = false, .tat = tat, .retry_after = tat - rule.tolerance - now};
}

/// Retry-After in whole seconds, at least 1: "0" would invite the client at once.
constexpr std::int64_t retry_after_seconds(base::Duration duration) noexcept {
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace weir::balance
