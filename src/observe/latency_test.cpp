#include <gtest/gtest.h>

#include "observe/latency_buckets.hpp"
#include "observe/latency_window.hpp"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

telemetry::HistogramSnapshot times(std::initializer_list<base::Duration> values) {
  telemetry::Histogram histogram;
  for (const base::Duration value : values) histogram.record(value);
  return histogram.snapshot();
}

TEST(LatencyWindow, MergesInsteadOfAveraging) {
  LatencyWindow window;
  telemetry::Histogram fast;
  for (int i = 0; i < 98; ++i) fast.record(1ms);
  window.push(base::Time(1s), fast.snapshot());
  window.push(base::Time(2s), times({100ms, 100ms}));
  const auto merged = window.merged(base::Time(2s));
  EXPECT_EQ(merged.count(), 100u);
  EXPECT_EQ(merged.sum(), 298ms);
  EXPECT_LT(merged.percentile(0.95), 1100us);
  EXPECT_GT(merged.percentile(0.99), 98ms);
}

TEST(LatencyWindow, ForgetsAfterTenSecondsAlsoWithoutNewOnes) {
  LatencyWindow window;
  window.push(base::Time(1s), times({1ms}));
  EXPECT_EQ(window.merged(base::Time(10s)).count(), 1u);
  EXPECT_EQ(window.merged(base::Time(11s)).count(), 0u);
  for (int second = 2; second <= 30; ++second) {
    window.push(base::Time(std::chrono::seconds(second)), times({1ms, 1ms}));
  }
  EXPECT_EQ(window.merged(base::Time(30s)).count(), 20u);
}

TEST(LatencyTotals, FilesEachValueOnce) {
  LatencyTotals totals;
  totals.add(times({50us, 200us, 3ms, 60ms, 9s, 20s, 1h}));
  totals.add(times({50us}));
  EXPECT_EQ(totals.count(), 8u);
  EXPECT_EQ(totals.buckets[0], 2u);                      // <= 100 us
  EXPECT_EQ(totals.buckets[1], 1u);                      // <= 250 us
  EXPECT_EQ(totals.buckets[5], 1u);                      // <= 5 ms
  EXPECT_EQ(totals.buckets[9], 1u);                      // <= 75 ms
  EXPECT_EQ(totals.buckets[18], 1u);                     // <= 10 s
  EXPECT_EQ(totals.buckets[kLatencyBounds.size()], 2u);  // above
  EXPECT_NEAR(totals.sum_seconds, 3629.0634, 0.001);
}

TEST(LatencyTotals, BoundsAreInOrderAndSaidAsTheyAre) {
  for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
    const double seconds = std::chrono::duration<double>(kLatencyBounds[i].at_most).count();
    EXPECT_DOUBLE_EQ(std::stod(std::string(kLatencyBounds[i].text)), seconds);
    if (i > 0) {
      EXPECT_LT(kLatencyBounds[i - 1].at_most, kLatencyBounds[i].at_most);
    }
  }
}

}  // namespace
}  // namespace weir::observe
