#include "balance/gcra.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace gcra_test {

using namespace std::chrono_literals;

const base::Time kNow = base::Time{} + 1h;

TEST(Gcra, TenPerSecondWithBurstFiveLetsSixPassAndTheNextIn100Ms) {
  const GcraRule rule = GcraRule::of(10, 5);
  base::Time tat{};
  int passed = 0;
  base::Duration retry_after{};
  for (int i = 0; i < 10; ++i) {
    const GcraAnswer answer = gcra(tat, kNow, rule);
    passed += answer.is_allowed;
    tat = answer.tat;
    retry_after = answer.retry_after;
  }
  EXPECT_EQ(passed, 6);
  EXPECT_EQ(retry_after, 100ms);
  EXPECT_FALSE(gcra(tat, kNow + 100ms - 1ns, rule).is_allowed);
  EXPECT_TRUE(gcra(tat, kNow + 100ms, rule).is_allowed);
}

TEST(Gcra, WithoutBurstRequestsKeepTheirDistance) {
  const GcraRule rule = GcraRule::of(100, 0);
  const GcraAnswer first = gcra({}, kNow, rule);
  EXPECT_TRUE(first.is_allowed);
  EXPECT_FALSE(gcra(first.tat, kNow, rule).is_allowed);
  EXPECT_TRUE(gcra(first.tat, kNow + 10ms, rule).is_allowed);
}

TEST(Gcra, LongRunRateIsTheRate) {
  const GcraRule rule = GcraRule::of(50, 10);
  base::Time tat{};
  int passed = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    const GcraAnswer answer = gcra(tat, kNow + 1ms * ms, rule);
    passed += answer.is_allowed;
    tat = answer.tat;
  }
  EXPECT_GE(passed, 500);
  EXPECT_LE(passed, 511);
}

TEST(Gcra, RulesAreClamped) {
  EXPECT_EQ(GcraRule::of(0, 5).interval, 24h);
  EXPECT_EQ(GcraRule::of(-1, 0).interval, 24h);
  EXPECT_EQ(GcraRule::of(1e12, 0).interval, 1ns);
  EXPECT_EQ(GcraRule::of(0.001, 4'000'000'000).tolerance, 24h * 365);
}

TEST(Gcra, RetryAfterIsWholeSecondsUpwards) {
  EXPECT_EQ(retry_after_seconds(0ms), 1);
  EXPECT_EQ(retry_after_seconds(-5s), 1);
  EXPECT_EQ(retry_after_seconds(100ms), 1);
  EXPECT_EQ(retry_after_seconds(1s), 1);
  EXPECT_EQ(retry_after_seconds(1001ms), 2);
}

}  // namespace gcra_test
}  // namespace weir::balance
