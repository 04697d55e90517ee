#include "balance/pick_response_time.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_response_time_test {

constexpr int kPicks = 200'000;

std::vector<double> shares(const TrialSet& set, const std::vector<double>& scores,
                           const Tried& tried = {}) {
  Lane lane;
  lane.tables.scores = scores;
  lane.tried = tried;
  Policy policy(Algorithm::response_time);
  std::vector<double> out(set.size(), 0);
  for (int i = 0; i < kPicks; ++i) out[policy.pick(lane.input(set))] += 1.0 / kPicks;
  return out;
}

TEST(PickResponseTime, TheTwoOfTheDesign) {
  const auto out = shares(TrialSet(2), {99.96, 72.04});
  EXPECT_NEAR(out[0], 0.658, 0.005);
  EXPECT_NEAR(out[1], 0.342, 0.005);
}

TEST(PickResponseTime, EverybodyKeepsOnePercent) {
  const auto out = shares(TrialSet(4), {100, 100, 0, 5});
  EXPECT_NEAR(out[0], 0.49, 0.005);
  EXPECT_NEAR(out[1], 0.49, 0.005);
  EXPECT_NEAR(out[2], 0.01, 0.001);
  EXPECT_NEAR(out[3], 0.01, 0.001);
  for (const double share : shares(TrialSet(3), {0, 0, 0})) EXPECT_NEAR(share, 1 / 3.0, 0.005);
}

TEST(PickResponseTime, AThousandEndpointsStillFollowTheScores) {
  const TrialSet set(1000);
  std::vector<double> scores(1000, 50);
  for (std::size_t i = 0; i < 500; ++i) scores[i] = 100;
  scores[999] = 0;
  Lane lane;
  lane.tables.scores = scores;
  Policy policy(Algorithm::response_time);
  policy.pick(lane.input(set));
  std::vector<double> share(1000);
  policy.explain(lane.input(set), share);
  EXPECT_NEAR(share[0] / share[998], 4, 1e-6);
  EXPECT_NEAR(share[999], 0.25 / 1000, 1e-9);
  double sum = 0;
  for (const double each : share) sum += each;
  EXPECT_NEAR(sum, 1, 1e-9);
}

TEST(PickResponseTime, DrawsMatchTheShares) {
  const std::uint64_t seed = 1;
  const TrialSet set({1, 2, 0.5f, 1, 1, 1, 1});
  const std::vector<double> scores = {90, 40, 80, 100, 3, 77, 20};
  Lane lane;
  lane.rng = base::Rng(seed);
  lane.tables.scores = scores;
  Policy policy(Algorithm::response_time);
  std::vector<double> seen(7, 0);
  for (int i = 0; i < kPicks; ++i) ++seen[policy.pick(lane.input(set))];
  std::vector<double> expected(7);
  policy.explain(lane.input(set), expected);
  for (double& each : expected) each *= kPicks;
  EXPECT_LT(chi_square(seen, expected), chi_square_limit(6)) << "seed " << seed;
}

TEST(PickResponseTime, NewScoresCountWhenTheVersionChanges) {
  const TrialSet set(2);
  std::vector<double> scores = {100, 100};
  Lane lane;
  lane.tables.scores = scores;
  Policy policy(Algorithm::response_time);
  EXPECT_NEAR(lane.shares(policy, set, 10'000).at(1), 5000, 300);
  scores = {100, 0};
  lane.tables.scores_version = 2;
  EXPECT_NEAR(lane.shares(policy, set, 10'000).at(1), 9900, 60);
}

TEST(PickResponseTime, WithoutScoresTheWeightsCount) {
  const auto out = shares(TrialSet({1, 3}), {});
  EXPECT_NEAR(out[1], 0.75, 0.005);
}

TEST(PickResponseTime, ARetryDrawsAmongThoseLeft) {
  Tried tried;
  tried.add(1);
  const auto out = shares(TrialSet(3), {100, 99.96, 72.04}, tried);
  EXPECT_EQ(out[0], 0);
  EXPECT_NEAR(out[1], 0.658, 0.005);
}

TEST(PickResponseTime, PairFollowsTheLoadBetweenScores) {
  TrialSet set(2);
  const std::vector<double> scores = {100, 60};
  Lane lane;
  lane.tables.scores = scores;
  Policy policy(Algorithm::response_time, {.select = ResponseTimeSelect::pair});
  EXPECT_EQ(lane.pick(policy, set), 1u);
  set.load(1) = 1;  // 50 against 60
  EXPECT_EQ(lane.pick(policy, set), 2u);
  set.load(2) = 1;
  EXPECT_EQ(lane.pick(policy, set), 1u);
  lane.tried.add(1);
  EXPECT_EQ(lane.pick(policy, set), 2u);
}

}  // namespace pick_response_time_test
}  // namespace weir::balance
