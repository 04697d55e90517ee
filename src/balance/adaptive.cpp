#include "balance/adaptive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace weir::balance {
namespace {

using std::chrono::seconds;

constexpr auto kShortestWindow = seconds(10);
constexpr auto kLongestWindow = seconds(60);
constexpr std::uint64_t kEnough = 200;  // requests; ten of them above the p95
constexpr double kGain = 0.10;
constexpr int kWinsNeeded = 2;
// Chance in 10^7 that the run of an equal arm gets there: 17,280 tests a day, in runs of any
// length, then switch by mistake once in a year. Lower: equal arms change places for nothing.
// Higher: a gain of 20 % takes minutes to be believed.
constexpr double kBeyondChance = 5.2;
constexpr double kMostDeviations = 5;  // of one window, so that two are needed however clear it is
constexpr auto kDwell = seconds(60);
constexpr auto kWatch = seconds(60);
constexpr double kRegression = 0.05;
constexpr double kSureRegression = 3;  // standard errors
constexpr std::size_t kChangesPerHour = 6;
constexpr auto kFreeze = seconds(30);
constexpr std::uint64_t kSalt = 0xa0761d6478bd642full;  // apart from other shares by the same hash

}  // namespace

std::size_t arm_of(std::uint64_t request_hash, std::size_t arms, std::size_t current) noexcept {
  const double point = static_cast<double>(base::mix64(request_hash ^ kSalt) >> 11) * 0x1.0p-53;
  const auto slice = static_cast<std::size_t>(point / kArmSlice);
  return slice < arms ? slice : current;
}

struct AdaptiveController::Comparison {
  double from_us;
  double to_us;
  CostDifference difference;
  double gain;

  bool is_gain(double least) const noexcept { return gain >= least && difference.low_us > 0; }
  bool is_regression(double least) const noexcept {
    return is_gain(least) && deviations() >= kSureRegression;
  }
  /// The effect in standard errors, by the longer side of the interval: a p95 of few and far
  /// values has a crooked one.
  double deviations() const noexcept {
    constexpr double kEndOfInterval = 1.96;
    const double side = std::max(difference.effect_us - difference.low_us,
                                 difference.high_us - difference.effect_us);
    if (kEndOfInterval * difference.effect_us >= kMostDeviations * side) return kMostDeviations;
    return std::max(0.0, kEndOfInterval * difference.effect_us / side);
  }
  void show_in(AdaptiveDecision& decision) const noexcept {
    decision.current_cost_us = from_us;
    decision.challenger_cost_us = to_us;
    decision.difference = difference;
    decision.gain = gain;
  }
};

bool AdaptiveController::Run::is_beyond_chance() const noexcept {
  return windows >= kWinsNeeded && deviations >= kBeyondChance * std::sqrt(windows);
}

AdaptiveController::AdaptiveController(std::size_t arms, base::Duration timeout, std::size_t start)
    : arms_(arms),
      timeout_us_(std::chrono::duration<double, std::micro>(timeout).count()),
      current_(start),
      runs_(arms) {
  WEIR_ASSERT(start < arms);
}

AdaptiveDecision AdaptiveController::step(const AdaptiveInput& in) {
  WEIR_ASSERT(in.arms.size() == arms_);
  if (!started_) {
    started_ = true;
    window_start_ = in.now;
  }
  AdaptiveDecision decision{.arm = current_,
                            .previous = current_,
                            .window = in.now - window_start_,
                            .challenger = current_,
                            .seed = in.seed};
  if (in.fault || in.reload || in.scale) frozen_until_ = in.now + kFreeze;
  if (in.pin && *in.pin < arms_) {
    current_ = decision.arm = *in.pin;
    if (decision.changed() || decision.window >= kShortestWindow) {
      return end_window(decision, AdaptiveVerdict::pinned, in.now);
    }
    decision.verdict = AdaptiveVerdict::pinned;
    left_.reset();  // the operator has decided: nothing to watch
    return decision;
  }
  if (in.now < frozen_until_) return end_window(decision, AdaptiveVerdict::frozen, in.now);
  if (decision.window < kShortestWindow) return decision;
  const bool enough = std::all_of(in.arms.begin(), in.arms.end(),
                                  [](const ArmFacts& arm) { return arm.requests >= kEnough; });
  if (enough) return judge(in, decision);
  if (decision.window < kLongestWindow) return decision;
  return end_window(decision, AdaptiveVerdict::insufficient, in.now);
}

