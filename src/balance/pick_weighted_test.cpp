#include "balance/pick_weighted.hpp"

#include <gtest/gtest.h>

#include <string>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_weighted_test {

/// 1 = a, 2 = b, …
std::string letters(Lane& lane, Policy& policy, const TrialSet& set, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>('a' + lane.pick(policy, set) - 1);
  return out;
}

TEST(PickWeighted, FiveOneOneIsSmooth) {
  const TrialSet set({5, 1, 1});
  Lane lane;
  Policy policy(Algorithm::weighted);
  EXPECT_EQ(letters(lane, policy, set, 14), "aabacaaaabacaa");
}

TEST(PickWeighted, LanesBeginApart) {
  const TrialSet set({5, 1, 1});
  Lane lane;
  Policy policy(Algorithm::weighted, {.lane = 2});
  EXPECT_EQ(letters(lane, policy, set, 7), "bacaaaa");
}

TEST(PickWeighted, AnyPeriodIsExact) {
  const std::vector<std::vector<float>> sets = {
      {1},
      {3, 2},
      {5, 1, 1},
      {7, 7, 7, 7},
      {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 100, 1, 1, 50}};
  for (const auto& weights : sets) {
    const TrialSet set(weights);
    Lane lane;
    Policy policy(Algorithm::weighted);
    int period = 0;
    for (const float weight : weights) period += static_cast<int>(weight);
    for (int start = 0; start < 3; ++start) {
      lane.pick(policy, set);  // a period may begin anywhere
      const auto shares = lane.shares(policy, set, period);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        EXPECT_EQ(shares.at(set.id(i)), static_cast<int>(weights[i])) << i;
      }
    }
  }
}

TEST(PickWeighted, AThousandAreExactToo) {
  std::vector<float> weights(1000);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 1 + static_cast<float>(i % 4);
  const TrialSet set(weights);
  Lane lane;
  Policy policy(Algorithm::weighted, {.lane = 3});
  const auto shares = lane.shares(policy, set, 2500);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(shares.at(set.id(i)), static_cast<int>(weights[i]));
  }
}

TEST(PickWeighted, FractionsGetTheirShare) {
  const TrialSet set({1, 0.1f, 1});
  Lane lane;
  Policy policy(Algorithm::weighted);
  const auto shares = lane.shares(policy, set, 21'000);
  EXPECT_NEAR(shares.at(2), 1000, 10);  // 0.1 is 102/1024
}

TEST(PickWeighted, AFailureCostsAFifthUntilPicksReturnIt) {
  const TrialSet set({10, 10});
  Lane lane;
  Policy policy(Algorithm::weighted);
  lane.shares(policy, set, 20);
  for (int i = 0; i < 5; ++i) policy.failed(2);  // ew 0; then 1, 2, … with each pick
  const auto right_after = lane.shares(policy, set, 10);
  EXPECT_GT(right_after.at(1), 6);
  lane.shares(policy, set, 20);
  const auto later = lane.shares(policy, set, 20);
  EXPECT_EQ(later.at(1), 10);
  EXPECT_EQ(later.at(2), 10);
}

TEST(PickWeighted, AllFailingStillPicksSomebody) {
  const TrialSet set({2, 3});
  Lane lane;
  Policy policy(Algorithm::weighted);
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t id = lane.pick(policy, set);
    ASSERT_NE(id, 0u);
    for (int k = 0; k < 10; ++k) policy.failed(1);
    for (int k = 0; k < 10; ++k) policy.failed(2);
  }
  policy.failed(99);
}

TEST(PickWeighted, RemovalAndNewcomerKeepShares) {
  TrialSet set({3, 2, 1});
  Lane lane;
  Policy policy(Algorithm::weighted);
  lane.shares(policy, set, 4);
  set.remove(2);
  auto shares = lane.shares(policy, set, 400);
  EXPECT_NEAR(shares[1], 300, 2);
  EXPECT_NEAR(shares[3], 100, 2);
  set.set(8, 4);
  shares = lane.shares(policy, set, 800);
  EXPECT_NEAR(shares[1], 300, 2);
  EXPECT_NEAR(shares[3], 100, 2);
  EXPECT_NEAR(shares[8], 400, 2);
  set.set(9, 4e9f);  // the unit shrinks, all keep their order
  shares = lane.shares(policy, set, 100);
  EXPECT_EQ(shares[9], 100);
  set.remove(9);
  shares = lane.shares(policy, set, 8000);
  EXPECT_NEAR(shares[1], 3000, 40);
}

TEST(PickWeighted, ATriedOneTakesNoPart) {
  const TrialSet set({5, 1, 1});
  Lane lane;
  Policy policy(Algorithm::weighted);
  lane.tried.add(1);
  EXPECT_EQ(letters(lane, policy, set, 4), "bcbc");
  lane.tried = Tried();
  const auto shares = lane.shares(policy, set, 7);
  EXPECT_EQ(shares.at(1), 5);
}

}  // namespace pick_weighted_test
}  // namespace weir::balance
