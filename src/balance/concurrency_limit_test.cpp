#include "balance/concurrency_limit.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace concurrency_limit_test {

using namespace std::chrono_literals;

struct ConcurrencyLimitTest : testing::Test {
  base::Rng rng{3};

  static LimitSample busy(base::Duration time) { return {.time = time, .in_flight = 1000}; }
  ConcurrencyLimit with(LimitMode mode) const { return ConcurrencyLimit(LimitConfig::of(mode)); }
  /// The limit after the samples, from 100.
  double after(LimitMode mode, std::initializer_list<LimitSample> samples) {
    ConcurrencyLimit limit = with(mode);
    for (const LimitSample& sample : samples) limit.update(sample, rng);
    return limit.exact();
  }
};

TEST_F(ConcurrencyLimitTest, Gradient2GrowsByTheQueueAndFallsWithTheGradient) {
  ConcurrencyLimit limit = with(LimitMode::gradient2);
  limit.update(busy(10ms), rng);  // short = long
  EXPECT_NEAR(limit.exact(), 100.8, 1e-9);
  LimitConfig config = LimitConfig::of(LimitMode::gradient2);
  config.initial = (100 - 0.8);  // so that the first sample arrives at 100
  ConcurrencyLimit slower(config);
  slower.update(busy(10ms), rng);
  ASSERT_NEAR(slower.exact(), 100, 0.01);
  slower.update(busy(30ms), rng);  // short = 3 long
  EXPECT_NEAR(slower.exact(), 90.8, 0.01);
}

TEST_F(ConcurrencyLimitTest, Gradient2DoesNotGrowWhileHalfIdle) {
  EXPECT_DOUBLE_EQ(after(LimitMode::gradient2, {{.time = 10ms, .in_flight = 49}}), 100);
  EXPECT_GT(after(LimitMode::gradient2, {{.time = 10ms, .in_flight = 50}}), 100);
  EXPECT_LT(after(LimitMode::gradient2, {busy(10ms), {.time = 90ms, .in_flight = 1}}), 100);
}

TEST_F(ConcurrencyLimitTest, Gradient2ForgetsAnOverloadSoon) {
  ConcurrencyLimit limit = with(LimitMode::gradient2);
  for (int i = 0; i < 3000; ++i) limit.update(busy(100ms), rng);
  for (int i = 0; i < 50; ++i) limit.update(busy(10ms), rng);
  const double before = limit.exact();
  for (int i = 0; i < 3; ++i) limit.update(busy(40ms), rng);
  EXPECT_LT(limit.exact(), before) << "40 ms is slow again, although 100 ms was usual before";
}

TEST_F(ConcurrencyLimitTest, Aimd) {
  struct Row {
    const char* what;
    LimitSample sample;
    double limit;
  };
  const Row rows[] = {
      {"dropped", {.time = 1ms, .is_dropped = true}, 90},
      {"dropped, nothing measured", {.is_dropped = true}, 90},
      {"slower than 5 s", {.time = 5001ms}, 90},
      {"just 5 s", {.time = 5s, .in_flight = 50}, 101},
      {"busy", {.time = 1ms, .in_flight = 50}, 101},
      {"idle", {.time = 1ms, .in_flight = 49}, 100},
      {"nothing measured", {}, 100},
  };
  for (const Row& row : rows) {
    EXPECT_DOUBLE_EQ(after(LimitMode::aimd, {row.sample}), row.limit) << row.what;
  }
}

TEST_F(ConcurrencyLimitTest, Vegas) {
  const auto microseconds = [](int us) { return busy(std::chrono::microseconds(us)); };
  struct Row {
    int us;
    double limit;
  };
  for (const Row& row : {Row{10'100, 112}, {10'500, 102}, {11'000, 100}, {12'000, 98}}) {
    EXPECT_DOUBLE_EQ(after(LimitMode::vegas, {busy(10ms), microseconds(row.us)}), row.limit)
        << row.us;
  }
  EXPECT_DOUBLE_EQ(after(LimitMode::vegas, {{.time = 1ms, .is_dropped = true}}), 98);
  EXPECT_DOUBLE_EQ(after(LimitMode::vegas, {busy(10ms), {.time = 10ms, .in_flight = 3}}), 100);
}

TEST_F(ConcurrencyLimitTest, VegasMeasuresTheBestTimeAnew) {
  ConcurrencyLimit limit = with(LimitMode::vegas);
  limit.update(busy(10ms), rng);
  for (int i = 0; i < 5000; ++i) limit.update({.time = 15ms, .in_flight = 1}, rng);
  EXPECT_GT(limit.exact(), 19);
  const double before = limit.exact();
  limit.update(busy(15ms), rng);
  EXPECT_GT(limit.exact(), before) << "15 ms is the new best: no queue any more";
}

TEST_F(ConcurrencyLimitTest, LimitsStayInTheirBounds) {
  for (const LimitMode mode : {LimitMode::gradient2, LimitMode::aimd, LimitMode::vegas}) {
    ConcurrencyLimit limit = with(mode);
    for (int i = 0; i < 5000; ++i) limit.update(busy(1ms), rng);
    EXPECT_EQ(limit.limit(), mode == LimitMode::aimd ? 200u : 1000u);
    const LimitSample bad{.time = 9s, .in_flight = 9, .is_dropped = true};
    for (int i = 0; i < 500; ++i) limit.update(bad, rng);
    EXPECT_GE(limit.limit(), 20u);
    EXPECT_TRUE(mode == LimitMode::gradient2 || limit.limit() == 20u) << "to the lower end";
  }
  ConcurrencyLimit odd({.mode = LimitMode::aimd, .min = -5, .max = -9, .initial = 1e12});
  odd.update({.is_dropped = true}, rng);
  EXPECT_EQ(odd.limit(), 1u);
}

TEST_F(ConcurrencyLimitTest, FixedStays) {
  EXPECT_DOUBLE_EQ(after(LimitMode::fixed, {busy(1ms), busy(9s), {.is_dropped = true}}), 100);
}

}  // namespace concurrency_limit_test
}  // namespace weir::balance
