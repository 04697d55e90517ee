#include "balance/untried.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace untried_test {

TEST(Untried, NothingTriedLeavesEveryone) {
  const TrialSet set(3);
  const Untried untried(set.view(), Tried());
  EXPECT_TRUE(untried.everyone());
  EXPECT_EQ(untried.left(), 3u);
  EXPECT_EQ(untried.nth(2), 2u);
}

TEST(Untried, CountsOverTheHoles) {
  const TrialSet set(5);  // ids 1..5
  Tried tried;
  tried.add(4);
  tried.add(1);
  tried.add(77);  // left the set since it was tried
  const Untried untried(set.view(), tried);
  EXPECT_FALSE(untried.everyone());
  ASSERT_EQ(untried.left(), 3u);
  EXPECT_EQ(untried.nth(0), 1u);
  EXPECT_EQ(untried.nth(1), 2u);
  EXPECT_EQ(untried.nth(2), 4u);
  EXPECT_FALSE(untried.has(0));
  EXPECT_TRUE(untried.has(1));
  EXPECT_FALSE(untried.has(3));
}

TEST(Untried, AllTriedLeavesNobody) {
  const TrialSet set(2);
  Tried tried;
  tried.add(1);
  tried.add(2);
  EXPECT_EQ(Untried(set.view(), tried).left(), 0u);
}

}  // namespace untried_test
}  // namespace weir::balance
