#include "observe/track.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace weir::observe {
namespace {

using telemetry::TrafficSnapshot;

// Adds all but the gauge and the latencies.
void add_counts(TrafficSnapshot& sum, const TrafficSnapshot& delta) {
  TrafficSnapshot counts = delta;
  counts.latency = {};
  counts.in_flight = 0;
  sum.add(counts);
}

std::uint32_t narrow(std::uint64_t n) noexcept {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(n, std::numeric_limits<std::uint32_t>::max()));
}

float ms(base::Duration duration) noexcept { return static_cast<float>(base::to_ms(duration)); }

}  // namespace

void Track::fold(TrafficSnapshot now, Reset policy, bool anew) {
  delta_ = now;
  if (anew || now.is_behind(last_)) {
    if (policy == Reset::ignore) delta_ = {};
  } else {
    delta_.subtract(last_);
  }
  totals_.in_flight = now.in_flight;
  last_ = std::move(now);
  fold_delta(delta_);
}

void Track::fold_delta(const TrafficSnapshot& delta) {
  add_counts(totals_, delta);
  add_counts(pending_, delta);
  pending_.latency.add(delta.latency);
  latencies_.add(delta.latency);
}

void Track::close_second(base::Time now, base::Duration interval) {
  WEIR_ASSERT(interval > base::Duration::zero());
  const auto& latency = pending_.latency;
  series_.push({.at = now,
                .seconds = std::chrono::duration<float>(interval).count(),
                .requests = narrow(pending_.requests),
                .errors = narrow(pending_.errors),
                .in_flight = static_cast<std::int32_t>(totals_.in_flight),
                .bytes_in = pending_.bytes_in,
                .bytes_out = pending_.bytes_out,
                .p50_ms = ms(latency.percentile(0.50)),
                .p95_ms = ms(latency.percentile(0.95)),
                .p99_ms = ms(latency.percentile(0.99))});
  window_.push(now, latency);
  pending_ = {};
  compute_rates(now);
}

void Track::compute_rates(base::Time now) {
  using std::chrono::seconds;
  const Window ten = series_.last(now, seconds(10));
  const auto latency = window_.merged(now);
  const base::Duration newest_only(1);  // a tick that is a little early must not bring in two
  rates_ = {.rps_1s = series_.last(now, newest_only).rps(),
            .rps_10s = ten.rps(),
            .rps_60s = series_.last(now, seconds(60)).rps(),
            .error_ratio_10s = ten.error_ratio(),
            .bytes_in_10s = ten.seconds > 0 ? static_cast<double>(ten.bytes_in) / ten.seconds : 0,
            .bytes_out_10s = ten.seconds > 0 ? static_cast<double>(ten.bytes_out) / ten.seconds : 0,
            .samples_10s = latency.count(),
            .mean = latency.mean(),
            .p50 = latency.percentile(0.50),
            .p95 = latency.percentile(0.95),
            .p99 = latency.percentile(0.99)};
}

}  // namespace weir::observe
