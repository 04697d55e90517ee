#include "observe/series.hpp"

#include <gtest/gtest.h>

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

Sample at_second(int second, std::uint32_t requests, std::uint32_t errors = 0) {
  return {.at = base::Time(std::chrono::seconds(second)), .requests = requests, .errors = errors};
}

TEST(Series, EmptyAnswersZero) {
  const Series series;
  const Window window = series.last(base::Time(10s), 10s);
  EXPECT_EQ(window.rps(), 0);
  EXPECT_EQ(window.error_ratio(), 0);
}

TEST(Series, WindowHoldsExactlyItsSamples) {
  Series series;
  for (int second = 1; second <= 100; ++second) series.push(at_second(second, 1u << (second % 8)));
  const base::Time now(100s);
  EXPECT_EQ(series.last(now, 1s).requests, 1u << (100 % 8));
  EXPECT_EQ(series.last(now, 1s).seconds, 1);
  EXPECT_EQ(series.last(now, 10s).seconds, 10);
  EXPECT_EQ(series.last(now, 60s).seconds, 60);
  EXPECT_EQ(series.last(now + 5s, 10s).seconds, 5);  // late question, no new samples
}

TEST(Series, YoungSeriesIsNotDiluted) {
  Series series;
  series.push(at_second(1, 30, 3));
  series.push(at_second(2, 30, 3));
  const Window window = series.last(base::Time(2s), 60s);
  EXPECT_DOUBLE_EQ(window.rps(), 30);
  EXPECT_DOUBLE_EQ(window.error_ratio(), 0.1);
}

TEST(Series, LateTickCountsItsWholeInterval) {
  Series series;
  series.push({.at = base::Time(4s), .seconds = 4, .requests = 400});
  EXPECT_DOUBLE_EQ(series.last(base::Time(4s), 10s).rps(), 100);
}

TEST(Series, KeepsTenMinutes) {
  Series series;
  for (int second = 1; second <= 1000; ++second) series.push(at_second(second, 1));
  EXPECT_EQ(series.size(), 600u);
  EXPECT_EQ(series[0].at, base::Time(401s));
  EXPECT_EQ(series.last(base::Time(1000s), 1h).requests, 600u);
}

}  // namespace
}  // namespace weir::observe
