#include "simulate/arms.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/hash.hpp"
#include "simulate/arrivals.hpp"

namespace weir::simulate {
namespace arms_test {

using balance::Algorithm;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<float> kWeights = {1, 1, 0};

/// Ten seconds of a thousand requests each, which take so long under each arm.
void ten_seconds(Arms& arms, const std::vector<base::Duration>& took, base::Time& now) {
  for (int second = 0; second < 10; ++second) {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const std::uint64_t hash =
          base::mix64(static_cast<std::uint64_t>(now.time_since_epoch().count()) + i);
      const std::size_t arm = arms.arm_of(hash);
      arms.picked(arm, i % 2);
      arms.done(arm, took[arm] + std::chrono::microseconds(hash % 1000));
    }
    now += seconds(1);
    arms.second(kWeights, false, now);
  }
}

TEST(Arms, AFixedOneServesAll) {
  Arms arms({Algorithm::round_robin}, false, 3, seconds(2), 1);
  for (std::uint64_t hash = 0; hash < 1000; ++hash) EXPECT_EQ(arms.arm_of(base::mix64(hash)), 0u);
  EXPECT_TRUE(arms.take_switches().empty());
}

TEST(Arms, ABetterOneIsTaken) {
  Arms arms({Algorithm::round_robin, Algorithm::random_two}, true, 3, seconds(2), 1);
  base::Time now{seconds(1)};
  arms.second(kWeights, false, now);
  for (int i = 0; i < 3; ++i) ten_seconds(arms, {milliseconds(100), milliseconds(20)}, now);
  const auto switches = arms.take_switches();
  ASSERT_EQ(switches.size(), 1u);
  EXPECT_EQ(switches[0].to, Algorithm::random_two);
  EXPECT_EQ(switches[0].at, seconds(21));
  EXPECT_NE(switches[0].why.find("round_robin -> random_two: 2"), std::string::npos);
}

TEST(Arms, FailuresCount) {
  Arms arms({Algorithm::round_robin, Algorithm::random_two}, true, 3, seconds(2), 1);
  base::Time now{seconds(1)};
  arms.second(kWeights, false, now);
  for (int i = 0; i < 3; ++i) {
    for (int failed = 0; failed < 500; ++failed) arms.failed(0);
    ten_seconds(arms, {milliseconds(20), milliseconds(20)}, now);
  }
  EXPECT_EQ(arms.take_switches().size(), 1u);
}

TEST(Arms, AScaleEventFreezes) {
  Arms arms({Algorithm::round_robin, Algorithm::random_two}, true, 3, seconds(2), 1);
  base::Time now{seconds(1)};
  for (int i = 0; i < 3; ++i) {
    arms.second(kWeights, true, now);
    ten_seconds(arms, {milliseconds(100), milliseconds(20)}, now);
  }
  EXPECT_TRUE(arms.take_switches().empty());
}

TEST(Arrivals, ComeAtTheirRateWhateverTheWorldDoes) {
  World world;
  world.endpoints.resize(1);
  Arrivals arrivals(world, 3);
  Request last;
  for (int i = 0; i < 100'000; ++i) last = arrivals.next(last.at);
  EXPECT_NEAR(base::to_ms(last.at.time_since_epoch()), 100'000, 1500);
  EXPECT_EQ(last.number, 99'999u);
  arrivals.set_rate_factor(2);
  const base::Time before = last.at;
  for (int i = 0; i < 100'000; ++i) last = arrivals.next(last.at);
  EXPECT_NEAR(base::to_ms(last.at - before), 50'000, 1000);
}

}  // namespace arms_test
}  // namespace weir::simulate
