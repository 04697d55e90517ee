#include "balance/arm_cost.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.hpp"

namespace weir::balance {
namespace arm_cost_test {

std::vector<LatencyBucket> exponential_buckets(int values, double mean_us, std::uint64_t seed) {
  base::Rng rng(seed);
  std::vector<LatencyBucket> out;
  for (int i = 0; i < 200; ++i) out.push_back({mean_us * (i + 1) / 20, 0});
  for (int i = 0; i < values; ++i) {
    const double draw = -std::log(1 - rng.unit()) * 20;
    ++out[std::min<std::size_t>(199, static_cast<std::size_t>(draw))].count;
  }
  return out;
}

TEST(ArmCost, AddsTheTailErrorsAndVariationToTheP95) {
  const std::vector<LatencyBucket> latency = {{1000, 94}, {2000, 1}, {9000, 5}};
  ArmFacts facts{.latency = latency, .requests = 100};
  EXPECT_EQ(arm_cost_us(facts, 1e6), 2000 + 9000 / 4.0);  // the 95th and 99th of 100
  facts.failures = 1;
  EXPECT_NEAR(arm_cost_us(facts, 1e6), 4250 + 10 * 0.01 * 1e6, 1e-6);
  facts.load_variation = 0.5;
  EXPECT_NEAR(arm_cost_us(facts, 1e6), 4250 + 1e5 + 100, 1e-6);
  EXPECT_EQ(arm_cost_us({}, 1e6), 0);
}

TEST(ArmCost, VariationIsOfLoadPerWeight) {
  const std::vector<double> even = {10, 20, 5};
  const std::vector<float> weights = {1, 2, 0.5f};
  EXPECT_NEAR(load_variation(even, weights), 0, 1e-6);
  const std::vector<double> loads = {1, 3};
  EXPECT_NEAR(load_variation(loads, std::vector<float>{1, 1}), 0.5, 1e-9);
  EXPECT_EQ(load_variation({}, {}), 0);
}

// What the Gammas stand for: p95 + p99/4 of n values drawn from the buckets, again and again.
TEST(ArmCost, TheIntervalIsThatOfResampling) {
  const std::uint64_t seed = 77;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const int n = 400;
  const auto latency = exponential_buckets(n, 1000, seed);
  std::vector<double> values;
  for (const LatencyBucket& bucket : latency) values.insert(values.end(), bucket.count, bucket.us);
  base::Rng rng(seed);
  std::vector<double> costs;
  for (int round = 0; round < 4000; ++round) {
    std::vector<double> sample;
    for (int i = 0; i < n; ++i) sample.push_back(values[rng.below(n)]);
    std::sort(sample.begin(), sample.end());
    costs.push_back(sample[379] + sample[395] / 4);
  }
  std::sort(costs.begin(), costs.end());
  const ArmFacts facts{.latency = latency, .requests = n};
  const CostDifference against_nothing = cost_difference(facts, {}, 1e6, seed);
  EXPECT_NEAR(against_nothing.low_us, costs[100], 150);  // two buckets
  EXPECT_NEAR(against_nothing.high_us, costs[3899], 150);
}

TEST(ArmCost, FailuresAreBinomial) {
  const std::vector<LatencyBucket> latency = {{1000, 1000}};
  for (const std::uint64_t failures : {0u, 5u, 100u, 900u}) {
    const ArmFacts facts{.latency = latency, .requests = 1000, .failures = failures};
    const CostDifference found = cost_difference(facts, {}, 100, 3);  // one failure costs 1 us
    const double share = static_cast<double>(failures) / 1000;
    const double spread = 1.96 * std::sqrt(1000 * share * (1 - share));
    EXPECT_NEAR(found.high_us - found.effect_us, spread, 0.15 * spread + 1) << failures;
    EXPECT_NEAR(found.effect_us - found.low_us, spread, 0.15 * spread + 1) << failures;
  }
}

TEST(ArmCost, EqualArmsAreTakenForDifferentInFewCases) {
  int excluded = 0;
  const int rounds = 200;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto a = exponential_buckets(4000, 1000, 2 * round);
    const auto b = exponential_buckets(250, 1000, 2 * round + 1);
    const CostDifference found = cost_difference({.latency = a, .requests = 4000},
                                                 {.latency = b, .requests = 250}, 1e6, round);
    excluded += found.low_us > 0 || found.high_us < 0 ? 1 : 0;
  }
  EXPECT_LE(excluded, rounds * 0.10);
}

TEST(ArmCost, TheSameSeedGivesTheSameInterval) {
  const auto a = exponential_buckets(4000, 1000, 1);
  const auto b = exponential_buckets(250, 1500, 2);
  const ArmFacts from{.latency = a, .requests = 4000, .failures = 3};
  const ArmFacts to{.latency = b, .requests = 250, .failures = 1};
  const CostDifference first = cost_difference(from, to, 1e6, 9);
  const CostDifference second = cost_difference(from, to, 1e6, 9);
  EXPECT_EQ(first.low_us, second.low_us);
  EXPECT_EQ(first.high_us, second.high_us);
  EXPECT_LT(first.low_us, first.effect_us);
}

}  // namespace arm_cost_test
}  // namespace weir::balance
