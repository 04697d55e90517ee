#include "balance/maglev_table.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace maglev_table_test {

std::vector<int> slots(const MaglevTable& table) {
  std::vector<int> out(table.endpoints(), 0);
  for (std::size_t place = 0; place < table.size(); ++place) ++out[table.owner(place)];
  return out;
}

MaglevTable table_of(const TrialSet& set) { return MaglevTable(set.identities(), set.weights()); }

TEST(MaglevTable, EqualWeightsDifferByOneSlotAtMost) {
  for (const std::size_t n : {1u, 2u, 3u, 10u, 1000u}) {
    const auto counts = slots(table_of(TrialSet(n)));
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1) << n;
  }
}

TEST(MaglevTable, WeightIsTurns) {
  const auto counts = slots(table_of(TrialSet({1, 2, 0.5f, 1.5f})));
  EXPECT_NEAR(counts[0], 65'537 * 1 / 5.0, 2);
  EXPECT_NEAR(counts[1], 65'537 * 2 / 5.0, 2);
  EXPECT_NEAR(counts[2], 65'537 * 0.5 / 5.0, 2);
  EXPECT_NEAR(counts[3], 65'537 * 1.5 / 5.0, 2);
}

TEST(MaglevTable, RemovalMovesAtMostTwoFairParts) {
  for (const std::size_t n : {10u, 20u, 50u, 100u}) {
    TrialSet set(n);
    const MaglevTable before = table_of(set);
    std::vector<std::uint32_t> owner;
    for (std::size_t i = 0; i < before.size(); ++i) owner.push_back(set.id(before.owner(i)));
    set.remove(4);
    const MaglevTable after = table_of(set);
    int moved = 0;
    for (std::size_t i = 0; i < after.size(); ++i) moved += owner[i] != set.id(after.owner(i));
    EXPECT_LE(moved / 65'537.0, 2 / static_cast<double>(n)) << n;
  }
}

TEST(MaglevTable, KeysSpreadOverTheSlots) {
  const MaglevTable table = table_of(TrialSet(10));
  std::vector<double> seen(10, 0);
  for (std::uint64_t key = 0; key < 200'000; ++key) ++seen[table.owner(table.find(key))];
  EXPECT_LT(chi_square(seen, std::vector<double>(10, 20'000)), chi_square_limit(9));
}

TEST(MaglevTable, WhatDoesNotFitStaysEmpty) {
  EXPECT_EQ(MaglevTable({}, {}).size(), 0u);
  const std::vector<std::uint64_t> identities(70'000, 1);
  const std::vector<float> weights(70'000, 1);
  EXPECT_EQ(MaglevTable(identities, weights).size(), 0u);
}

TEST(MaglevTable, TinyWeightsDoNotStallTheBuild) {
  const auto counts = slots(table_of(TrialSet({1e-9f, 1})));
  EXPECT_GT(counts[0], 0);
  EXPECT_GT(counts[1], 65'000);
}

}  // namespace maglev_table_test
}  // namespace weir::balance
