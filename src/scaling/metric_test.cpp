#include "scaling/metric.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace weir::scaling {
namespace metric_test {

constexpr Sample kMissing{};
Sample at(double value) { return {value}; }
Sample warm(double value) { return {value, true}; }

struct Row {
  const char* what;
  std::vector<Sample> samples;
  std::uint32_t wanted;
  bool is_blind = false;
};

TEST(Metric, WantsTheCeilingOfCurrentTimesRatio) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<Row> rows = {
      {"the oracle", {at(60), at(60), at(60)}, 5},
      {"the average counts", {at(180), at(0), at(0)}, 5},
      {"exactly at target", {at(40), at(40)}, 2},
      {"10 % above", {at(44), at(44)}, 2},
      {"11 % above", {at(44.4), at(44.4)}, 3},
      {"10 % below", {at(36), at(36)}, 2},
      {"far below", {at(5), at(5), at(5), at(5)}, 1},
      {"nothing to do", {at(0), at(0)}, 0},
      {"exact products are not rounded up", {at(80), at(80), at(80)}, 6},
      {"nor those off by a last bit", std::vector<Sample>(10, at(40 * 1.1 * 1.2)), 14},
      {"missing counts as 0 when growing", {at(100), at(100), kMissing}, 5},
      {"and does not turn growth into shrinking", {at(60), at(60), kMissing, kMissing}, 4},
      {"missing counts as target when shrinking", {at(0), at(0), kMissing}, 1},
      {"and may leave nothing to take away", {at(30), kMissing}, 2},
      {"an endpoint in warm-up is as one missing", {at(100), at(100), warm(500)}, 5},
      {"and its idleness is no reason to shrink", {at(40), warm(0)}, 2},
      {"too few", {at(100), kMissing, kMissing}, 3, true},
      {"half is enough", {at(100), kMissing}, 3},
      {"none", {kMissing, kMissing}, 2, true},
      {"no endpoint at all", {}, 0, true},
      {"what is no number is missing", {at(nan), at(inf), at(-1), at(100)}, 4, true},
      {"absurd, but bounded", {at(1e300)}, 1'000'000},
  };
  for (const Row& row : rows) {
    const auto current = static_cast<std::uint32_t>(row.samples.size());
    const Advice advice = advise({Metric::in_flight, 40}, row.samples, current, 0.1);
    EXPECT_EQ(advice.wanted, row.wanted) << row.what << ": " << advice.arithmetic;
    EXPECT_EQ(advice.is_blind, row.is_blind) << row.what << ": " << advice.arithmetic;
  }
}

TEST(Metric, OneFigureForTheWholeService) {
  const std::vector<Sample> p95 = {at(300)};
  const Advice advice = advise({Metric::p95, 200}, p95, 4, 0.1);
  EXPECT_EQ(advice.wanted, 6u);
  EXPECT_EQ(advice.arithmetic, "p95 300 ms against 200 ms: 4 x 1.50 = 6.0, so 6");
}

TEST(Metric, SaysItsArithmetic) {
  const auto text = [](Target target, std::vector<Sample> samples) {
    return advise(target, samples, static_cast<std::uint32_t>(samples.size()), 0.1).arithmetic;
  };
  EXPECT_EQ(text({Metric::in_flight, 40}, {at(60), at(60), at(60)}),
            "in flight 60 against 40: 3 x 1.50 = 4.5, so 5");
  EXPECT_EQ(text({Metric::in_flight, 40}, {at(41)}),
            "in flight 41 against 40 is a ratio of 1.02, near enough to 1");
  EXPECT_EQ(text({Metric::cpu, 0.7}, {at(0.91), warm(0)}),
            "CPU 45 % against 70 % (1 without a figure count as 0 %) is a ratio of 0.65, "
            "but 1.30 where it is known");
  EXPECT_EQ(text({Metric::in_flight, 40}, {at(60), kMissing, kMissing}),
            "in flight is known of 1 of 3, which is too few");
}

}  // namespace metric_test
}  // namespace weir::scaling
