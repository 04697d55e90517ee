#pragma once
// CheckSchedule: when to check one endpoint. It sends nothing; the control lane asks due(), starts
// a check, and reports its end.
//
//   first      at once, spread over at most 100 ms so that a large service is not hit in one moment
//              (more would eat into the 500 ms an endpoint waits for its first check)
//   regular    every 5 s +- 10 %, from start to start
//   prompt     traffic saw a refused connect or silence: at once, at most one a second. While a
//   check
//              runs it waits for its end: that one may have begun before the trouble.
// Source: balancing.md, section 2.

#include <algorithm>

#include "base/clock.hpp"
#include "base/rng.hpp"

namespace weir::balance {

struct CheckConfig {
  base::Duration every = std::chrono::seconds(5);
  base::Duration timeout = std::chrono::seconds(1);
  double jitter = 0.10;
  base::Duration prompt_gap = std::chrono::seconds(1);
};

class CheckSchedule {
 public:
  CheckSchedule(const CheckConfig& config, base::Time now, base::Rng& rng) noexcept;

  /// When the next check begins; kNever while one runs.
  base::Time due() const noexcept { return is_running_ ? base::kNever : next_; }
  bool is_due(base::Time now) const noexcept { return now >= due(); }
  bool is_running() const noexcept { return is_running_; }
  /// While one runs: when it has timed out.
  base::Time deadline() const noexcept {
    return is_running_ ? started_ + config_.timeout : base::kNever;
  }
  /// When the next regular or prompt check begins, also while one runs. For display.
  base::Time next() const noexcept { return next_; }

  /// Begins a check; true if it is a prompt one. Requires: none runs.
  bool start(base::Time now, base::Rng& rng) noexcept;
  /// The check ended, whatever it found. Requires: one runs.
  void finish(base::Time now) noexcept;
  /// Asks for a check as soon as allowed.
  void prompt(base::Time now) noexcept;

 private:
  CheckConfig config_;
  base::Time next_;
  base::Time started_{};
  base::Time prompt_allowed_ = base::Time::min();  ///< one a second
  bool is_running_ = false;
  bool is_prompt_wanted_ = false;
};

}  // namespace weir::balance
