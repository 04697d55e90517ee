#include "balance/pick_random_two.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_random_two_test {

TEST(PickRandomTwo, TheMostLoadedNeverWinsTheLeastAlwaysDoes) {
  TrialSet set(4);
  for (std::uint32_t id = 1; id <= 4; ++id) set.load(id) = id;
  Lane lane;
  Policy policy(Algorithm::random_two);
  const auto shares = lane.shares(policy, set, 60'000);
  EXPECT_FALSE(shares.contains(4));
  EXPECT_NEAR(shares.at(1), 30'000, 700);  // in half of the pairs
  EXPECT_NEAR(shares.at(2), 20'000, 700);
  EXPECT_NEAR(shares.at(3), 10'000, 700);
}

TEST(PickRandomTwo, TiesGoToTheFewestPicks) {
  const TrialSet set(2);
  Lane lane;
  Policy policy(Algorithm::random_two);
  const auto shares = lane.shares(policy, set, 1000);
  EXPECT_EQ(shares.at(1), 500);
}

TEST(PickRandomTwo, TiesWithoutPicksAreRandom) {
  const TrialSet set(5);
  Lane lane;
  Policy policy(Algorithm::random_two);
  std::vector<double> seen(5, 0);
  for (int i = 0; i < 50'000; ++i) {
    lane.now += std::chrono::seconds(2);
    ++seen[policy.pick(lane.input(set))];
  }
  EXPECT_LT(chi_square(seen, std::vector<double>(5, 10'000)), chi_square_limit(4)) << "seed 1";
}

TEST(PickRandomTwo, ARampingEndpointCountsAsLoaded) {
  TrialSet set(2);
  set.set(2, 0.25f);
  Lane lane;
  Policy policy(Algorithm::random_two);
  EXPECT_EQ(lane.shares(policy, set, 100).at(1), 100);
  set.load(1) = 4;  // 5 against 4
  EXPECT_EQ(lane.shares(policy, set, 100).at(2), 100);
}

TEST(PickRandomTwo, SmallSets) {
  TrialSet set(1);
  Lane lane;
  Policy policy(Algorithm::random_two);
  EXPECT_EQ(lane.pick(policy, set), 1u);
  set.set(2, 1);
  lane.tried.add(1);
  EXPECT_EQ(lane.pick(policy, set), 2u);
}

}  // namespace pick_random_two_test
}  // namespace weir::balance
