// Four lanes on one breaker. Run under ThreadSanitizer; the invariants hold in every build.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "balance/breaker.hpp"
#include "base/rng.hpp"

namespace weir::balance {
namespace breaker_threads_test {

using namespace std::chrono_literals;
using Change = BreakerChange;

constexpr int kLanes = 4;

/// What the lanes saw. Each change is told to exactly one lane, so the sums must fit together.
struct Tally {
  std::array<std::atomic<std::uint64_t>, 8> changes{};

  void add(Change change) { ++changes[static_cast<std::size_t>(change)]; }
  std::uint64_t of(Change change) const { return changes[static_cast<std::size_t>(change)]; }
};

template <class Body>
void run_lanes(Body body) {
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < kLanes; ++lane) lanes.emplace_back(body, lane);
  for (std::thread& lane : lanes) lane.join();
}

TEST(BreakerThreads, EveryChangeIsToldOnceAndProbesKeepTheirBound) {
  Breaker breaker({.failures = 3,
                   .open = 2ms,
                   .longest = 8ms,
                   .probes = 3,
                   .probe_timeout = 5ms,
                   .forgive = 50ms},
                  1);
  Tally tally;
  std::atomic<std::int64_t> clock_us{1'000'000};
  std::atomic<std::uint32_t> overbooked{0};
  run_lanes([&](int lane) {
    base::Rng rng(static_cast<std::uint64_t>(lane) + 1);
    for (int i = 0; i < 100'000; ++i) {
      const base::Time now = base::Time{} + std::chrono::microseconds(clock_us += rng.below(20));
      Breaker::Permit permit = breaker.try_acquire(now);
      tally.add(permit.change());
      const BreakerSnapshot seen = breaker.snapshot();
      if (seen.probes_out + seen.probes_passed > 3) ++overbooked;
      const std::uint32_t dice = rng.below(100);
      if (dice < 60)
        tally.add(permit.success(now));
      else if (dice < 90)
        tally.add(permit.failure(now));
      if (i % 64 == 0) tally.add(breaker.poll(now));
    }
  });
  EXPECT_EQ(overbooked, 0u);
  EXPECT_GT(tally.of(Change::opened), 0u);
  EXPECT_GT(tally.of(Change::closed), 0u);
  EXPECT_GT(tally.of(Change::reopened), 0u);
  const std::uint64_t changes = tally.of(Change::opened) + tally.of(Change::half_opened) +
                                tally.of(Change::reopened) + tally.of(Change::closed);
  EXPECT_EQ(changes, breaker.snapshot().generation) << "one generation per change told";
  EXPECT_EQ(breaker.snapshot().probes_out, 0u) << "no permit is held any more";
}

TEST(BreakerThreads, FailuresOfAllLanesOpenItOnce) {
  for (int round = 0; round < 200; ++round) {
    Breaker breaker({.failures = 4}, 1);
    const base::Time now = base::Time{} + 1h;
    Tally tally;
    run_lanes([&](int) { tally.add(breaker.try_acquire(now).failure(now)); });
    ASSERT_EQ(tally.of(Change::opened), 1u);
    ASSERT_GE(breaker.snapshot().until, now + 30s);
  }
}

TEST(BreakerThreads, OperatorAndLanesTogether) {
  Breaker breaker({.failures = 2, .open = 1ms, .longest = 4ms, .rate_share = 0.5}, 1);
  std::atomic<std::int64_t> clock_us{0};
  run_lanes([&](int lane) {
    base::Rng rng(static_cast<std::uint64_t>(lane) + 10);
    for (int i = 0; i < 20'000; ++i) {
      const base::Time now = base::Time{} + std::chrono::microseconds(clock_us += 50);
      if (lane == 0) {
        switch (rng.below(4)) {
          case 0:
            breaker.force_open();
            break;
          case 1:
            breaker.force_close();
            break;
          case 2:
            breaker.resume_auto(now);
            break;
          default:
            breaker.reset(now);
        }
        continue;
      }
      Breaker::Permit permit = breaker.try_acquire(now);
      if (rng.below(2) == 0) permit.failure(now);
    }
  });
  breaker.reset(base::Time{} + 1h);
  EXPECT_EQ(breaker.snapshot().state, BreakerState::closed);
  EXPECT_EQ(breaker.snapshot().probes_out, 0u);
}

}  // namespace breaker_threads_test
}  // namespace weir::balance
