#pragma once
// RecordWriter: what a running weir writes down of itself beside its log: decisions of the scalers,
// states of the breakers, samples of the traffic. It is told often and by one caller; it waits for
// nothing, and what the store refuses or drops is the store's to count.
//
// Bounds: a sample goes first when the store has no room (Kind::sample), at most one step's every
// 10 s; a breaker's row only when its state has changed; decisions as many as the scalers keep
// between two looks.
// Lane-only (control lane).

#include <unordered_map>

#include "app/metric_sampler.hpp"
#include "control/breaker_watch.hpp"
#include "control/scaler_news.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace weir::app {

class RecordWriter {
 public:
  /// Lifetime: both outlive this.
  RecordWriter(store::Store& store, telemetry::Log& log);

  /// Often: which breakers changed, opened or went.
  void look(const std::vector<control::ServiceEntry>& services, std::int64_t wall_ms);
  void decided(const std::string& service, const std::vector<control::ScalerNews>& news,
               const Instant& at);
  /// Once a second.
  void second(const std::vector<control::ServiceEntry>& services, const LoadTable& loads);

 private:
  void keep(base::Result<store::Write> write);

  store::Store& store_;
  telemetry::Log& log_;
  control::BreakerWatch breakers_;
  // When each opened last, by service and endpoint; of those with a row.
  std::unordered_map<std::string, std::unordered_map<std::string, std::int64_t>> opened_;
  MetricSampler sampler_;
};

}  // namespace weir::app
