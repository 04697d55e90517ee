#include "balance/health_check.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace health_check_test {

using namespace std::chrono_literals;

struct CheckScheduleTest : testing::Test {
  base::Time now = base::Time{} + 1h;
  base::Rng rng{42};
  CheckSchedule schedule{CheckConfig{}, now, rng};

  bool start_due() {
    now = std::max(now, schedule.due());
    return schedule.start(now, rng);
  }
  void run_one() {
    start_due();
    schedule.finish(now += 5ms);
  }
};

TEST_F(CheckScheduleTest, FirstCheckIsAtOnceWithALittleSpread) {
  base::Duration widest = 0s;
  for (int i = 0; i < 1000; ++i) {
    const CheckSchedule one({}, now, rng);
    ASSERT_GE(one.due(), now);
    widest = std::max(widest, one.due() - now);
  }
  EXPECT_LT(widest, 100ms);
  EXPECT_GT(widest, 90ms);
}

TEST_F(CheckScheduleTest, RegularChecksComeEveryFiveSecondsWithinTenPercent) {
  base::Duration sum = 0s;
  run_one();
  for (int i = 0; i < 1000; ++i) {
    const base::Duration gap = schedule.due() - (now - 5ms);
    ASSERT_GE(gap, 4500ms);
    ASSERT_LE(gap, 5500ms);
    sum += gap;
    run_one();
  }
  EXPECT_NEAR(base::to_ms(sum / 1000), 5000, 50);
}

TEST_F(CheckScheduleTest, NothingIsDueWhileOneRuns) {
  EXPECT_EQ(schedule.deadline(), base::kNever);
  EXPECT_FALSE(start_due());
  EXPECT_EQ(schedule.due(), base::kNever);
  EXPECT_FALSE(schedule.is_due(now + 1h));
  EXPECT_EQ(schedule.deadline(), now + 1s);
}

TEST_F(CheckScheduleTest, APromptCheckIsAtOnceAndAtMostOneASecond) {
  run_one();
  schedule.prompt(now);
  EXPECT_TRUE(schedule.is_due(now));
  EXPECT_TRUE(start_due());
  schedule.finish(now + 1ms);
  schedule.prompt(now + 2ms);
  EXPECT_FALSE(schedule.is_due(now + 999ms));
  EXPECT_TRUE(schedule.is_due(now + 1s));
}

TEST_F(CheckScheduleTest, APromptDuringACheckFollowsIt) {
  start_due();
  schedule.prompt(now + 1ms);
  EXPECT_FALSE(schedule.is_due(now + 1ms));
  schedule.finish(now + 2ms);
  EXPECT_TRUE(schedule.is_due(now + 2ms));
  EXPECT_TRUE(schedule.start(now + 2ms, rng));
}

TEST_F(CheckScheduleTest, ManyPromptsAreOne) {
  run_one();
  for (int i = 0; i < 10; ++i) schedule.prompt(now);
  EXPECT_TRUE(start_due());
  schedule.finish(now);
  EXPECT_GE(schedule.due(), now + 4500ms);
}

TEST_F(CheckScheduleTest, ACheckLongerThanItsIntervalIsFollowedAtItsEnd) {
  CheckSchedule slow({.every = 1s, .timeout = 3s}, now, rng);
  slow.start(now, rng);
  slow.finish(now + 3s);
  EXPECT_EQ(slow.due(), now + 3s);
}

}  // namespace health_check_test
}  // namespace weir::balance
