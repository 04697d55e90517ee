#pragma once
// How many endpoints a service should have: decided once a second from facts, with the arithmetic
// as one sentence, also when nothing changes. It starts and stops nothing; control/ does.
//
// 1. Each metric gives its advice (metric.hpp); the largest counts. A blind metric forbids to
//    shrink, never to grow.
// 2. Up: at once, at most max(100 %, 4) endpoints a step. Down: to the highest recommendation of
//    the last `down_window`; the first decision counts what is there as recommended.
// 3. `cooldown` lies between the beginnings of any two operations, those of the operator too.
// 4. Flap budget: at most `reversals_max` changes of direction within `flap_window`. It is kept by
//    not shrinking: a way down that would need the last reversal is held, so that a way up never
//    has to be.
// 5. The caller reports an operation that begins to history.operate(); a decision alone is none.
// Source: balancing.md, section 8.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scaling/history.hpp"
#include "scaling/metric.hpp"

namespace weir::scaling {

struct Config {
  std::uint32_t min = 1;
  std::uint32_t max = 10;
  std::vector<Target> targets;  ///< empty: scaled by hand only
  double tolerance = 0.1;
  base::Duration cooldown = std::chrono::seconds(30);
  base::Duration down_window = std::chrono::seconds(300);
  double up_share = 1.0;      ///< of the present number, in one step
  std::uint32_t up_step = 4;  ///< or so many, whichever is more
  std::uint32_t reversals_max = 6;
  base::Duration flap_window = std::chrono::hours(1);
};

/// What is known of one metric now. One sample for each endpoint that is not leaving, or one for
/// the service as a whole (p95; a service without requests has a p95 of 0, which is not missing).
struct Reading {
  Metric metric = Metric::in_flight;
  std::vector<Sample> samples;
};

struct Facts {
  std::uint32_t current = 0;      ///< endpoints that run or start, without those that leave
  std::vector<Reading> readings;  ///< a target without a reading is blind
};

enum class Verdict : std::uint8_t {
  no_change,
  scale_up,
  scale_down,
  cooling_down,  ///< wants to, but the last operation is too young
  stabilising,   ///< would shrink, but more was wanted within the window
  flap_hold,     ///< would shrink, but turned round too often
  blind,         ///< would shrink, but a metric is missing
  at_bound,      ///< wants to pass min or max
};
/// "scale_up". Lifetime: static.
std::string_view name(Verdict verdict) noexcept;

struct Decision {
  std::uint32_t from = 0;
  std::uint32_t desired = 0;  ///< from, unless the verdict is scale_up or scale_down
  Verdict verdict = Verdict::no_change;
  std::string reason;             ///< one sentence with the arithmetic
  base::Time eta = base::kNever;  ///< when what is held may be done; kNever: nothing is held

  bool acts() const noexcept {
    return verdict == Verdict::scale_up || verdict == Verdict::scale_down;
  }
};

/// Records its recommendation in `history` and decides. Requires: min <= max, targets > 0.
Decision decide(History& history, const Facts& facts, const Config& config, base::Time now);

/// May an operator go to `wanted` now? `scale_up`, `scale_down` or `no_change`: yes; `at_bound` or
/// `cooling_down` (eta says until when): refused. Changes nothing.
Decision judge_operator(const History& history, std::uint32_t current, std::uint32_t wanted,
                        const Config& config, base::Time now);

/// Whole seconds until `eta`, rounded up; 0 when it has passed or is never.
std::uint32_t seconds_until(base::Time eta, base::Time now) noexcept;

}  // namespace weir::scaling
