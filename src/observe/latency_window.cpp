#include "observe/latency_window.hpp"

#include <utility>

namespace weir::observe {

void LatencyWindow::push(base::Time at, const telemetry::HistogramSnapshot& recorded) {
  Second second{
      .at = at, .sum_ns = static_cast<std::uint64_t>(recorded.sum().count()), .moved = {}};
  const auto buckets = recorded.buckets();
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] != 0) second.moved.push_back({static_cast<std::uint16_t>(i), buckets[i]});
  }
  seconds_.push(std::move(second));
}

telemetry::HistogramSnapshot LatencyWindow::merged(base::Time now) const {
  telemetry::HistogramSnapshot sum;
  for (std::size_t i = 0; i < seconds_.size(); ++i) {
    const Second& second = seconds_[i];
    if (second.at + std::chrono::seconds(kSeconds) <= now) continue;
    sum.add_sum(second.sum_ns);
    for (const Moved& moved : second.moved) sum.add_at(moved.index, moved.n);
  }
  return sum;
}

}  // namespace weir::observe
