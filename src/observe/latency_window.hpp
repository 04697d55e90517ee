#pragma once
// LatencyWindow: the latencies of the last few seconds, exactly mergeable. Each second keeps only
// the counters that moved (a few dozen of 1,728), so ten seconds of a thousand subjects stay small,
// and any percentile over them is read from the sum, never from an average.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/ring.hpp"
#include "telemetry/histogram.hpp"

namespace weir::observe {

class LatencyWindow {
 public:
  static constexpr std::size_t kSeconds = 10;

  LatencyWindow() : seconds_(kSeconds) {}

  /// What was recorded in the interval that ended at `at`.
  void push(base::Time at, const telemetry::HistogramSnapshot& recorded);

  /// The sum of the intervals that ended after `now - 10 s`.
  telemetry::HistogramSnapshot merged(base::Time now) const;

 private:
  struct Moved {
    std::uint16_t index;
    std::uint32_t n;
  };
  struct Second {
    base::Time at{};
    std::uint64_t sum_ns = 0;
    std::vector<Moved> moved;
  };
  base::Ring<Second> seconds_;
};

}  // namespace weir::observe
