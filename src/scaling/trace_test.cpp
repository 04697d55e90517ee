// Whole hours of load against the scaler, one decision a second. The service is a crude one:
// requests in flight spread evenly over the endpoints that are warm; a new one takes 3 s.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "base/rng.hpp"
#include "scaling/decide.hpp"

namespace weir::scaling {
namespace trace_test {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeed = 20261121;
constexpr double kTarget = 40;
constexpr std::int64_t kHour = 3600;

struct Outcome {
  std::vector<Decision> operations;
  std::vector<std::int64_t> seconds;  // of each operation
  std::uint32_t reversals = 0;
  std::uint32_t reversals_in_an_hour = 0;  // the most
  std::int64_t overloaded = 0;             // seconds with more than twice the target each
  std::uint32_t last = 0;
};

Outcome run(std::uint32_t begin, std::int64_t seconds,
            const std::function<double(std::int64_t)>& load) {
  const Config config{.max = 40, .targets = {{Metric::in_flight, kTarget}}};
  History history;
  Outcome out;
  std::vector<std::int64_t> joined(begin, -100);
  std::vector<std::int64_t> turned;
  int direction = 0;
  for (std::int64_t second = 0; second < seconds; ++second) {
    const base::Time now{std::chrono::seconds(10'000 + second)};
    double warm = 0;
    for (const std::int64_t each : joined) warm += second - each >= 3 ? 1 : 0;
    const double each_has = load(second) / std::max(1.0, warm);
    out.overloaded += each_has > 2 * kTarget ? 1 : 0;
    Facts facts{.current = static_cast<std::uint32_t>(joined.size())};
    facts.readings.push_back({Metric::in_flight, {}});
    for (const std::int64_t each : joined) {
      facts.readings[0].samples.push_back({each_has, second - each < 3});
    }
    const Decision decision = decide(history, facts, config, now);
    if (!decision.acts()) continue;
    history.operate(decision.from, decision.desired, Origin::automatic, now);
    joined.resize(decision.desired, second);
    out.operations.push_back(decision);
    out.seconds.push_back(second);
    const int way = decision.desired > decision.from ? 1 : -1;
    if (direction == -way) turned.push_back(second);
    direction = way;
    std::erase_if(turned, [&](std::int64_t at) { return second - at >= kHour; });
    out.reversals += !turned.empty() && turned.back() == second ? 1 : 0;
    out.reversals_in_an_hour =
        std::max(out.reversals_in_an_hour, static_cast<std::uint32_t>(turned.size()));
  }
  out.last = static_cast<std::uint32_t>(joined.size());
  return out;
}

TEST(Trace, ReactsToAStepWithinThreeSeconds) {
  const Outcome out = run(3, kHour, [](std::int64_t s) { return s < 600 ? 110.0 : 270.0; });
  ASSERT_EQ(out.operations.size(), 1u);
  EXPECT_EQ(out.operations[0].desired, 7u) << "270 / 40 = 6.75";
  EXPECT_LE(out.seconds[0] - 600, 3);
  EXPECT_EQ(out.overloaded, 3) << "until the new ones are warm";
}

TEST(Trace, AStepAndBackIsOneWayUpAndOneDown) {
  const Outcome out =
      run(3, 2 * kHour, [](std::int64_t s) { return s >= 600 && s < 3000 ? 600.0 : 110.0; });
  EXPECT_EQ(out.reversals, 1u);
  EXPECT_EQ(out.last, 3u);
  EXPECT_GE(out.seconds.back(), 2999 + 300) << "not before the window has passed";
}

TEST(Trace, NoiseMovesNothing) {
  base::Rng rng(kSeed);
  const Outcome out =
      run(5, 24 * kHour, [&](std::int64_t) { return 200 * (0.92 + 0.16 * rng.unit()); });
  EXPECT_TRUE(out.operations.empty()) << "seed " << kSeed << ": " << out.operations[0].reason;
}

TEST(Trace, StrongNoiseSettlesAtItsPeaks) {
  base::Rng rng(kSeed);
  const Outcome out = run(5, 24 * kHour, [&](std::int64_t) { return 200 * (0.5 + rng.unit()); });
  EXPECT_EQ(out.reversals, 0u) << "seed " << kSeed;
  EXPECT_GE(out.last, 7u);
}

TEST(Trace, AFastSawtoothIsNotFollowed) {
  const Outcome out = run(
      3, 4 * kHour, [](std::int64_t s) { return 100 + 300 * static_cast<double>(s % 120) / 120; });
  EXPECT_EQ(out.reversals, 0u);
  EXPECT_GE(out.last, 9u) << "enough for its peaks";
}

TEST(Trace, ASlowSawtoothIsFollowedWithinTheFlapBudget) {
  const Outcome out = run(
      3, 6 * kHour, [](std::int64_t s) { return 80 + 700 * static_cast<double>(s % 700) / 700; });
  EXPECT_GT(out.reversals, 6u);
  EXPECT_LE(out.reversals_in_an_hour, 6u);
}

TEST(Trace, ADayWithItsNightIsFollowed) {
  base::Rng rng(kSeed);
  const Outcome out = run(3, 24 * kHour, [&](std::int64_t s) {
    const double day = std::sin(static_cast<double>(s) / (24.0 * kHour) * 2 * 3.14159265);
    return (500 + 400 * day) * (0.85 + 0.3 * rng.unit());
  });
  EXPECT_LE(out.reversals, 2u) << "seed " << kSeed;
  EXPECT_LE(out.overloaded, 60) << "seed " << kSeed;
}

TEST(Trace, WhateverTheLoadTheRulesHold) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    base::Rng rng(seed);
    double level = 100;
    const Outcome out = run(2, 3 * kHour, [&](std::int64_t) {
      if (rng.below(200) == 0) level = 1500 * rng.unit();  // it jumps
      return level * (0.8 + 0.4 * rng.unit());
    });
    EXPECT_LE(out.reversals_in_an_hour, 6u) << "seed " << seed;
    for (std::size_t i = 0; i < out.operations.size(); ++i) {
      const Decision& each = out.operations[i];
      EXPECT_LE(each.desired, 40u) << "seed " << seed;
      EXPECT_LE(each.desired, each.from + std::max(each.from, 4u)) << "seed " << seed;
      if (i == 0) continue;
      EXPECT_GE(out.seconds[i] - out.seconds[i - 1], 30) << "seed " << seed;
    }
  }
}

}  // namespace trace_test
}  // namespace weir::scaling
