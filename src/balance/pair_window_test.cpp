#include "balance/pair_window.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::balance {
namespace pair_window_test {

using namespace std::chrono_literals;

base::Time at(base::Duration since_start) { return base::Time{} + 1000s + since_start; }

void expect_sums(const PairWindow& window, base::Duration now, std::uint64_t first,
                 std::uint64_t second) {
  EXPECT_EQ(window.sums(at(now)).first, first) << base::to_ms(now) << " ms";
  EXPECT_EQ(window.sums(at(now)).second, second) << base::to_ms(now) << " ms";
}

TEST(PairWindow, SumsTheRunningSecondAndNineBefore) {
  PairWindow window;
  window.add(at(0s), 3, 1);
  window.add(at(900ms), 1, 0);
  window.add(at(5s), 0, 2);
  expect_sums(window, 5s, 4, 3);
  expect_sums(window, 9999ms, 4, 3);
  expect_sums(window, 10s, 0, 2);
  expect_sums(window, 15s, 0, 0);
}

TEST(PairWindow, AnOldBucketIsTakenOver) {
  PairWindow window;
  window.add(at(0s), 7, 7);
  window.add(at(10s), 1, 0);
  expect_sums(window, 10s, 1, 0);
  window.add(at(0s), 7, 7);  // a lane far behind
  expect_sums(window, 10s, 1, 0);
}

TEST(PairWindow, WorksAfterMonthsOfUptime) {
  for (const base::Duration uptime : {0h, 24h * 100, 24h * 194, 24h * 195, 24h * 1000}) {
    PairWindow window;
    window.add(base::Time{} + uptime, 2, 1);
    EXPECT_EQ(window.sums(base::Time{} + uptime).first, 2u) << base::to_ms(uptime);
    window.add(base::Time{} + uptime + 10s, 5, 0);
    EXPECT_EQ(window.sums(base::Time{} + uptime + 10s).first, 5u) << base::to_ms(uptime);
  }
}

TEST(PairWindow, TakesBackOnlyFromTheSameSecond) {
  PairWindow window;
  window.add(at(0s), 0, 1);
  window.take_back_second(at(1s));
  expect_sums(window, 1s, 0, 1);
  window.take_back_second(at(500ms));
  window.take_back_second(at(500ms));
  expect_sums(window, 1s, 0, 0);
}

TEST(PairWindow, ACountStopsAtItsLimit) {
  PairWindow window;
  window.add(at(0s), PairWindow::kCountMax, 0);
  window.add(at(0s), 1, 0);
  expect_sums(window, 0s, PairWindow::kCountMax, 0);
}

TEST(PairWindow, LanesLoseNoCount) {
  PairWindow window;
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < 4; ++lane) {
    lanes.emplace_back([&window] {
      for (int i = 0; i < 10'000; ++i) window.add(at(1ms * (i / 5)), 1, i % 2);
    });
  }
  for (std::thread& lane : lanes) lane.join();
  expect_sums(window, 2s, 40'000, 20'000);
}

}  // namespace pair_window_test
}  // namespace weir::balance
