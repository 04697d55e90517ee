#include "balance/distinct_pair.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace distinct_pair_test {

constexpr std::uint64_t kSeed = 20'260'101;

/// Chi-square of the n(n-1) ordered pairs against uniform.
double spread(std::size_t n, const Tried& tried, int draws) {
  const TrialSet set(n);
  const Untried untried(set.view(), tried);
  base::Rng rng(kSeed);
  std::map<std::pair<std::size_t, std::size_t>, int> seen;
  for (int i = 0; i < draws; ++i) {
    const Pair pair = distinct_pair(untried, rng);
    EXPECT_NE(pair.first, pair.second);
    EXPECT_TRUE(untried.has(pair.first) && untried.has(pair.second));
    ++seen[{pair.first, pair.second}];
  }
  const double pairs = static_cast<double>(untried.left() * (untried.left() - 1));
  const double expected = draws / pairs;
  double sum = (pairs - static_cast<double>(seen.size())) * expected;
  for (const auto& [pair, count] : seen) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST(DistinctPair, AllOrderedPairsAreUniform) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  for (const std::size_t n : {2u, 3u, 7u, 20u}) {
    EXPECT_LT(spread(n, Tried(), 200'000), chi_square_limit(n * (n - 1) - 1)) << n;
  }
}

TEST(DistinctPair, UniformOverThoseLeft) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Tried tried;
  tried.add(1);
  tried.add(5);
  EXPECT_LT(spread(7, tried, 200'000), chi_square_limit(5 * 4 - 1));
}

// The test's own test: with replacement it must fail, be a double draw kept or moved by one.
TEST(DistinctPair, DrawingWithReplacementWouldBeFound) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const int draws = 200'000;
  const std::uint32_t n = 7;
  base::Rng rng(kSeed);
  std::vector<double> seen(n * n, 0);
  std::vector<double> expected;
  for (int i = 0; i < draws; ++i) {
    const std::uint32_t a = rng.below(n);
    std::uint32_t b = rng.below(n);
    if (a == b) b = (b + 1) % n;
    ++seen[a * n + b];
  }
  std::vector<double> pairs;
  for (std::uint32_t i = 0; i < n * n; ++i) {
    if (i / n != i % n) pairs.push_back(seen[i]);
  }
  expected.assign(pairs.size(), draws / static_cast<double>(pairs.size()));
  EXPECT_GT(chi_square(pairs, expected), chi_square_limit(pairs.size() - 1));
}

}  // namespace distinct_pair_test
}  // namespace weir::balance
