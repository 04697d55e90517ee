#include "balance/pick_round_robin.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_round_robin_test {

using Ids = std::vector<std::uint32_t>;

Ids picks(Lane& lane, Policy& policy, const TrialSet& set, int count) {
  Ids out;
  for (int i = 0; i < count; ++i) out.push_back(lane.pick(policy, set));
  return out;
}

TEST(PickRoundRobin, NPicksTouchEachOnce) {
  for (const int n : {1, 2, 3, 1000}) {
    const TrialSet set(static_cast<std::size_t>(n));
    Lane lane;
    Policy policy(Algorithm::round_robin);
    for (int turn = 0; turn < 3; ++turn) {
      const auto shares = lane.shares(policy, set, n);
      EXPECT_EQ(shares.size(), static_cast<std::size_t>(n));
    }
  }
}

TEST(PickRoundRobin, LanesBeginApart) {
  const TrialSet set(3);
  Lane lane;
  Policy second(Algorithm::round_robin, {.lane = 1});
  EXPECT_EQ(picks(lane, second, set, 3), (Ids{2, 3, 1}));
  Policy fifth(Algorithm::round_robin, {.lane = 4});
  EXPECT_EQ(picks(lane, fifth, set, 1), (Ids{2}));
}

TEST(PickRoundRobin, RemovalSkipsAndDoublesNone) {
  TrialSet set(4);
  Lane lane;
  Policy policy(Algorithm::round_robin);
  EXPECT_EQ(picks(lane, policy, set, 2), (Ids{1, 2}));
  set.remove(2);
  EXPECT_EQ(picks(lane, policy, set, 3), (Ids{3, 4, 1}));
  set.remove(1);  // just after its turn
  EXPECT_EQ(picks(lane, policy, set, 3), (Ids{3, 4, 3}));
  set.remove(3);
  set.remove(4);
  EXPECT_EQ(picks(lane, policy, set, 1), (Ids{0}));
  set.set(2, 1);
  EXPECT_EQ(picks(lane, policy, set, 2), (Ids{2, 2}));
}

TEST(PickRoundRobin, ANewcomerGetsItsTurn) {
  TrialSet set(2);
  Lane lane;
  Policy policy(Algorithm::round_robin);
  EXPECT_EQ(picks(lane, policy, set, 1), (Ids{1}));
  set.set(7, 1);
  EXPECT_EQ(picks(lane, policy, set, 4), (Ids{2, 7, 1, 2}));
}

// Whatever happens to the set, between two picks of an endpoint that stayed every other one that
// stayed is picked once.
TEST(PickRoundRobin, AChangingSetKeepsTheOrder) {
  const std::uint64_t seed = 4711;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  base::Rng rng(seed);
  TrialSet set(10);  // 1..10 stay, 11..40 come and go
  Lane lane;
  Policy policy(Algorithm::round_robin);
  std::uint32_t expected = 1;
  for (int i = 0; i < 20'000; ++i) {
    if (rng.below(5) == 0) {
      const std::uint32_t id = 11 + rng.below(30);
      rng.below(2) == 0 ? set.set(id, 1) : set.remove(id);
    }
    const std::uint32_t id = lane.pick(policy, set);
    if (id > 10) continue;
    ASSERT_EQ(id, expected) << i;
    expected = expected % 10 + 1;
  }
}

TEST(PickRoundRobin, ARampingEndpointLetsTurnsPass) {
  TrialSet set(4);
  set.set(4, 0.25f);
  Lane lane;
  Policy policy(Algorithm::round_robin);
  const auto shares = lane.shares(policy, set, 130'000);
  EXPECT_NEAR(shares.at(4), 10'000, 500);  // 0.25 of 3.25
  EXPECT_NEAR(shares.at(1), 40'000, 500);
  set.set(4, 1);
  EXPECT_EQ(lane.shares(policy, set, 4).size(), 4u);  // exact again
}

TEST(PickRoundRobin, ARetryTakesTheNextNotTried) {
  const TrialSet set(3);
  Lane lane;
  Policy policy(Algorithm::round_robin);
  lane.tried.add(lane.pick(policy, set));
  EXPECT_EQ(lane.pick(policy, set), 2u);
  lane.tried.add(2);
  EXPECT_EQ(lane.pick(policy, set), 3u);
  EXPECT_EQ(lane.pick(policy, set), 3u);
  lane.tried.add(3);
  EXPECT_EQ(lane.pick(policy, set), 0u);
}

TEST(PickRoundRobin, WhenAllThatAreLeftRampOneOfThemIsTaken) {
  TrialSet set({1, 0.001f, 0.001f});
  Lane lane;
  Policy policy(Algorithm::round_robin);
  lane.tried.add(1);
  for (int i = 0; i < 100; ++i) EXPECT_NE(lane.pick(policy, set), 0u);
}

}  // namespace pick_round_robin_test
}  // namespace weir::balance
