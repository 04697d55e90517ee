#include "balance/health_score.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace weir::balance {
namespace health_score_test {

using std::chrono::milliseconds;
using Breaker = HealthFacts::Breaker;

std::vector<double> scores(const std::vector<HealthFacts>& facts, const LatencyScale& scale = {}) {
  std::vector<double> out(facts.size());
  health_scores(facts, scale, out);
  return out;
}

TEST(HealthScore, TheTwoOfTheDesign) {
  const auto out = scores({{1000, 0, milliseconds(20)}, {1000, 100, milliseconds(40)}});
  EXPECT_NEAR(out[0], 99.96, 0.005);
  EXPECT_NEAR(out[1], 72.04, 0.005);
}

TEST(HealthScore, PartsAddUp) {
  const struct {
    const char* what;
    HealthFacts facts;
    double expected;
  } rows[] = {
      {"perfect", {1000, 0, milliseconds(10)}, 100},
      {"half-open", {1000, 0, milliseconds(10), Breaker::half_open}, 90},
      {"open", {1000, 0, milliseconds(10), Breaker::open}, 80},
      {"twice the best", {1000, 0, milliseconds(20)}, 80},
  };
  for (const auto& row : rows) {
    const HealthFacts peer{1'000'000, 0, milliseconds(10)};
    EXPECT_NEAR(scores({row.facts, peer})[0], row.expected, 0.01) << row.what;
  }
}

TEST(HealthScore, HalfOfTheAttemptsFailingScoresNoErrorPart) {
  const HealthFacts peer{1'000'000, 0, milliseconds(10)};
  EXPECT_NEAR(scores({{1000, 510, milliseconds(10)}, peer})[0], 60, 0.1);
  EXPECT_NEAR(scores({{1000, 1000, milliseconds(10)}, peer})[0], 60, 0.1);
}

TEST(HealthScore, FewSamplesLeanOnTheService) {
  // One failure of one: (1 + 10 x 1/1001)/11, not 100 %.
  const auto out = scores({{1, 1, milliseconds(1)}, {1000, 0, milliseconds(10)}});
  const double error = (1 + 10 * (1 / 1001.0)) / 11;
  EXPECT_NEAR(out[0], 100 * (0.4 * (1 - error / 0.5) + 0.4 + 0.2), 0.01);
}

TEST(HealthScore, FewSamplesGetTheMedianLatencyOfThePeers) {
  const auto out = scores({{19, 0, milliseconds(1)},  // its 1 ms is not the best either
                           {100, 0, milliseconds(10)},
                           {100, 0, milliseconds(20)},
                           {100, 0, milliseconds(40)}});
  EXPECT_NEAR(out[0], 80, 0.01);  // L = 0.5
  EXPECT_NEAR(out[1], 100, 0.01);
}

TEST(HealthScore, NobodyKnownIsPerfect) {
  EXPECT_EQ(scores({{}, {}}), (std::vector<double>{100, 100}));
  EXPECT_TRUE(scores({}).empty());
}

TEST(HealthScore, AFixedScaleIsLinear) {
  const LatencyScale scale{milliseconds(100), milliseconds(2000)};
  const auto out = scores({{100, 0, milliseconds(50)},
                           {100, 0, milliseconds(1050)},
                           {100, 0, milliseconds(5000)},
                           {100, 0, milliseconds(0)}},
                          scale);
  EXPECT_NEAR(out[0], 100, 0.01);
  EXPECT_NEAR(out[1], 80, 0.01);
  EXPECT_NEAR(out[2], 60, 0.01);
  EXPECT_NEAR(out[3], 100, 0.01);
}

}  // namespace health_score_test
}  // namespace weir::balance
