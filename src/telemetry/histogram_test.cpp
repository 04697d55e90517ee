#include "telemetry/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/rng.hpp"

namespace weir::telemetry {
namespace {

using base::Duration;
using namespace std::chrono_literals;

// Replay a failure with: WEIR_SEED=<seed> telemetry_test --gtest_filter='Histogram*'
std::uint64_t test_seed() {
  const char* text = std::getenv("WEIR_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20251121;
}

// Uniform over the logarithm from 1 us to 1 h, so that every octave is met.
Duration random_duration(base::Rng& rng) {
  return Duration(static_cast<std::int64_t>(1e3 * std::pow(3.6e9, rng.unit())));
}

HistogramSnapshot random_snapshot(base::Rng& rng, int values) {
  Histogram histogram;
  for (int i = 0; i < values; ++i) histogram.record(random_duration(rng));
  return histogram.snapshot();
}

TEST(LogLinear, HasTheDocumentedNumberOfCounters) {
  EXPECT_EQ(LogLinear<7>::kBuckets, 1728u);
  EXPECT_EQ(LogLinear<11>::kBuckets, 23552u);
}

TEST(LogLinear, ClampsBelowAndAbove) {
  EXPECT_EQ(LogLinear<7>::index(Duration(-5)), 0u);
  EXPECT_EQ(LogLinear<7>::index(Duration::min()), 0u);
  EXPECT_EQ(LogLinear<7>::index(Duration(0)), 0u);
  EXPECT_EQ(LogLinear<7>::index(Duration::max()), 1727u);
  EXPECT_EQ(LogLinear<11>::index(Duration::max()), 23551u);
  EXPECT_LT(LogLinear<7>::index(1h), 1727u);
}

template <unsigned kBits>
void expect_seamless() {
  using Layout = LogLinear<kBits>;
  EXPECT_EQ(Layout::lower(0).count(), 0);
  for (std::size_t i = 0; i < Layout::kBuckets; ++i) {
    ASSERT_EQ(Layout::index(Layout::lower(i)), i);
    ASSERT_EQ(Layout::index(Layout::middle(i)), i);
    ASSERT_EQ(Layout::index(Layout::upper(i) - Duration(1)), i);
    ASSERT_LT(Layout::lower(i), Layout::upper(i));
  }
}

TEST(LogLinear, CountersTouchAndNeverOverlap) {
  expect_seamless<7>();
  expect_seamless<11>();
}

template <unsigned kBits>
void expect_error_bound(double relative) {
  base::Rng rng(test_seed());
  for (int i = 0; i < 200'000; ++i) {
    const Duration value = random_duration(rng);
    const std::size_t index = LogLinear<kBits>::index(value);
    const Duration got = LogLinear<kBits>::middle(index);
    const double error = std::abs(static_cast<double>((got - value).count()));
    const double allowed = std::max(512.0, relative * static_cast<double>(value.count()));
    ASSERT_LE(error, allowed) << value.count() << " ns, seed " << test_seed();
  }
}

TEST(Histogram, ErrorIsWithinTheBound) {
  expect_error_bound<7>(0.008);
  expect_error_bound<11>(0.0005);
}

TEST(Histogram, PercentilesAreWithinTheBoundOfTheSortedValues) {
  base::Rng rng(test_seed());
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    std::vector<Duration> values(1 + rng.below(3000));
    for (Duration& value : values) {
      value = random_duration(rng);
      histogram.record(value);
    }
    std::sort(values.begin(), values.end());
    const HistogramSnapshot snapshot = histogram.snapshot();
    ASSERT_EQ(snapshot.count(), values.size());
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
      const Duration exact = values[std::max<std::size_t>(rank, 1) - 1];
      const double error = std::abs(static_cast<double>((snapshot.percentile(q) - exact).count()));
      ASSERT_LE(error, std::max(512.0, 0.016 * static_cast<double>(exact.count())))
          << "q " << q << ", seed " << test_seed();
    }
  }
}

TEST(Histogram, SumAndMeanAreExact) {
  Histogram histogram;
  histogram.record(1ms);
  histogram.record(2ms);
  histogram.record(6ms + 3ns);
  histogram.record(-1ms);  // counts as 0
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.sum(), 9ms + 3ns);
  EXPECT_EQ(snapshot.mean(), (9ms + 3ns) / 4);
  EXPECT_GE(snapshot.max(), 6ms);
  EXPECT_LE(snapshot.max(), 6200us);
}

