#include "balance/backoff.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace backoff_test {

using namespace std::chrono_literals;

TEST(Backoff, BoundGrowsToTheCap) {
  struct Row {
    std::uint32_t number;
    BackoffConfig config;
    base::Duration bound;
  };
  const Row rows[] = {
      {0, {}, 0ms},
      {1, {}, 25ms},
      {2, {}, 75ms},
      {3, {}, 175ms},
      {4, {}, 250ms},
      {4'000'000'000, {}, 250ms},
      {1, {.base = 0ms}, 0ms},
      {1, {.base = -1ms}, 0ms},
      {1, {.base = 1s, .cap = 0ms}, 0ms},
      {9, {.base = 1h, .cap = 24h}, 24h},
  };
  for (const Row& row : rows) EXPECT_EQ(backoff_bound(row.number, row.config), row.bound);
}

TEST(Backoff, DrawsFromTheWholeRange) {
  base::Rng rng(11);
  base::Duration least = 1h;
  base::Duration most = 0s;
  base::Duration sum = 0s;
  for (int i = 0; i < 10'000; ++i) {
    const base::Duration pause = backoff(2, {}, rng);
    least = std::min(least, pause);
    most = std::max(most, pause);
    sum += pause;
  }
  EXPECT_GE(least, 0ms);
  EXPECT_LT(least, 1ms);
  EXPECT_LT(most, 75ms);
  EXPECT_GT(most, 74ms);
  EXPECT_NEAR(base::to_ms(sum / 10'000), 37.5, 1.0);
}

TEST(Backoff, TheSameSeedGivesTheSamePauses) {
  base::Rng a(5);
  base::Rng b(5);
  for (std::uint32_t i = 1; i < 20; ++i) EXPECT_EQ(backoff(i, {}, a), backoff(i, {}, b));
}

}  // namespace backoff_test
}  // namespace weir::balance
