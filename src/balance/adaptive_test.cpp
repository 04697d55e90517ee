#include "balance/adaptive.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.hpp"

namespace weir::balance {
namespace adaptive_test {

using std::chrono::seconds;
using enum AdaptiveVerdict;

base::Time at(int second) { return base::Time(seconds(1000 + second)); }

/// Arms whose requests take exponential times; the current arm carries what challengers do not.
struct World {
  World(std::vector<double> means, std::size_t start = 0)
      : mean_ms(std::move(means)),
        failing(mean_ms.size(), 0),
        controller(mean_ms.size(), seconds(2), start),
        facts(mean_ms.size()),
        latency(mean_ms.size()) {
    for (auto& buckets : latency) {
      for (double us = 100; us < 1e8; us *= 1.02) buckets.push_back({us, 0});
    }
    controller.step({.now = at(0), .arms = facts});  // the first window begins
  }

  AdaptiveDecision second() {
    ++now;
    for (std::size_t arm = 0; arm < facts.size(); ++arm) {
      const double share =
          arm == controller.current() ? 1 - 0.05 * static_cast<double>(facts.size() - 1) : 0.05;
      const auto requests = static_cast<std::uint32_t>(per_second * share);
      facts[arm].requests += requests;
      for (std::uint32_t i = 0; i < requests; ++i) {
        const double us = std::max(100.0, -std::log(1 - rng.unit()) * mean_ms[arm] * 1e3);
        ++latency[arm][static_cast<std::size_t>(std::log(us / 100) / std::log(1.02))].count;
        if (rng.unit() < failing[arm]) ++facts[arm].failures;
      }
      facts[arm].latency = latency[arm];
    }
    AdaptiveInput in{.now = at(now), .arms = facts, .fault = fault, .pin = pin, .seed = rng.next()};
    const AdaptiveDecision decision = controller.step(in);
    if (decision.new_window) {
      for (std::size_t arm = 0; arm < facts.size(); ++arm) {
        facts[arm] = {};
        for (auto& bucket : latency[arm]) bucket.count = 0;
      }
    }
    return decision;
  }
  /// The decisions that ended a window, of so many seconds.
  std::vector<AdaptiveDecision> run(int for_seconds) {
    std::vector<AdaptiveDecision> out;
    for (int i = 0; i < for_seconds; ++i) {
      const AdaptiveDecision decision = second();
      if (decision.verdict != collecting) out.push_back(decision);
    }
    return out;
  }

