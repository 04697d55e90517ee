#pragma once
// Adaptive: which of the configured algorithms (arms) carries a service. Each challenger serves 5 %
// of the requests, the current arm the rest; windows of both are compared by cost (arm_cost.hpp).
//
// 1. Switch: a challenger's gain is >= 10 % and the 95 % interval of the difference excludes 0, in
//    two successive windows or more, until the run of them is beyond chance; at least 60 s after
//    the last switch; at most six switches an hour. Beyond chance: the windows' deviations (effect
//    in standard errors, at most 5 each) add up to 5.2 x sqrt(windows). A day has 17,280 tests of
//    two challengers; two windows at 95 % alone would let a pair of equal arms switch 12 times.
// 2. Watch: for 60 s after a switch, revert when the arm left is >= 5 % cheaper in its slice, or
//    when the service costs >= 5 % more than under that arm before (arms share endpoints: one may
//    look good only while it is small). Here one window is enough, when the difference is three
//    standard errors (at two, one switch in four would be undone by chance alone: a watch makes a
//    dozen tests). Reverts count as switches, but neither dwell nor the hourly limit holds one
//    back.
// 3. A window is 10 s, lengthened up to 60 s until every arm has 200 requests, else "insufficient".
// 4. Frozen until 30 s after the last fault, reload or scale event; windows seen then do not count.
// 5. A pinned arm is current whatever it costs.
//
// Pure; lives on the control lane. An endpoint that is not chosen has no observed latency: a cost
// says how an algorithm did, not how another would have done. Source: balancing.md, section 4.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/arm_cost.hpp"
#include "base/clock.hpp"

namespace weir::balance {

/// A challenger's share of the requests.
inline constexpr double kArmSlice = 0.05;

/// The arm of one request. Arm a owns the a-th 5 % of all requests as long as it is a challenger;
/// what no challenger owns is the current arm's. Requires: current < arms <= 20.
std::size_t arm_of(std::uint64_t request_hash, std::size_t arms, std::size_t current) noexcept;

struct AdaptiveInput {
  base::Time now;
  /// Since the window began, which is when the last decision said `new_window`. Requires: as many
  /// as arms.
  std::span<const ArmFacts> arms;
  bool fault = false;   ///< one is active
  bool reload = false;  ///< one happened since the last step
  bool scale = false;   ///< likewise
  std::optional<std::size_t> pin;
  std::uint64_t seed = 0;  ///< of the bootstrap; any, and a different one each time
};

enum class AdaptiveVerdict : std::uint8_t {
  collecting,    ///< the window goes on
  frozen,        ///< a fault, reload or scale event
  pinned,        ///< by the operator
  insufficient,  ///< 60 s and still fewer than 200 requests on some arm
  keep,          ///< no challenger is better by enough
  leading,       ///< one is, but not for long enough to be sure
  dwelling,      ///< one is, less than 60 s after the last switch
  limited,       ///< one is, after six switches in an hour
  switched,
  reverted,
};

/// One step's answer, with all that an event needs to show for it.
struct AdaptiveDecision {
  AdaptiveVerdict verdict = AdaptiveVerdict::collecting;
  std::size_t arm = 0;       ///< to use from now on
  std::size_t previous = 0;  ///< used until now
  bool new_window = false;   ///< begin to count anew
  base::Duration window{};   ///< length of the one judged

  // What was compared; zeros when nothing was. The challenger of a revert is the arm returned to.
  std::size_t challenger = 0;
  double current_cost_us = 0;
  double challenger_cost_us = 0;
  /// Positive: the challenger is better. Without an interval (both ends 0) where it is no better.
  CostDifference difference{};
  double gain = 0;  ///< effect/current cost
  std::uint64_t current_requests = 0;
  std::uint64_t challenger_requests = 0;
  std::uint64_t seed = 0;

  bool changed() const noexcept { return arm != previous; }
};

class AdaptiveController {
 public:
  /// `timeout`: of an attempt; it prices an error. Requires: arms >= 1; start < arms.
  AdaptiveController(std::size_t arms, base::Duration timeout, std::size_t start = 0);

  std::size_t current() const noexcept { return current_; }

  /// Once a second or so. Cost: nothing until a window ends, then about 1 ms an arm; allocates.
  AdaptiveDecision step(const AdaptiveInput& in);

 private:
  struct Comparison;
  struct Run {
    int windows = 0;
    double deviations = 0;  // sum over the windows

    bool is_beyond_chance() const noexcept;
  };

  AdaptiveDecision judge(const AdaptiveInput& in, AdaptiveDecision decision);
  AdaptiveDecision end_window(AdaptiveDecision decision, AdaptiveVerdict verdict, base::Time now);
  bool reverts(const AdaptiveInput& in, AdaptiveDecision& decision);
  AdaptiveVerdict may_switch(base::Time now) const;
  void change_to(std::size_t arm, base::Time now);
  void remember(const ArmFacts& facts);
  Comparison compare(const ArmFacts& from, const ArmFacts& to, double least,
                     std::uint64_t seed) const;

  std::size_t arms_;
  double timeout_us_;
  std::size_t current_;
  bool started_ = false;
  base::Time window_start_{};
  base::Time frozen_until_{};
  std::vector<Run> runs_;  // windows in a row that each challenger won

  std::deque<base::Time> changes_;      // of the last hour
  std::optional<std::size_t> left_;     // the arm left last, while it may be returned to
  std::vector<LatencyBucket> buckets_;  // the latency of before_
  ArmFacts before_;                     // the arm left, in the window that decided; no latency
};

/// One sentence, `names` being the arms'. For the event, the log and the dashboard.
std::string describe(const AdaptiveDecision& decision, std::span<const std::string_view> names);

}  // namespace weir::balance
