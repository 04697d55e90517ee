#pragma once
// LatencyTotals: latencies since start in the fixed buckets of a Prometheus histogram. 64-bit and
// fed from differences, so it never wraps and never falls, which the histogram's own 32-bit
// counters may do.
//
// The bounds are OpenTelemetry's for HTTP plus five below 5 ms, because a gateway adds
// microseconds (platform.md, section 8). A value is filed by the middle of its log-linear counter:
// within 0.8 % of a bound it may be filed on the other side.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "telemetry/histogram.hpp"

namespace weir::observe {

struct LatencyBound {
  base::Duration at_most;
  std::string_view text;  ///< the `le` label, seconds
};

inline constexpr std::array<LatencyBound, 19> kLatencyBounds = {{
    {std::chrono::microseconds(100), "0.0001"},    {std::chrono::microseconds(250), "0.00025"},
    {std::chrono::microseconds(500), "0.0005"},    {std::chrono::microseconds(1000), "0.001"},
    {std::chrono::microseconds(2500), "0.0025"},   {std::chrono::microseconds(5000), "0.005"},
    {std::chrono::microseconds(10'000), "0.01"},   {std::chrono::microseconds(25'000), "0.025"},
    {std::chrono::microseconds(50'000), "0.05"},   {std::chrono::microseconds(75'000), "0.075"},
    {std::chrono::microseconds(100'000), "0.1"},   {std::chrono::microseconds(250'000), "0.25"},
    {std::chrono::microseconds(500'000), "0.5"},   {std::chrono::microseconds(750'000), "0.75"},
    {std::chrono::microseconds(1'000'000), "1"},   {std::chrono::microseconds(2'500'000), "2.5"},
    {std::chrono::microseconds(5'000'000), "5"},   {std::chrono::microseconds(7'500'000), "7.5"},
    {std::chrono::microseconds(10'000'000), "10"},
}};

struct LatencyTotals {
  /// Not cumulative; the last is everything above 10 s.
  std::array<std::uint64_t, kLatencyBounds.size() + 1> buckets{};
  double sum_seconds = 0;

  void add(const telemetry::HistogramSnapshot& recorded);
  std::uint64_t count() const noexcept;
};

}  // namespace weir::observe
