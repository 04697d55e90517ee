#include "balance/rate_limit.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/hash.hpp"

namespace weir::balance {
namespace rate_limit_test {

using namespace std::chrono_literals;

const base::Time kNow = base::Time{} + 1h;

int passed_of(RateLimit& limit, std::uint64_t key, base::Time now, int requests) {
  int passed = 0;
  for (int i = 0; i < requests; ++i) passed += limit.check(key, now).is_allowed;
  return passed;
}

TEST(RateLimit, SixOfTenPassAtOnceAndTheNextIn100Ms) {
  RateLimit limit({.per_second = 10, .burst = 5, .keys = 100});
  EXPECT_EQ(passed_of(limit, 42, kNow, 10), 6);
  EXPECT_EQ(limit.check(42, kNow).retry_after, 100ms);
  EXPECT_EQ(passed_of(limit, 42, kNow + 100ms, 10), 1);
}

TEST(RateLimit, KeysAreApart) {
  RateLimit limit({.per_second = 10, .burst = 0, .keys = 1000});
  for (std::uint64_t key = 0; key < 100; ++key) {
    EXPECT_EQ(passed_of(limit, base::mix64(key + 7), kNow, 3), 1) << key;
  }
  EXPECT_EQ(limit.forgotten(), 0u);
}

TEST(RateLimit, KeyZeroIsAKey) {
  RateLimit limit({.per_second = 10, .burst = 0, .keys = 8});
  EXPECT_EQ(passed_of(limit, 0, kNow, 3), 1);
}

TEST(RateLimit, ExpiredKeysGiveWayWithoutLoss) {
  RateLimit limit({.per_second = 10, .burst = 0, .keys = 8});
  for (std::uint64_t key = 1; key <= 100; ++key) {
    EXPECT_TRUE(limit.check(key, kNow + 100ms * static_cast<int>(key)).is_allowed);
  }
  EXPECT_EQ(limit.forgotten(), 0u);
}

TEST(RateLimit, AFullTableForgetsTheLeastIndebtedAndCountsIt) {
  RateLimit limit({.per_second = 1, .burst = 10, .keys = 8});
  ASSERT_EQ(limit.capacity(), 8u);
  passed_of(limit, 1, kNow, 11);  // the heavy one
  for (std::uint64_t key = 2; key <= 50; ++key) EXPECT_TRUE(limit.check(key, kNow).is_allowed);
  EXPECT_EQ(limit.forgotten(), 42u);
  EXPECT_FALSE(limit.check(1, kNow).is_allowed) << "a flood of keys does not free the heavy one";
}

TEST(RateLimit, CapacityIsRoundedUpAndBounded) {
  EXPECT_EQ(RateLimit({.keys = 0}).capacity(), 8u);
  EXPECT_EQ(RateLimit({.keys = 9}).capacity(), 16u);
  EXPECT_EQ(RateLimit({.keys = 100'000}).capacity(), 131'072u);
}

TEST(RateLimit, LanesShareOneAllowance) {
  RateLimit limit({.per_second = 10, .burst = 999, .keys = 64});
  std::atomic<int> passed{0};
  std::vector<std::thread> lanes;
  ASSERT_TRUE(limit.check(7, kNow).is_allowed);  // the key has its cell
  for (int lane = 0; lane < 4; ++lane) {
    lanes.emplace_back([&] { passed += passed_of(limit, 7, kNow, 1000); });
  }
  for (std::thread& lane : lanes) lane.join();
  EXPECT_EQ(passed, 999);
}

}  // namespace rate_limit_test
}  // namespace weir::balance
