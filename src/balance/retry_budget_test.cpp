#include "balance/retry_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace weir::balance {
namespace retry_budget_test {

using namespace std::chrono_literals;

base::Time at(base::Duration since_start) { return base::Time{} + 1h + since_start; }

/// `rate` requests a second, all failing, each with up to two retries, for `length`.
double amplification(int rate, base::Duration length, int retries_wanted) {
  RetryBudget budget;
  std::int64_t requests = 0;
  std::int64_t attempts = 0;
  for (base::Duration t = 0s; t < length; t += base::Duration(1s) / rate) {
    budget.add_first_attempt(at(t));
    ++requests;
    ++attempts;
    for (int i = 0; i < retries_wanted; ++i) {
      if (!budget.ask(at(t), 10)) break;
      ++attempts;
    }
  }
  return static_cast<double>(attempts) / static_cast<double>(requests);
}

TEST(RetryBudget, AmplificationStaysBelowTwentyPercent) {
  EXPECT_LE(amplification(100, 60s, 2), 1.20);
  EXPECT_GT(amplification(100, 60s, 2), 1.15) << "and the budget is used";
  EXPECT_LE(amplification(1000, 60s, 2), 1.20);
  EXPECT_LE(amplification(15, 60s, 2), 1.20);
  EXPECT_LE(amplification(100, 60s, 1), 1.20);
}

TEST(RetryBudget, AQuietServiceMayRetryThirtyTimesInTenSeconds) {
  RetryBudget budget;
  int granted = 0;
  for (int i = 0; i < 50; ++i) granted += static_cast<bool>(budget.ask(at(0s), 0));
  EXPECT_EQ(granted, 30);
  EXPECT_EQ(budget.ask(at(9s), 0).grant(), RetryGrant::over_budget);
  EXPECT_TRUE(budget.ask(at(10s), 0)) << "the window has passed";
}

TEST(RetryBudget, TheLargerTermCountsNotTheSum) {
  RetryBudget budget;
  for (int i = 0; i < 200; ++i) budget.add_first_attempt(at(0s));
  EXPECT_EQ(budget.view(at(0s)).allowed, 40u);  // 20 % of 200, not 40 + 30
}

TEST(RetryBudget, OverTheCapARetryWaitsAndCostsNoBudget) {
  RetryBudget budget;
  std::vector<RetryBudget::Ticket> wire;
  for (int i = 0; i < 3; ++i) wire.push_back(budget.ask(at(0s), 10));
  EXPECT_EQ(budget.ask(at(0s), 10).grant(), RetryGrant::over_cap);
  EXPECT_EQ(budget.view(at(0s)).retries, 3u);
  EXPECT_TRUE(budget.ask(at(0s), 20)) << "20 % of 20 is a fourth";
  EXPECT_TRUE(budget.ask(at(0s), 0, true)) << "the first retry after an unsent failure";
  wire.pop_back();
  EXPECT_TRUE(budget.ask(at(0s), 10));
}

TEST(RetryBudget, AnExemptRetryStillNeedsBudget) {
  RetryBudget budget({.share = 0, .per_second_min = 0.1});
  EXPECT_TRUE(budget.ask(at(0s), 0, true));
  EXPECT_EQ(budget.ask(at(0s), 0, true).grant(), RetryGrant::over_budget);
  EXPECT_EQ(budget.view(at(0s)).on_wire, 0u);
}

TEST(RetryBudget, ATicketFreesItsPlaceOnce) {
  RetryBudget budget;
  RetryBudget::Ticket ticket = budget.ask(at(0s), 10);
  RetryBudget::Ticket moved = std::move(ticket);
  EXPECT_EQ(budget.view(at(0s)).on_wire, 1u);
  moved.end();
  moved.end();
  EXPECT_EQ(budget.view(at(0s)).on_wire, 0u);
  EXPECT_EQ(budget.view(at(0s)).amplification, 1.0)
      << "without requests there is nothing to compare";
  for (int i = 0; i < 10; ++i) budget.add_first_attempt(at(0s));
  EXPECT_DOUBLE_EQ(budget.view(at(0s)).amplification, 1.1);
}

TEST(RetryBudget, LanesTogetherStayInsideTheBudget) {
  RetryBudget budget;
  for (int i = 0; i < 1000; ++i) budget.add_first_attempt(at(0s));
  std::atomic<int> granted{0};
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < 4; ++lane) {
    lanes.emplace_back([&] {
      for (int i = 0; i < 500; ++i) granted += static_cast<bool>(budget.ask(at(1s), 1000));
    });
  }
  for (std::thread& lane : lanes) lane.join();
  EXPECT_LE(granted, 200);
  EXPECT_GE(granted, 190);
  EXPECT_EQ(budget.view(at(1s)).on_wire, 0u);
  EXPECT_EQ(budget.view(at(1s)).retries, static_cast<std::uint64_t>(granted));
}

}  // namespace retry_budget_test
}  // namespace weir::balance
