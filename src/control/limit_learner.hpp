#pragma once
// LimitLearner: every 100 ms, what the last window of one service says about how many requests it
// takes at once. balance/concurrency_limit has the rule; this measures and publishes.
//
// Lane-only (control lane).

#include "balance/concurrency_limit.hpp"
#include "base/rng.hpp"
#include "control/registry.hpp"

namespace weir::control {

class LimitLearner {
 public:
  static constexpr base::Duration kWindow = std::chrono::milliseconds(100);

  /// Requires: the settings have a concurrency section.
  explicit LimitLearner(const config::Service& settings);

  /// To be called often; does something once a window. Requires: the service has a gate.
  void look(const ServiceEntry& entry, base::Time now);

 private:
  balance::ConcurrencyLimit limit_;
  base::Rng rng_;
  base::Time next_{};
  std::uint32_t most_inside_ = 0;     // since the window began
  telemetry::TrafficSnapshot began_;  // of all attempts: an exchange's time holds its wait in line
};

}  // namespace weir::control
