#include "balance/pick_least_connections.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_least_connections_test {

constexpr std::uint64_t kSeed = 31337;

double load_of(TrialSet& set, std::size_t index) {
  return (set.load(set.id(index)) + 1.0) / static_cast<double>(set.weights()[index]);
}

TEST(PickLeastConnections, NeverPicksANonMinimum) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  base::Rng rng(kSeed);
  for (const std::size_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 63u, 1000u}) {
    std::vector<float> weights(n);
    for (float& weight : weights) weight = static_cast<float>(1 + rng.below(5)) / 2;
    TrialSet set(weights);
    Lane lane;
    Policy policy(Algorithm::least_connections);
    for (int i = 0; i < 300; ++i) {
      for (int k = 0; k < 20; ++k) {
        set.load(set.id(rng.below(static_cast<std::uint32_t>(n)))) = rng.below(1000);
      }
      lane.tried = Tried();
      if (n > 3 && i % 3 == 0) {
        lane.tried.add(lane.pick(policy, set));
        lane.tried.add(set.id(rng.below(static_cast<std::uint32_t>(n))));
      }
      const std::size_t picked = policy.pick(lane.input(set));
      ASSERT_NE(picked, kNobody);
      ASSERT_FALSE(lane.tried.has(set.id(picked)));
      for (std::size_t other = 0; other < n; ++other) {
        if (lane.tried.has(set.id(other))) continue;
        ASSERT_LE(load_of(set, picked), load_of(set, other) * (1 + 1e-6)) << n << " " << i;
      }
    }
  }
}

TEST(PickLeastConnections, TiesGoToTheFewestPicksThenAtRandom) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  TrialSet set(10);
  set.load(3) = 1;
  Lane lane;
  Policy policy(Algorithm::least_connections);
  const auto shares = lane.shares(policy, set, 900);  // nine idle ones, within one second
  EXPECT_EQ(shares.size(), 9u);
  for (const auto& [id, count] : shares) EXPECT_EQ(count, 100) << id;

  std::vector<double> first(9, 0);
  for (int i = 0; i < 9000; ++i) {
    lane.now += std::chrono::seconds(2);
    const std::size_t index = policy.pick(lane.input(set));
    ++first[index > 2 ? index - 1 : index];
  }
  EXPECT_LT(chi_square(first, std::vector<double>(9, 1000)), chi_square_limit(8));
}

TEST(PickLeastConnections, BeatsRoundRobinWithAFewLongRequests) {
  SCOPED_TRACE("seed 99 (TrialWorld)");
  const auto run = [](Algorithm algorithm) {
    TrialSet set(8);
    TrialWorld world(
        set, Policy(algorithm), 300,
        [](std::uint32_t, base::Time, base::Rng& rng) {
          return Reply{std::chrono::milliseconds(rng.below(100) == 0 ? 500 : 5)};  // 1 % take 100x
        },
        true);
    world.run_until(at_ms(121'000));
    return percentile_ms(world.response_ms(), 0.95);
  };
  const double least = run(Algorithm::least_connections);
  const double rotation = run(Algorithm::round_robin);
  EXPECT_LT(least, rotation / 2) << rotation;
}

TEST(PickLeastConnections, FollowsTheSet) {
  TrialSet set(3);
  set.load(1) = 5;
  set.load(2) = 1;
  set.load(3) = 9;
  Lane lane;
  Policy policy(Algorithm::least_connections);
  EXPECT_EQ(lane.pick(policy, set), 2u);
  set.remove(2);
  EXPECT_EQ(lane.pick(policy, set), 1u);
  set.set(4, 0.5f);  // (0 + 1)/0.5
  EXPECT_EQ(lane.pick(policy, set), 4u);
  set.load(4) = 2;  // (2 + 1)/0.5 is as much as (5 + 1)/1: fewer recent picks would decide
  set.load(1) = 4;
  EXPECT_EQ(lane.pick(policy, set), 1u);
}

}  // namespace pick_least_connections_test
}  // namespace weir::balance
