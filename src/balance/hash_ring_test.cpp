#include "balance/hash_ring.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace hash_ring_test {

std::vector<std::uint32_t> owners(const TrialSet& set, int keys) {
  const HashRing ring(set.identities(), set.weights());
  std::vector<std::uint32_t> out;
  for (int key = 0; key < keys; ++key) {
    out.push_back(set.id(ring.owner(ring.find(static_cast<std::uint64_t>(key)))));
  }
  return out;
}

TEST(HashRing, HasPointsByWeight) {
  const TrialSet set({1, 2, 0.5f, 0.0001f});
  const HashRing ring(set.identities(), set.weights());
  std::map<std::size_t, int> points;
  for (std::size_t place = 0; place < ring.size(); ++place) ++points[ring.owner(place)];
  EXPECT_EQ(points[0], 160);
  EXPECT_EQ(points[1], 320);
  EXPECT_EQ(points[2], 80);
  EXPECT_EQ(points[3], 1);
  EXPECT_EQ(ring.endpoints(), 4u);
}

TEST(HashRing, FindsTheFirstPointClockwise) {
  for (const std::size_t n : {1u, 2u, 7u, 300u}) {
    for (const float weight : {0.001f, 1.0f}) {  // one point each, and 160
      const TrialSet set(n, weight);
      const HashRing ring(set.identities(), set.weights());
      for (std::size_t i = 1; i < ring.size(); ++i) {
        ASSERT_LE(ring.position(i - 1), ring.position(i));
        ASSERT_EQ(ring.next(i - 1), i);
      }
      EXPECT_EQ(ring.next(ring.size() - 1), 0u);
      for (std::uint64_t key = 0; key < 5'000; ++key) {
        const std::size_t place = ring.find(key);
        const std::uint32_t from = HashRing::position_of(key);
        const bool wraps = from > ring.position(ring.size() - 1);
        ASSERT_TRUE(wraps ? place == 0 : ring.position(place) >= from);
        ASSERT_TRUE(place == 0 || ring.position(place - 1) < from);
      }
    }
  }
}

TEST(HashRing, RemovalMovesNoSurvivorsKeyAndAFairPart) {
  for (const std::size_t n : {10u, 50u, 1000u}) {
    TrialSet set(n);
    const auto before = owners(set, 50'000);
    set.remove(3);
    const auto after = owners(set, 50'000);
    int moved = 0;
    for (std::size_t key = 0; key < before.size(); ++key) {
      if (before[key] == 3) {
        ++moved;
        ASSERT_NE(after[key], 3u);
      } else {
        ASSERT_EQ(after[key], before[key]) << n;
      }
    }
    EXPECT_LE(moved / 50'000.0, 1 / static_cast<double>(n) + 0.02) << n;
    EXPECT_GT(moved, 0);
  }
}

TEST(HashRing, LessWeightGivesKeysAwayAndTakesNone) {
  TrialSet set(10);
  const auto before = owners(set, 50'000);
  set.set(3, 0.3f);
  const auto after = owners(set, 50'000);
  for (std::size_t key = 0; key < before.size(); ++key) {
    if (before[key] != after[key]) {
      ASSERT_EQ(before[key], 3u);
    }
  }
}

TEST(HashRing, SharesAreRoughlyFair) {
  TrialSet set(10);
  std::map<std::uint32_t, int> shares;
  for (const std::uint32_t id : owners(set, 200'000)) ++shares[id];
  for (const auto& [id, keys] : shares) EXPECT_NEAR(keys, 20'000, 6'000) << id;  // 3 x 8 %
}

TEST(HashRing, SizesOneTwoAndMany) {
  for (const std::size_t n : {1u, 2u}) {
    const TrialSet set(n);
    const HashRing ring(set.identities(), set.weights());
    std::map<std::size_t, int> seen;
    for (std::uint64_t key = 0; key < 1000; ++key) ++seen[ring.owner(ring.find(key))];
    EXPECT_EQ(seen.size(), n);
  }
  const TrialSet single(1, 0.001f);
  const HashRing point(single.identities(), single.weights());
  EXPECT_EQ(point.size(), 1u);
  EXPECT_EQ(point.owner(point.find(99)), 0u);
  const HashRing none({}, {});
  EXPECT_EQ(none.size(), 0u);
  const TrialSet heavy(100, 1e6f);
  const HashRing capped(heavy.identities(), heavy.weights());
  EXPECT_LE(capped.size(), (1u << 20) + 100);
}

}  // namespace hash_ring_test
}  // namespace weir::balance
