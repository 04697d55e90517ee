#include "balance/outlier.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace outlier_test {

using namespace std::chrono_literals;

const base::Time kStart = base::Time{} + 1h;

OutlierFacts with_5xx(std::uint64_t requests, std::uint64_t failed) {
  return {.requests = requests, .failed_upstream = failed};
}
OutlierFacts with_broken(std::uint64_t requests, std::uint64_t broken) {
  return {.requests = requests, .broken = broken};
}
OutlierFacts with_p95(base::Duration p95, std::uint64_t samples = 100) {
  return {.requests = samples, .latency_samples = samples, .p95 = p95};
}

std::vector<std::size_t> ejected(const std::vector<OutlierFacts>& facts, int intervals = 1) {
  std::vector<OutlierTrack> tracks(facts.size());
  std::vector<Ejection> last;
  for (int i = 0; i < intervals; ++i) {
    last = judge_outliers(facts, tracks, {}, kStart + 10s * i);
  }
  std::vector<std::size_t> indices;
  for (const Ejection& ejection : last) indices.push_back(ejection.index);
  return indices;
}

using Indices = std::vector<std::size_t>;

TEST(Outlier, SuccessRate) {
  const auto good = with_5xx(1000, 20);
  struct Row {
    const char* what;
    std::vector<OutlierFacts> facts;
    Indices out;
  };
  const Row rows[] = {
      {"71 % against 98 %", {good, good, good, good, with_5xx(1000, 290)}, {4}},
      {"one deviant with a gap of 4 points", {good, good, good, good, with_5xx(1000, 70)}, {}},
      {"four endpoints are too few", {good, good, good, with_5xx(1000, 290)}, {}},
      {"99 requests do not count", {good, good, good, good, with_5xx(99, 60)}, {}},
      {"two bad of five hide each other (z = 1.22)",
       {good, good, good, with_5xx(1000, 500), with_5xx(1000, 500)},
       {}},
      {"but not from the failure share",
       {good, good, good, with_5xx(1000, 850), with_5xx(1000, 990)},
       {4, 3}},
      {"broken attempts are a kind of their own",
       {with_broken(1000, 0), with_broken(1000, 0), with_broken(1000, 0), with_broken(1000, 0),
        with_broken(1000, 200)},
       {4}},
      {"5xx everywhere do not hide one that breaks",
       {with_5xx(1000, 300), with_5xx(1000, 300), with_5xx(1000, 300), with_5xx(1000, 300),
        with_broken(1000, 300)},
       {4}},
      {"no traffic", {{}, {}, {}, {}, {}}, {}},
      {"no endpoints", {}, {}},
  };
  for (const Row& row : rows) EXPECT_EQ(ejected(row.facts), row.out) << row.what;
}

TEST(Outlier, FailureShare) {
  const auto good = with_5xx(50, 0);
  struct Row {
    const char* what;
    std::vector<OutlierFacts> facts;
    Indices out;
  };
  const Row rows[] = {
      {"85 % of 100", {good, with_5xx(100, 85)}, {1}},
      {"84 % of 100", {good, with_5xx(100, 84)}, {}},
      {"49 requests", {good, with_5xx(49, 49)}, {}},
      {"both kinds together", {good, {.requests = 100, .broken = 50, .failed_upstream = 40}}, {1}},
      {"half of two is one: the worse", {with_5xx(100, 90), with_5xx(100, 99)}, {1}},
      {"half of three is one", {good, with_5xx(100, 90), with_5xx(100, 99)}, {2}},
      {"the only endpoint stays", {with_5xx(100, 100)}, {}},
  };
  for (const Row& row : rows) EXPECT_EQ(ejected(row.facts), row.out) << row.what;
}

TEST(Outlier, LatencyNeedsTwoIntervalsInARow) {
  const std::vector<OutlierFacts> slow = {with_p95(100ms), with_p95(120ms), with_p95(400ms)};
  EXPECT_EQ(ejected(slow, 1), Indices{});
  EXPECT_EQ(ejected(slow, 2), Indices{2});

  std::vector<OutlierTrack> tracks(3);
  judge_outliers(slow, tracks, {}, kStart);
  judge_outliers(std::vector{with_p95(100ms), with_p95(120ms), with_p95(130ms)}, tracks, {},
                 kStart + 10s);
  EXPECT_TRUE(judge_outliers(slow, tracks, {}, kStart + 20s).empty()) << "not in a row";
}

