#pragma once
// ArmKeeper: watches the algorithms (arms) of one service that share its live traffic. Once a
// second it adds up what each arm's slice was like; for `adaptive` it asks the controller which arm
// shall carry the service, and tells the registry.
//
// balance/adaptive decides; this measures and acts. Windows are differences of the lanes' counters,
// so nothing is reset. Lane-only (control lane).

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "balance/adaptive.hpp"
#include "control/registry.hpp"
#include "telemetry/log.hpp"

namespace weir::control {

/// One arm for people. Figures are of the last minute unless they say otherwise.
struct ArmView {
  balance::Algorithm algorithm = balance::Algorithm::round_robin;
  bool is_current = false;
  double share = 1;  ///< of the requests that it gets
  std::uint64_t requests_total = 0;
  std::uint64_t failures_total = 0;
  std::uint64_t requests = 0;
  double error_ratio = 0;
  base::Duration p50{};
  base::Duration p95{};
  base::Duration p99{};
  double spread = 0;  ///< coefficient of variation of load/weight over the endpoints
  double cost_us = 0;
};

/// One change of the current arm.
struct ArmChange {
  std::int64_t wall_ms = 0;
  balance::AdaptiveVerdict verdict = balance::AdaptiveVerdict::switched;
  std::string_view from;  ///< static, as `to`
  std::string_view to;
  std::string why;
};

struct ArmsView {
  bool is_adaptive = false;
  std::optional<std::string_view> pinned;
  std::string last_verdict;  ///< of adaptive's last window, as a sentence; empty before the first
  std::int64_t verdict_wall_ms = 0;
  std::vector<ArmView> arms;       ///< two or more, or none: one algorithm is at work
  std::deque<ArmChange> switches;  ///< the newest last, at most kSwitchesKept
};

class ArmKeeper {
 public:
  static constexpr std::size_t kSwitchesKept = 20;

  /// `timeout`: of an attempt; it prices an error. Lifetime: references outlive this.
  ArmKeeper(Registry& registry, telemetry::Log& log, base::Duration timeout, std::uint64_t seed)
      : registry_(registry), log_(log), timeout_(timeout), seed_(seed) {}

  /// Once a second. `is_disturbed`: a fault is active or the configuration has just changed.
  void second(const ServiceEntry& service, bool is_disturbed, base::Time now);
  void set_timeout(base::Duration timeout) noexcept { timeout_ = timeout; }
  const ArmsView& view() const noexcept { return view_; }

 private:
  using Picks = std::array<std::uint64_t, upstream::kArmsMax>;
  /// The counters at one instant.
  struct Mark {
    base::Time at{};
    std::vector<upstream::ArmTraffic::Sum> arms;
    std::map<std::uint32_t, Picks> picks;  // by endpoint
  };
  /// What one arm did since a mark.
  struct Measured {
    balance::ArmFacts facts;
    std::vector<balance::LatencyBucket> buckets;
    telemetry::HistogramSnapshot latency;
  };

  void begin(const ServiceEntry& service, base::Time now);
  Mark mark(const ServiceEntry& service, base::Time now) const;
  std::vector<Measured> since(const Mark& from, const Mark& to, const ServiceEntry& service) const;
  void decide(const ServiceEntry& service, const Mark& seen, bool is_disturbed, base::Time now);
  void show(const ServiceEntry& service, const Mark& seen);

  Registry& registry_;
  telemetry::Log& log_;
  base::Duration timeout_;
  std::uint64_t seed_;
  std::shared_ptr<upstream::ArmTraffic> traffic_;  // whose numbers these are
  std::optional<balance::AdaptiveController> controller_;
  std::vector<std::string_view> names_;
  std::vector<std::uint32_t> members_;  // ready endpoints of the last second
  Mark window_;                         // where adaptive's window began
  std::deque<Mark> minute_;             // every 10 s, the oldest first
  ArmsView view_;
};

}  // namespace weir::control