  double per_second = 1000;
  std::vector<double> mean_ms;
  std::vector<double> failing;
  bool fault = false;
  std::optional<std::size_t> pin;
  base::Rng rng{2024};
  int now = 0;
  AdaptiveController controller;
  std::vector<ArmFacts> facts;
  std::vector<std::vector<LatencyBucket>> latency;
};

std::vector<AdaptiveVerdict> verdicts(const std::vector<AdaptiveDecision>& decisions) {
  std::vector<AdaptiveVerdict> out;
  for (const auto& decision : decisions) out.push_back(decision.verdict);
  return out;
}

int changes(const std::vector<AdaptiveDecision>& decisions) {
  return static_cast<int>(std::count_if(decisions.begin(), decisions.end(),
                                        [](const auto& each) { return each.changed(); }));
}

TEST(ArmOf, ChallengersOwnDisjointFivePercent) {
  for (const std::size_t current : {0u, 1u, 2u}) {
    std::array<double, 3> share{};
    for (std::uint64_t request = 0; request < 200'000; ++request) {
      share[arm_of(request, 3, current)] += 1 / 200'000.0;
    }
    for (std::size_t arm = 0; arm < 3; ++arm) {
      EXPECT_NEAR(share[arm], arm == current ? 0.90 : 0.05, 0.003);
    }
  }
}

TEST(ArmOf, ASliceStaysWithItsArmWhenTheCurrentChanges) {
  for (std::uint64_t request = 0; request < 10'000; ++request) {
    const std::size_t before = arm_of(request, 4, 0);
    const std::size_t after = arm_of(request, 4, 2);
    EXPECT_EQ(after, before == 0 ? (after == 0 ? 0 : 2) : before);
  }
}

TEST(Adaptive, EqualArmsDoNotSwitch) {
  SCOPED_TRACE("seed 2024");
  World world({20, 20, 20});
  const auto decisions = world.run(2 * 3600);
  EXPECT_GT(decisions.size(), 600u);
  EXPECT_LE(changes(decisions), 2);  // once an hour
}

TEST(Adaptive, ABadArmIsLeftAfterTwoWindows) {
  World world({200, 20});
  const auto decisions = world.run(20);
  EXPECT_EQ(verdicts(decisions), (std::vector{leading, switched}));
  const AdaptiveDecision& last = decisions.back();
  EXPECT_EQ(last.arm, 1u);
  EXPECT_EQ(last.previous, 0u);
  EXPECT_GT(last.gain, 0.8);
  EXPECT_GT(last.difference.low_us, 0);
  EXPECT_LT(last.difference.low_us, last.difference.effect_us);
  EXPECT_GT(last.difference.high_us, last.difference.effect_us);
  EXPECT_EQ(last.current_requests, 9500u);
  EXPECT_EQ(last.challenger_requests, 500u);
  EXPECT_EQ(last.window, seconds(10));
}

TEST(Adaptive, TheBestOfTwoBetterArmsIsTaken) {
  World world({200, 100, 20});
  world.run(20);
  EXPECT_EQ(world.controller.current(), 2u);
}

TEST(Adaptive, ASmallGainIsNotEnough) {
  World world({20, 19});
  world.per_second = 200'000;  // plainly significant
  const auto decisions = world.run(40);
  EXPECT_EQ(decisions.size(), 4u);
  for (const auto& each : decisions) {
    EXPECT_EQ(each.verdict, keep);
    EXPECT_GT(each.difference.low_us, 0);
  }
}

TEST(Adaptive, AWindowGrowsUntilEachArmHasTwoHundred) {
  World world({20, 20});
  world.per_second = 200;  // a challenger gets ten a second
  const auto decisions = world.run(20);
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].window, seconds(20));
  EXPECT_EQ(decisions[0].challenger_requests, 200u);
}

TEST(Adaptive, TooFewRequestsAreInsufficient) {
  World world({200, 20});
  world.per_second = 40;
  const auto decisions = world.run(183);
  EXPECT_EQ(verdicts(decisions), (std::vector{insufficient, insufficient, insufficient}));
  EXPECT_EQ(world.controller.current(), 0u);
}

TEST(Adaptive, OneGoodWindowIsNotEnough) {
  World world({200, 20});
  EXPECT_EQ(world.run(10).back().verdict, leading);
  world.mean_ms = {20, 20};
  EXPECT_EQ(world.run(10).back().verdict, keep);
  world.mean_ms = {200, 20};
  EXPECT_EQ(world.run(10).back().verdict, leading);
}

TEST(Adaptive, ErrorsCountTenTimeouts) {
  World world({20, 20});
  world.failing = {0.02, 0};
  EXPECT_EQ(world.run(20).back().verdict, switched);
}

TEST(Adaptive, ARegressionIsReverted) {
  World world({200, 20});
  world.run(20);
  ASSERT_EQ(world.controller.current(), 1u);
  world.mean_ms = {200, 400};  // it was good only while it was small
  const auto decisions = world.run(10);
  EXPECT_EQ(decisions.back().verdict, reverted);
  EXPECT_EQ(decisions.back().challenger, 0u);
  EXPECT_EQ(world.controller.current(), 0u);
}

TEST(Adaptive, WhatGotWorseThanBeforeIsRevertedThoughBothAreBad) {
  World world({200, 20});
  world.run(20);
  world.mean_ms = {300, 300};
  EXPECT_EQ(world.run(10).back().verdict, reverted);
}

TEST(Adaptive, TheWatchEndsAfterAMinute) {
  World world({200, 20});
  world.run(20);
  EXPECT_EQ(changes(world.run(70)), 0);
  world.mean_ms = {20, 21.4};  // 7 % better is a regression, but not a gain
  world.per_second = 20'000;
  EXPECT_EQ(changes(world.run(60)), 0);
}