TEST(Outlier, LatencyComparesWithThePeersMedian) {
  struct Row {
    const char* what;
    std::vector<OutlierFacts> facts;
    Indices out;
  };
  const Row rows[] = {
      {"3 x the median of the others", {with_p95(100ms), with_p95(100ms), with_p95(301ms)}, {2}},
      {"exactly 3 x", {with_p95(100ms), with_p95(100ms), with_p95(300ms)}, {}},
      {"5 x, but less than 20 ms apart", {with_p95(2ms), with_p95(2ms), with_p95(10ms)}, {}},
      {"two endpoints", {with_p95(100ms), with_p95(900ms)}, {}},
      {"99 samples", {with_p95(100ms), with_p95(100ms), with_p95(900ms, 99)}, {}},
      {"even number of peers",
       {with_p95(100ms), with_p95(100ms), with_p95(200ms), with_p95(200ms), with_p95(460ms)},
       {4}},
      {"same value twice", {with_p95(10ms), with_p95(400ms), with_p95(400ms)}, {}},
  };
  for (const Row& row : rows) EXPECT_EQ(ejected(row.facts, 2), row.out) << row.what;
}

TEST(Outlier, FailuresGoBeforeSlownessAndTheSlowestFirst) {
  std::vector<OutlierTrack> tracks(8);
  const auto good = with_p95(10ms);
  const std::vector<OutlierFacts> facts = {
      good, good, good, good, good, with_p95(100ms), with_p95(300ms), with_5xx(100, 90)};
  judge_outliers(facts, tracks, {.max_ejected = 0}, kStart);
  const auto out = judge_outliers(facts, tracks, {.max_ejected = 0.25}, kStart + 10s);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].index, 7u);
  EXPECT_EQ(out[1].index, 6u);
}

TEST(Outlier, SillyConfigurationHasAnAnswer) {
  const OutlierConfig odd{.base = 0s, .max_ejected = 9, .failure_share = 0};
  std::vector<OutlierTrack> tracks(3);
  EXPECT_EQ(judge_outliers(std::vector(3, with_5xx(100, 0)), tracks, odd, kStart).size(), 3u);
  EXPECT_FALSE(tracks[0].is_ejected(kStart));
}

TEST(Outlier, TimeGrowsWithEjectionsAndTheCountFallsWhenHealthy) {
  const std::vector<OutlierFacts> bad = {with_5xx(100, 0), with_5xx(100, 95)};
  const std::vector<OutlierFacts> good = {with_5xx(100, 0), with_5xx(100, 0)};
  std::vector<OutlierTrack> tracks(2);
  base::Time now = kStart;
  for (const base::Duration expected :
       {30s, 60s, 90s, 120s, 150s, 180s, 210s, 240s, 270s, 300s, 300s, 300s}) {
    const auto out = judge_outliers(bad, tracks, {}, now);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].until - now, expected);
    EXPECT_TRUE(judge_outliers(bad, tracks, {}, now + 10s).empty()) << "it is out already";
    now = out[0].until;
  }
  EXPECT_EQ(tracks[1].ejections, 10u);
  for (int i = 0; i < 4; ++i) judge_outliers(good, tracks, {}, now += 10s);
  EXPECT_EQ(tracks[1].ejections, 6u);
  EXPECT_EQ(tracks[0].ejections, 0u);
}

TEST(Outlier, ThoseStillOutCountTowardsTheShare) {
  std::vector<OutlierTrack> tracks(4);
  const auto bad = with_5xx(100, 100);
  const auto good = with_5xx(100, 0);
  EXPECT_EQ(judge_outliers(std::vector{bad, good, good, good}, tracks, {}, kStart).size(), 1u);
  const auto next =
      judge_outliers(std::vector{OutlierFacts{}, bad, bad, bad}, tracks, {}, kStart + 10s);
  EXPECT_EQ(next.size(), 1u) << "two of four are out";
}

TEST(Outlier, EvidenceNamesValueAndPeers) {
  const auto good = with_5xx(1000, 20);
  std::vector<OutlierTrack> tracks(5);
  const auto out =
      judge_outliers(std::vector{good, good, good, good, with_5xx(1000, 290)}, tracks, {}, kStart);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].evidence.rule, OutlierRule::success_rate);
  EXPECT_NEAR(out[0].evidence.value, 0.71, 1e-9);
  EXPECT_NEAR(out[0].evidence.against, 0.926, 1e-9);
  EXPECT_EQ(out[0].until, kStart + 30s);
}

}  // namespace outlier_test
}  // namespace weir::balance
