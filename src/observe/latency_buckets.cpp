#include "observe/latency_buckets.hpp"

namespace weir::observe {

void LatencyTotals::add(const telemetry::HistogramSnapshot& recorded) {
  const auto counters = recorded.buckets();
  std::size_t bucket = 0;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const base::Duration middle = telemetry::HistogramSnapshot::Layout::middle(i);
    while (bucket < kLatencyBounds.size() && middle > kLatencyBounds[bucket].at_most) ++bucket;
    buckets[bucket] += counters[i];
  }
  sum_seconds += std::chrono::duration<double>(recorded.sum()).count();
}

std::uint64_t LatencyTotals::count() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint64_t n : buckets) total += n;
  return total;
}

}  // namespace weir::observe
