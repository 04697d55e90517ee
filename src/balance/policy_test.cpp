#include "balance/policy.hpp"

#include <gtest/gtest.h>

#include "balance/hash_ring.hpp"
#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace policy_test {

const std::vector<Algorithm> kAll = {
    Algorithm::round_robin, Algorithm::weighted,        Algorithm::least_connections,
    Algorithm::ip_hash,     Algorithm::consistent_hash, Algorithm::least_response_time,
    Algorithm::random_two,  Algorithm::response_time,   Algorithm::adaptive};

TEST(Policy, NobodyInAnEmptySet) {
  TrialSet set(1);
  set.remove(1);
  for (const Algorithm algorithm : kAll) {
    Lane lane;
    Policy policy(algorithm);
    EXPECT_EQ(policy.pick(lane.input(set)), kNobody) << name(algorithm);
    set.set(4, 1);  // and the set may fill later
    EXPECT_EQ(lane.pick(policy, set), 4u) << name(algorithm);
    set.remove(4);
    EXPECT_EQ(policy.pick(lane.input(set)), kNobody) << name(algorithm);
  }
}

// Sets and loads change at random, exchanges retry until nobody is left.
TEST(Policy, NeverATriedOneWhileAnotherIsLeft) {
  const std::uint64_t seed = 8;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const Algorithm algorithm : kAll) {
    base::Rng rng(seed);
    TrialSet set(std::vector<float>{1, 1, 1});
    Lane lane;
    Policy policy(algorithm);
    for (int round = 0; round < 400; ++round) {
      const std::uint32_t id = 1 + rng.below(9);
      const bool add = set.size() < 2 || rng.below(2) == 0;
      add ? set.set(id, static_cast<float>(1 + rng.below(4)) / 2) : set.remove(id);
      for (std::size_t i = 0; i < set.size(); ++i) set.load(set.id(i)) = rng.below(20);
      lane.now += std::chrono::milliseconds(rng.below(500));
      lane.tried = Tried();
      const std::size_t n = set.size();
      for (std::size_t attempt = 0; attempt < n; ++attempt) {
        const std::size_t index = policy.pick(lane.input(set, rng.next()));
        ASSERT_LT(index, n) << name(algorithm);
        ASSERT_FALSE(lane.tried.has(set.id(index))) << name(algorithm);
        lane.tried.add(set.id(index));
        if (rng.below(4) == 0) {
          policy.failed(set.id(index));
          lane.facts.sample_failure(index, std::chrono::milliseconds(1), {}, lane.now);
        } else {
          lane.facts.sample(index, std::chrono::milliseconds(1 + rng.below(90)), lane.now);
        }
      }
      ASSERT_EQ(policy.pick(lane.input(set)), kNobody) << name(algorithm);
    }
  }
}

TEST(Policy, OneTwoAndAThousand) {
  for (const Algorithm algorithm : kAll) {
    for (const std::size_t n : {1u, 2u, 1000u}) {
      const TrialSet set(n);
      Lane lane;
      Policy policy(algorithm);
      const auto shares = lane.shares(policy, set, 20'000);
      EXPECT_FALSE(shares.contains(0));
      EXPECT_EQ(shares.size(), n) << name(algorithm) << " " << n;
    }
  }
}

TEST(Policy, ASlowStarterGetsLessInEveryAlgorithm) {
  for (const Algorithm algorithm : kAll) {
    TrialSet set(4);
    set.set(4, 0.25f);
    const HashRing ring(set.identities(), set.weights());
    TrialWorld world(set, Policy(algorithm), 2000, [](std::uint32_t, base::Time, base::Rng&) {
      return Reply{std::chrono::milliseconds(10)};
    });
    world.lane().tables.ring = &ring;
    const auto shares = world.run_until(at_ms(21'000));
    double sum = 0;
    for (const auto& [id, picks] : shares) sum += picks;
    if (uses_key(algorithm)) continue;  // one key in this world; see their own tests
    EXPECT_LT(shares.at(4) / sum, 0.13) << name(algorithm);  // 0.25 of 3.25 is 0.077
  }
}

TEST(Policy, FactsCarryOverWhenTheAlgorithmChanges) {
  const TrialSet set(3);
  Lane lane;
  Policy policy(Algorithm::round_robin);
  lane.pick(policy, set);
  lane.facts.sample(0, std::chrono::milliseconds(100), lane.now);
  lane.facts.sample(1, std::chrono::milliseconds(100), lane.now);
  lane.facts.sample(2, std::chrono::milliseconds(5), lane.now);
  policy = Policy(Algorithm::least_response_time);
  const auto shares = lane.shares(policy, set, 3000);
  EXPECT_NEAR(shares.at(3), 2000, 150);  // it wins both pairs that hold it
}

TEST(Policy, TheSameInputsGiveTheSamePicks) {
  for (const Algorithm algorithm : kAll) {
    std::vector<std::size_t> first;
    for (int run = 0; run < 2; ++run) {
      TrialSet set(7);
      Lane lane;
      Policy policy(algorithm);
      std::vector<std::size_t> picks;
      for (std::uint64_t i = 0; i < 500; ++i) {
        picks.push_back(policy.pick(lane.input(set, i)));
        set.load(set.id(picks.back())) += i % 3 == 0 ? 1 : 0;
        lane.now += std::chrono::milliseconds(3);
        if (i == 250) set.remove(3);
      }
      if (run == 0) first = picks;
      EXPECT_EQ(picks, first) << name(algorithm);
    }
  }
}

TEST(Policy, ExplainingChangesNothing) {
  for (const Algorithm algorithm : kAll) {
    std::vector<std::size_t> picks[2];
    for (const bool explained : {false, true}) {
      TrialSet set({1, 2, 1, 0.5f});
      Lane lane;
      Policy policy(algorithm);
      for (std::uint64_t i = 0; i < 200; ++i) {
        std::vector<double> scores(set.size());
        if (explained) policy.explain(lane.input(set, i), scores);
        picks[explained].push_back(policy.pick(lane.input(set, i)));
        if (i == 100) set.remove(2);
      }
    }
    EXPECT_EQ(picks[0], picks[1]) << name(algorithm);
  }
}

// Where one number decides alone, the pick is the best of the numbers explained.
TEST(Policy, TheBestScoreIsPicked) {
  for (const Algorithm algorithm :
       {Algorithm::round_robin, Algorithm::weighted, Algorithm::least_connections,
        Algorithm::ip_hash, Algorithm::consistent_hash}) {
    const bool equal = algorithm == Algorithm::round_robin;
    TrialSet set(equal ? std::vector<float>(5, 1) : std::vector<float>{1, 2, 3, 1, 2});
    Lane lane;
    Policy policy(algorithm);
    std::vector<double> scores(5);
    for (std::uint64_t i = 0; i < 300; ++i) {
      policy.explain(lane.input(set, i), scores);
      const bool highest = policy.score_meaning(lane.input(set, i)).highest_wins;
      const std::size_t picked = policy.pick(lane.input(set, i));
      for (const double score : scores) {
        ASSERT_GE(highest ? scores[picked] - score : score - scores[picked], -1e-9);
      }
      ++set.load(set.id(picked));
    }
  }
}

TEST(Policy, EveryScoreHasAMeaning) {
  const TrialSet set(2);
  Lane lane;
  for (const Algorithm algorithm : kAll) {
    EXPECT_FALSE(Policy(algorithm).score_meaning(lane.input(set)).text.empty());
  }
}

}  // namespace policy_test
}  // namespace weir::balance
