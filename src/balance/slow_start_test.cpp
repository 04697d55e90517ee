#include "balance/slow_start.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace slow_start_test {

using namespace std::chrono_literals;

TEST(SlowStart, RisesOverItsWindow) {
  struct Row {
    base::Duration since;
    SlowStart config;
    double factor;
  };
  const Row rows[] = {
      {0s, {}, 0.10},
      {1s, {}, 0.10},
      {5s, {}, 0.25},
      {10s, {}, 0.5},
      {20s, {}, 1},
      {1h, {}, 1},
      {-5s, {}, 0.10},
      {5s, {.aggression = 2}, 0.5},
      {0s, {.window = 0s}, 1},
      {100ms, {.window = 500ms}, 1},  // one second already fills it
      {5s, {.aggression = 0}, 0.10},
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(slow_start_factor(row.since, row.config), row.factor, 1e-9)
        << base::to_ms(row.since);
  }
}

}  // namespace slow_start_test
}  // namespace weir::balance