TEST(Histogram, EmptyAnswersZeroAndTakesNoStorage) {
  const Histogram histogram;
  const HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_TRUE(snapshot.buckets().empty());
  EXPECT_EQ(snapshot.count(), 0u);
  EXPECT_EQ(snapshot.mean(), 0ns);
  EXPECT_EQ(snapshot.percentile(0.99), 0ns);
  EXPECT_EQ(snapshot.max(), 0ns);
}

TEST(Histogram, MergeIsCommutativeAndAssociative) {
  base::Rng rng(test_seed());
  for (int round = 0; round < 50; ++round) {
    const HistogramSnapshot a = random_snapshot(rng, static_cast<int>(rng.below(200)));
    const HistogramSnapshot b = random_snapshot(rng, static_cast<int>(rng.below(200)));
    const HistogramSnapshot c = random_snapshot(rng, static_cast<int>(rng.below(200)));
    HistogramSnapshot ab = a;
    ab.add(b);
    HistogramSnapshot ba = b;
    ba.add(a);
    ASSERT_EQ(ab, ba) << test_seed();
    ab.add(c);
    HistogramSnapshot bc = b;
    bc.add(c);
    HistogramSnapshot a_bc = a;
    a_bc.add(bc);
    ASSERT_EQ(ab, a_bc) << test_seed();
  }
}

TEST(Histogram, WindowIsTheDifferenceOfTwoSnapshots) {
  base::Rng rng(test_seed());
  Histogram histogram;
  Histogram later;
  for (int i = 0; i < 500; ++i) histogram.record(random_duration(rng));
  const HistogramSnapshot before = histogram.snapshot();
  for (int i = 0; i < 300; ++i) {
    const Duration value = random_duration(rng);
    histogram.record(value);
    later.record(value);
  }
  HistogramSnapshot window = histogram.snapshot();
  window.subtract(before);
  EXPECT_EQ(window, later.snapshot()) << test_seed();
}

TEST(Histogram, NoticesThatCountersWereMadeAnew) {
  HistogramSnapshot before;
  before.add_at(3, 5);
  before.add_at(4, 1);
  HistogramSnapshot after = before;
  after.add_at(4, 7);
  EXPECT_FALSE(after.is_behind(before));
  EXPECT_FALSE(before.is_behind(HistogramSnapshot()));
  EXPECT_TRUE(before.is_behind(after));
  EXPECT_TRUE(HistogramSnapshot().is_behind(before));
}

TEST(Histogram, WindowSurvivesTheWrapOfACounter) {
  HistogramSnapshot before;
  before.add_at(7, 0xffff'fffe);
  HistogramSnapshot after = before;
  after.add_at(7, 5);  // wraps to 3
  after.subtract(before);
  EXPECT_EQ(after.count(), 5u);
}

TEST(Histogram, ReadersRunBesideTheWriter) {
  Histogram histogram;
  constexpr int kValues = 50'000;
  std::thread writer([&] {
    for (int i = 0; i < kValues; ++i) histogram.record(Duration(i * 1000));
  });
  std::uint64_t last = 0;
  while (last < kValues) {
    const std::uint64_t now = histogram.snapshot().count();
    ASSERT_GE(now, last);
    last = now;
  }
  writer.join();
  EXPECT_EQ(last, static_cast<std::uint64_t>(kValues));
}

}  // namespace
}  // namespace weir::telemetry