/// Compares the arms of a complete window.
AdaptiveDecision AdaptiveController::judge(const AdaptiveInput& in, AdaptiveDecision decision) {
  decision.new_window = true;
  window_start_ = in.now;
  decision.current_requests = in.arms[current_].requests;
  if (reverts(in, decision)) return decision;

  std::optional<Comparison> best;
  bool best_won = false;
  for (std::size_t arm = 0; arm < arms_; ++arm) {
    if (arm == current_) continue;
    const Comparison each = compare(in.arms[current_], in.arms[arm], kGain, in.seed + arm);
    Run& run = runs_[arm];
    run = each.is_gain(kGain) ? Run{run.windows + 1, run.deviations + each.deviations()} : Run{};
    const bool won = run.is_beyond_chance();
    if (best && (best_won > won || (best_won == won && best->gain >= each.gain))) continue;
    best = each;
    best_won = won;
    decision.challenger = arm;
  }
  decision.verdict = AdaptiveVerdict::keep;
  if (!best) return decision;
  if (best->gain > 0 && best->gain < kGain) {  // for who reads it: better, and how surely
    best =
        compare(in.arms[current_], in.arms[decision.challenger], 0, in.seed + decision.challenger);
  }
  best->show_in(decision);
  decision.challenger_requests = in.arms[decision.challenger].requests;
  if (runs_[decision.challenger].windows == 0) return decision;
  decision.verdict = AdaptiveVerdict::leading;
  if (!best_won) return decision;
  decision.verdict = may_switch(in.now);
  if (decision.verdict != AdaptiveVerdict::switched) return decision;
  remember(in.arms[current_]);
  change_to(decision.challenger, in.now);
  left_ = decision.previous;
  decision.arm = current_;
  return decision;
}

bool AdaptiveController::reverts(const AdaptiveInput& in, AdaptiveDecision& decision) {
  if (!left_) return false;
  if (in.now - changes_.back() > kWatch) {
    left_.reset();
    return false;
  }
  const ArmFacts& now = in.arms[current_];
  Comparison found = compare(now, in.arms[*left_], kRegression, in.seed);
  decision.challenger_requests = in.arms[*left_].requests;
  if (!found.is_regression(kRegression)) {
    ArmFacts before = before_;
    before.latency = buckets_;
    // Of what it cost before: 5 % more is a gain of 4.76 % of what it costs now.
    constexpr double kLess = kRegression / (1 + kRegression);
    found = compare(now, before, kLess, in.seed + 1);
    if (!found.is_regression(kLess)) return false;
    decision.challenger_requests = before_.requests;
  }
  found.show_in(decision);
  decision.verdict = AdaptiveVerdict::reverted;
  decision.challenger = *left_;
  change_to(*left_, in.now);
  left_.reset();
  decision.arm = current_;
  return true;
}

/// `switched` when nothing holds a proven challenger back.
AdaptiveVerdict AdaptiveController::may_switch(base::Time now) const {
  if (!changes_.empty() && now - changes_.back() < kDwell) return AdaptiveVerdict::dwelling;
  const auto recent = std::count_if(changes_.begin(), changes_.end(), [now](base::Time at) {
    return now - at < std::chrono::hours(1);
  });
  if (static_cast<std::size_t>(recent) >= kChangesPerHour) return AdaptiveVerdict::limited;
  return AdaptiveVerdict::switched;
}

