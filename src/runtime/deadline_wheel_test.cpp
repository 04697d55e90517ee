#include "runtime/deadline_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "base/rng.hpp"

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;
using base::Time;

struct Probe : WheelEntry {
  Probe() : WheelEntry([](WheelEntry& entry) { ++static_cast<Probe&>(entry).fired; }) {}
  int fired = 0;
};

TEST(DeadlineWheel, FiresAtItsInstantAndNotBefore) {
  DeadlineWheel wheel(Time(0s));
  Probe probe;
  wheel.arm(probe, Time(500ms));
  wheel.advance(Time(499ms));
  EXPECT_EQ(probe.fired, 0);
  wheel.advance(Time(500ms));
  EXPECT_EQ(probe.fired, 1);
  EXPECT_FALSE(probe.armed());
}

TEST(DeadlineWheel, FarDeadlinesSurviveManyTurns) {
  DeadlineWheel wheel(Time(0s));
  Probe probe;
  wheel.arm(probe, Time(1h));
  for (Time now(0s); now < Time(1h); now += 7s) wheel.advance(now);
  EXPECT_EQ(probe.fired, 0);
  wheel.advance(Time(1h));
  EXPECT_EQ(probe.fired, 1);
}

TEST(DeadlineWheel, MovedLaterStaysAndMovedEarlierFires) {
  DeadlineWheel wheel(Time(0s));
  Probe later;
  Probe earlier;
  wheel.arm(later, Time(10ms));
  wheel.arm(later, Time(50ms));
  wheel.arm(earlier, Time(50ms));
  wheel.arm(earlier, Time(10ms));
  wheel.advance(Time(20ms));
  EXPECT_EQ(later.fired, 0);
  EXPECT_EQ(earlier.fired, 1);
  wheel.advance(Time(50ms));
  EXPECT_EQ(later.fired, 1);
}

TEST(DeadlineWheel, DisarmedAndDestroyedEntriesNeverFire) {
  DeadlineWheel wheel(Time(0s));
  Probe disarmed;
  wheel.arm(disarmed, Time(10ms));
  disarmed.disarm();
  auto destroyed = std::make_unique<Probe>();
  wheel.arm(*destroyed, Time(10ms));
  destroyed.reset();
  wheel.advance(Time(1s));
  EXPECT_EQ(disarmed.fired, 0);
}

TEST(DeadlineWheel, AJumpOfManyTurnsFiresAll) {
  DeadlineWheel wheel(Time(0s));
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 1; i <= 100; ++i) {
    probes.push_back(std::make_unique<Probe>());
    wheel.arm(*probes.back(), Time(i * 1s));
  }
  wheel.advance(Time(200s));
  for (const auto& probe : probes) EXPECT_EQ(probe->fired, 1);
}

TEST(DeadlineWheel, NextWakeIsNeverLate) {
  DeadlineWheel wheel(Time(0s));
  EXPECT_EQ(wheel.next_wake(), base::kNever);
  Probe probe;
  wheel.arm(probe, Time(123ms));
  EXPECT_EQ(wheel.next_wake(), Time(123ms));
}

// A model of plain (deadline → probe) pairs agrees over random arming, moving and advancing.
TEST(DeadlineWheel, AgreesWithAModel) {
  const std::uint64_t seed = 20261121;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  base::Rng rng(seed);
  Time now(5s);
  DeadlineWheel wheel(now);
  std::vector<std::unique_ptr<Probe>> probes;
  std::vector<std::int64_t> due(64, -1);
  for (int i = 0; i < 64; ++i) probes.push_back(std::make_unique<Probe>());
  for (int step = 0; step < 20'000; ++step) {
    const auto k = rng.below(64);
    const auto choice = rng.below(10);
    if (choice < 6) {
      const auto ms = 1 + rng.below(choice == 0 ? 40'000 : 300);
      due[k] = (now.time_since_epoch() / 1ms) + ms;
      wheel.arm(*probes[k], Time(std::chrono::milliseconds(due[k])));
    } else if (choice < 7) {
      probes[k]->disarm();
      due[k] = -1;
    } else {
      ASSERT_TRUE(wheel.next_wake() > now);
      now += std::chrono::milliseconds(rng.below(choice == 9 ? 2000 : 20));
      wheel.advance(now);
      for (std::size_t i = 0; i < 64; ++i) {
        const bool expected = due[i] >= 0 && Time(std::chrono::milliseconds(due[i])) <= now;
        ASSERT_EQ(probes[i]->fired, expected ? 1 : 0) << "step " << step;
        probes[i]->fired = 0;
        if (expected) due[i] = -1;
      }
    }
  }
}

}  // namespace
}  // namespace weir::runtime
