#pragma once
// Time as a value. Policies take `now` as an argument; only runtime/lane and app read a real clock.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::base {

using Duration = std::chrono::nanoseconds;

/// Tag of the monotonic clock: it never jumps, so every wait is measured by it. It has no now():
/// real time enters through real_now() and manual time through a test's own variable.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Time = MonotonicClock::time_point;

/// A time later than every other. Adding to it overflows: use Deadline for sums.
inline constexpr Time kNever = Time::max();

/// CLOCK_MONOTONIC. Cost: one vDSO call, about 25 ns.
Time real_now() noexcept;

/// CLOCK_MONOTONIC_COARSE: 1–4 ms behind, about 5 ns. For deadlines, never for latency.
Time real_now_coarse() noexcept;

/// CLOCK_REALTIME in milliseconds since 1970. For people and log lines only.
std::int64_t wall_ms() noexcept;

/// "2026-11-20T23:25:12.345Z" of such milliseconds.
struct WallText {
  char text[25];
};
WallText rfc3339(std::int64_t wall_ms) noexcept;
/// "2026-11-21T08:00:00Z", with a fraction of the second or without: milliseconds since 1970.
/// Nothing for any other form, another zone, or a day that is not in the calendar.
std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept;

/// Milliseconds with fraction, for reports.
inline double to_ms(Duration duration) noexcept {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace weir::base
