#include "scaling/pick_leavers.hpp"

#include <gtest/gtest.h>

namespace weir::scaling {
namespace pick_leavers_test {

using namespace std::chrono_literals;
using Ids = std::vector<std::uint32_t>;

constexpr base::Time kStart{100s};

TEST(PickLeavers, TheNewestGoFirst) {
  const std::vector<Candidate> three = {{1, kStart}, {2, kStart + 9s}, {3, kStart + 5s}};
  EXPECT_EQ(pick_leavers(three, 1), Ids({2}));
  EXPECT_EQ(pick_leavers(three, 2), Ids({2, 3}));
  EXPECT_EQ(pick_leavers(three, 0), Ids());
  EXPECT_EQ(pick_leavers(three, 9), Ids({2, 3, 1}));
  EXPECT_EQ(pick_leavers({}, 1), Ids());
}

TEST(PickLeavers, OfTwoThatJoinedTogetherTheHigherId) {
  const std::vector<Candidate> same = {{7, kStart}, {9, kStart}, {8, kStart}};
  EXPECT_EQ(pick_leavers(same, 2), Ids({9, 8}));
}

TEST(PickLeavers, WhatLeavesAlreadyIsNotPickedAgain) {
  const std::vector<Candidate> some = {{1, kStart}, {2, kStart + 9s, true}, {3, kStart + 5s}};
  EXPECT_EQ(pick_leavers(some, 1), Ids({3}));
  EXPECT_EQ(pick_leavers(some, 9), Ids({3, 1}));
}

}  // namespace pick_leavers_test
}  // namespace weir::scaling
