#pragma once
// Track: what is known about the traffic of one subject over time. It turns snapshots that only
// grow into per-second samples, windows and totals that survive their counters being made anew.
//
// fold() may be called as often as wanted (a scrape folds first, so that it shows the present);
// close_second() ends the sample. Lives on the control lane with its Collector.

#include "base/clock.hpp"
#include "observe/latency_buckets.hpp"
#include "observe/latency_window.hpp"
#include "observe/series.hpp"
#include "telemetry/traffic.hpp"

namespace weir::observe {

/// The windowed numbers of a subject as of the last closed second. Units: per second, ratio 0 to 1.
struct Rates {
  double rps_1s = 0;
  double rps_10s = 0;
  double rps_60s = 0;
  double error_ratio_10s = 0;
  double bytes_in_10s = 0;
  double bytes_out_10s = 0;
  std::uint64_t samples_10s = 0;  ///< latencies behind the four below
  base::Duration mean{};          ///< of the last 10 s, as the next three
  base::Duration p50{};
  base::Duration p95{};
  base::Duration p99{};
};

class Track {
 public:
  /// How to read a snapshot that is lower than the last one.
  enum class Reset {
    count_anew,  ///< the counters were made anew: all they hold is new
    ignore,      ///< some part left the sum: nothing can be said about this step
  };

  /// Takes in the counters as they are now. `anew`: they are known not to be those of last time.
  void fold(telemetry::TrafficSnapshot now, Reset policy = Reset::count_anew, bool anew = false);
  /// Takes in what happened elsewhere; for a track that sums others.
  void fold_delta(const telemetry::TrafficSnapshot& delta);
  void set_in_flight(std::int64_t in_flight) noexcept { totals_.in_flight = in_flight; }

  /// Ends the second that `interval` describes. Requires: interval > 0.
  void close_second(base::Time now, base::Duration interval);

  /// Since this track began; its `latency` is empty, see latencies().
  const telemetry::TrafficSnapshot& totals() const noexcept { return totals_; }
  const LatencyTotals& latencies() const noexcept { return latencies_; }
  const Series& series() const noexcept { return series_; }
  const Rates& rates() const noexcept { return rates_; }
  /// What the last fold() added.
  const telemetry::TrafficSnapshot& last_delta() const noexcept { return delta_; }

 private:
  void compute_rates(base::Time now);

  telemetry::TrafficSnapshot last_;     // counters as they were at the last fold
  telemetry::TrafficSnapshot delta_;    // what the last fold added
  telemetry::TrafficSnapshot pending_;  // added since the last closed second
  telemetry::TrafficSnapshot totals_;
  LatencyTotals latencies_;
  LatencyWindow window_;
  Series series_;
  Rates rates_;
};

}  // namespace weir::observe