TEST(Adaptive, DwellsAMinute) {
  World world({200, 20});
  world.run(20);
  world.pin = 1;  // ends the watch, which would revert sooner
  world.run(1);
  world.pin.reset();
  world.mean_ms = {20, 200};
  const auto decisions = world.run(80);
  const int first = static_cast<int>(std::find_if(decisions.begin(), decisions.end(),
                                                  [](const auto& each) { return each.changed(); }) -
                                     decisions.begin());
  EXPECT_EQ(verdicts(decisions)[1], dwelling);
  EXPECT_EQ(first, 5);  // 61 s after the switch
}

TEST(Adaptive, AtMostSixSwitchesAnHour) {
  World world({200, 20});
  std::vector<AdaptiveDecision> all;
  for (int i = 0; i < 30; ++i) {
    world.mean_ms = {i % 2 == 0 ? 200.0 : 20.0, i % 2 == 0 ? 20.0 : 200.0};
    for (const auto& each : world.run(119)) all.push_back(each);
  }
  EXPECT_EQ(changes(all), 6);
  const auto verdict = verdicts(all);
  EXPECT_NE(std::find(verdict.begin(), verdict.end(), limited), verdict.end());
  world.mean_ms.assign(2, 20);
  world.mean_ms[world.controller.current()] = 200;
  const auto later = world.run(600);
  EXPECT_GE(changes(later), 1);
}

TEST(Adaptive, FrozenUntilHalfAMinuteAfterAFault) {
  World world({200, 20});
  world.run(15);  // one window won already
  world.fault = true;
  EXPECT_EQ(world.run(20).back().verdict, frozen);
  world.fault = false;
  for (const auto& each : world.run(29)) EXPECT_EQ(each.verdict, frozen);
  const auto after = world.run(21);
  EXPECT_EQ(verdicts(after), (std::vector{leading, switched}));  // two whole windows again
}

TEST(Adaptive, ReloadAndScaleFreezeToo) {
  AdaptiveController controller(2, seconds(2));
  const std::vector<ArmFacts> facts(2);
  EXPECT_EQ(controller.step({.now = at(0), .arms = facts, .reload = true}).verdict, frozen);
  EXPECT_EQ(controller.step({.now = at(29), .arms = facts}).verdict, frozen);
  EXPECT_EQ(controller.step({.now = at(30), .arms = facts}).verdict, collecting);
  EXPECT_EQ(controller.step({.now = at(31), .arms = facts, .scale = true}).verdict, frozen);
}

TEST(Adaptive, APinHoldsWhateverItCosts) {
  World world({20, 200, 20});
  world.pin = 1;
  EXPECT_EQ(world.second().arm, 1u);
  for (const auto& each : world.run(100)) EXPECT_EQ(each.verdict, pinned);
  world.pin = 9;  // no such arm: as if not pinned
  EXPECT_GT(changes(world.run(60)), 0);
}

// World (e): latency oscillates with the period of the window, for both arms alike.
TEST(Adaptive, AnOscillationDoesNotFlap) {
  SCOPED_TRACE("seed 2024");
  World world({20, 20});
  int flaps = 0;
  for (int i = 0; i < 360; ++i) {
    world.mean_ms.assign(2, i % 2 == 0 ? 20 : 60);
    flaps += changes(world.run(5));
  }
  EXPECT_LE(flaps, 1);
}

TEST(Adaptive, TheSameInputsGiveTheSameDecisions) {
  World first({24, 20, 22});
  World second({24, 20, 22});
  const auto one = first.run(120);
  const auto two = second.run(120);
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].difference.low_us, two[i].difference.low_us);
    EXPECT_EQ(one[i].arm, two[i].arm);
  }
}

TEST(Adaptive, DescribesEachVerdict) {
  const std::array<std::string_view, 2> names = {"round_robin", "random_two"};
  World world({200, 20});
  const auto decisions = world.run(20);
  const std::string text = describe(decisions.back(), names);
  EXPECT_TRUE(text.starts_with("round_robin -> random_two: ")) << text;
  EXPECT_NE(text.find("500 and 9500 requests in 10 s"), std::string::npos) << text;
  for (int verdict = 0; verdict <= static_cast<int>(reverted); ++verdict) {
    EXPECT_FALSE(describe({.verdict = static_cast<AdaptiveVerdict>(verdict)}, names).empty());
  }
}

}  // namespace adaptive_test
}  // namespace weir::balance
