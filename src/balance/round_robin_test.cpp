#include "balance/round_robin.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace weir::balance {
namespace {

using Ids = std::vector<std::uint32_t>;

Ids picks(RoundRobin& policy, const Ids& ids, std::uint64_t generation, int count) {
  Ids out;
  for (int i = 0; i < count; ++i) out.push_back(ids[policy.pick(ids, generation)]);
  return out;
}

TEST(RoundRobin, NPicksTouchEachOnce) {
  RoundRobin policy;
  EXPECT_EQ(picks(policy, {3, 5, 9}, 1, 6), (Ids{3, 5, 9, 3, 5, 9}));
}

TEST(RoundRobin, LanesStartApart) {
  RoundRobin policy(1);
  EXPECT_EQ(picks(policy, {3, 5, 9}, 1, 3), (Ids{5, 9, 3}));
}

TEST(RoundRobin, RemovalSkipsAndDoublesNone) {
  RoundRobin policy;
  EXPECT_EQ(picks(policy, {1, 2, 3, 4}, 1, 2), (Ids{1, 2}));
  EXPECT_EQ(picks(policy, {1, 3, 4}, 2, 3), (Ids{3, 4, 1}));  // 2 gone
  EXPECT_EQ(picks(policy, {3, 4}, 3, 3), (Ids{3, 4, 3}));     // 1 gone just after its turn
}

TEST(RoundRobin, ANewcomerGetsItsTurn) {
  RoundRobin policy;
  EXPECT_EQ(picks(policy, {1, 2}, 1, 1), (Ids{1}));
  EXPECT_EQ(picks(policy, {1, 2, 7}, 2, 4), (Ids{2, 7, 1, 2}));
}

TEST(RoundRobin, SetOfOneAndShrinkToOne) {
  RoundRobin policy(5);
  EXPECT_EQ(picks(policy, {4}, 1, 2), (Ids{4, 4}));
  EXPECT_EQ(picks(policy, {4, 8}, 2, 1), (Ids{8}));
  EXPECT_EQ(picks(policy, {4}, 3, 2), (Ids{4, 4}));
}

}  // namespace
}  // namespace weir::balance