void AdaptiveController::change_to(std::size_t arm, base::Time now) {
  current_ = arm;
  std::fill(runs_.begin(), runs_.end(), Run{});
  while (!changes_.empty() && now - changes_.front() >= std::chrono::hours(1)) changes_.pop_front();
  changes_.push_back(now);
}

/// A window that is not judged breaks every run of wins and the watch.
AdaptiveDecision AdaptiveController::end_window(AdaptiveDecision decision, AdaptiveVerdict verdict,
                                                base::Time now) {
  decision.verdict = verdict;
  decision.new_window = true;
  window_start_ = now;
  std::fill(runs_.begin(), runs_.end(), Run{});
  if (verdict != AdaptiveVerdict::insufficient) left_.reset();
  return decision;
}

void AdaptiveController::remember(const ArmFacts& facts) {
  buckets_.assign(facts.latency.begin(), facts.latency.end());
  before_ = facts;
  before_.latency = {};
}

/// The interval costs a millisecond: it is left out, both ends 0, for gains under `least`.
AdaptiveController::Comparison AdaptiveController::compare(const ArmFacts& from, const ArmFacts& to,
                                                           double least, std::uint64_t seed) const {
  Comparison out{.from_us = arm_cost_us(from, timeout_us_),
                 .to_us = arm_cost_us(to, timeout_us_),
                 .difference = {},
                 .gain = 0};
  out.difference.effect_us = out.from_us - out.to_us;
  if (out.from_us > 0) out.gain = out.difference.effect_us / out.from_us;
  if (out.gain >= least) out.difference = cost_difference(from, to, timeout_us_, seed);
  return out;
}

std::string describe(const AdaptiveDecision& decision, std::span<const std::string_view> names) {
  const std::string_view arm = names[decision.arm];
  const std::string_view other = names[decision.challenger];
  const auto evidence = [&] {
    const CostDifference& found = decision.difference;
    const std::string interval =
        found.low_us == found.high_us
            ? std::string()
            : fmt::format(" (95 % {:.1f} to {:.1f})", found.low_us / 1e3, found.high_us / 1e3);
    return fmt::format(
        "{:.1f} ms against {:.1f} ms, difference {:.1f} ms{}, {} and {} requests in {:.0f} s",
        decision.challenger_cost_us / 1e3, decision.current_cost_us / 1e3, found.effect_us / 1e3,
        interval, decision.challenger_requests, decision.current_requests,
        base::to_ms(decision.window) / 1e3);
  };
  switch (decision.verdict) {
    case AdaptiveVerdict::collecting:
      return fmt::format("{}: collecting", arm);
    case AdaptiveVerdict::frozen:
      return fmt::format("{}: frozen until 30 s after the last fault, reload or scale event", arm);
    case AdaptiveVerdict::pinned:
      return fmt::format("{}: pinned by the operator", arm);
    case AdaptiveVerdict::insufficient:
      return fmt::format("{}: insufficient, an arm has fewer than {} requests in {:.0f} s", arm,
                         kEnough, base::to_ms(decision.window) / 1e3);
    case AdaptiveVerdict::keep:
      return fmt::format("{} stays: {} {}", arm, other, evidence());
    case AdaptiveVerdict::leading:
      return fmt::format("{} stays: {} leads, not for long enough to be sure: {}", arm, other,
                         evidence());
    case AdaptiveVerdict::dwelling:
      return fmt::format("{} stays, switched to less than 60 s ago: {} leads, {}", arm, other,
                         evidence());
    case AdaptiveVerdict::limited:
      return fmt::format("{} stays, {} switches in the last hour: {} leads, {}", arm,
                         kChangesPerHour, other, evidence());
    case AdaptiveVerdict::switched:
      return fmt::format("{} -> {}: {}", names[decision.previous], arm, evidence());
    case AdaptiveVerdict::reverted:
      return fmt::format("{} -> {} again: {}", names[decision.previous], arm, evidence());
  }
  return {};
}

}  // namespace weir::balance
