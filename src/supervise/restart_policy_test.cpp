#include "supervise/restart_policy.hpp"

#include <gtest/gtest.h>

namespace weir::supervise {
namespace {

using namespace std::chrono_literals;

TEST(RestartPolicy, PauseDoublesUpToTenSeconds) {
  RestartPolicy policy;
  base::Time now(1h);
  const base::Duration pauses[] = {200ms, 400ms, 800ms, 1600ms};
  for (const auto expected : pauses) {
    const auto decision = policy.died(now, now + 1s);
    EXPECT_EQ(decision.pause, expected);
    EXPECT_FALSE(decision.failing);
    now += 2s;
  }
}

TEST(RestartPolicy, FiveDeathsInAMinuteAreFailing) {
  RestartPolicy policy;
  base::Time now(1h);
  for (int i = 0; i < 4; ++i, now += 10s) EXPECT_FALSE(policy.died(now, now + 1s).failing);
  const auto fifth = policy.died(now, now + 1s);
  EXPECT_TRUE(fifth.failing);
  EXPECT_EQ(fifth.pause, RestartPolicy::kLongest);
}

TEST(RestartPolicy, ALongLifeStartsOver) {
  RestartPolicy policy;
  base::Time now(1h);
  for (int i = 0; i < 4; ++i) policy.died(now, now + 1s);
  const auto decision = policy.died(now, now + 10min);
  EXPECT_EQ(decision.pause, 200ms);
  EXPECT_FALSE(decision.failing);
}

}  // namespace
}  // namespace weir::supervise
