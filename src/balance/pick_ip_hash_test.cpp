#include "balance/pick_ip_hash.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_ip_hash_test {

std::vector<std::uint32_t> owners(Lane& lane, Policy& policy, const TrialSet& set, int keys) {
  std::vector<std::uint32_t> out;
  for (int key = 0; key < keys; ++key) {
    out.push_back(lane.pick(policy, set, static_cast<std::uint64_t>(key)));
  }
  return out;
}

TEST(PickIpHash, AKeyStays) {
  const TrialSet set(5);
  Lane lane;
  Policy policy(Algorithm::ip_hash);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(lane.pick(policy, set, 42), lane.pick(policy, set, 42));
}

TEST(PickIpHash, EqualWeightsShareEvenly) {
  for (const std::size_t n : {2u, 3u, 10u, 1000u}) {
    const TrialSet set(n);
    Lane lane;
    Policy policy(Algorithm::ip_hash);
    const int keys = 200'000;
    std::vector<double> seen(n, 0);
    for (int key = 0; key < keys; ++key) {
      ++seen[policy.pick(lane.input(set, static_cast<std::uint64_t>(key)))];
    }
    EXPECT_LT(chi_square(seen, std::vector<double>(n, keys / static_cast<double>(n))),
              chi_square_limit(n - 1))
        << n;
  }
}

TEST(PickIpHash, WeightTwoGetsTwoOfNPlusOne) {
  for (const std::size_t n : {2u, 3u, 10u}) {
    TrialSet set(n);
    set.set(2, 2);
    Lane lane;
    Policy policy(Algorithm::ip_hash);
    const auto shares = lane.shares(policy, set, 300'000);
    const double expected = 2 / (static_cast<double>(n) + 1);
    EXPECT_NEAR(shares.at(2) / 300'000.0, expected, 0.01 * expected + 0.002) << n;
  }
}

TEST(PickIpHash, RemovingOneMovesOnlyItsOwnKeys) {
  for (const float weight : {1.0f, 2.5f}) {
    TrialSet set(20);
    set.set(7, weight);
    Lane lane;
    Policy policy(Algorithm::ip_hash);
    const auto before = owners(lane, policy, set, 20'000);
    set.remove(4);
    const auto after = owners(lane, policy, set, 20'000);
    for (std::size_t key = 0; key < before.size(); ++key) {
      if (before[key] != 4) {
        ASSERT_EQ(after[key], before[key]);
      } else {
        ASSERT_NE(after[key], 4u);
      }
    }
  }
}

TEST(PickIpHash, ARampMovesKeysToTheNewcomerAlone) {
  TrialSet set(10);
  Lane lane;
  Policy policy(Algorithm::ip_hash);
  auto before = owners(lane, policy, set, 20'000);
  for (const float weight : {0.1f, 0.5f, 0.9f, 1.0f}) {
    set.set(50, weight);
    const auto after = owners(lane, policy, set, 20'000);
    int moved = 0;
    for (std::size_t key = 0; key < before.size(); ++key) {
      if (after[key] == before[key]) continue;
      ASSERT_EQ(after[key], 50u) << weight;
      ++moved;
    }
    EXPECT_GT(moved, 0);
    before = after;
  }
}

TEST(PickIpHash, ARetryGoesToTheNextBestAndTheRestStay) {
  for (const float weight : {1.0f, 3.0f}) {
    TrialSet set(6);
    set.set(1, weight);
    Lane lane;
    Policy policy(Algorithm::ip_hash);
    for (std::uint64_t key = 0; key < 1000; ++key) {
      lane.tried = Tried();
      const std::uint32_t first = lane.pick(policy, set, key);
      lane.tried.add(first);
      const std::uint32_t second = lane.pick(policy, set, key);
      ASSERT_NE(second, first);
      lane.tried = Tried();
      TrialSet without(6);
      without.set(1, weight);
      without.remove(first);
      Lane other;
      Policy same(Algorithm::ip_hash);
      ASSERT_EQ(other.pick(same, without, key), second);
    }
  }
}

TEST(PickIpHash, PicksTheLargestScore) {
  TrialSet set(9);
  set.set(3, 4);
  Lane lane;
  Policy policy(Algorithm::ip_hash);
  std::vector<double> scores(9);
  for (std::uint64_t key = 0; key < 2000; ++key) {
    const std::size_t picked = policy.pick(lane.input(set, key));
    policy.explain(lane.input(set, key), scores);
    const auto largest = std::max_element(scores.begin(), scores.end()) - scores.begin();
    ASSERT_EQ(picked, static_cast<std::size_t>(largest)) << key;
  }
}

TEST(PickIpHash, IdentitiesDecideNotTheIds) {
  const TrialSet set(4);
  Lane lane;
  Policy policy(Algorithm::ip_hash);
  const std::vector<std::uint64_t> identities = {70, 71, 72, 73};
  lane.tables.identities = identities;
  const auto before = owners(lane, policy, set, 100);
  TrialSet restarted(5);  // the same four addresses under the ids 2..5
  restarted.remove(1);
  Policy after(Algorithm::ip_hash);
  Lane other;
  other.tables.identities = identities;
  const auto again = owners(other, after, restarted, 100);
  for (std::size_t key = 0; key < before.size(); ++key) EXPECT_EQ(again[key], before[key] + 1);
}

}  // namespace pick_ip_hash_test
}  // namespace weir::balance
