#include "simulate/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace weir::simulate {
namespace draw_test {

TEST(Draw, LogarithmAndExponentialAreThoseOfTheLibrary) {
  for (double x = 1e-12; x < 1e12; x *= 1.37) {
    EXPECT_NEAR(natural_log(x), std::log(x), 1e-14 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  for (double x = -30; x < 30; x += 0.173) {
    EXPECT_NEAR(natural_exp(x) / std::exp(x), 1, 1e-13) << x;
  }
  EXPECT_EQ(natural_log(1), 0);
  EXPECT_EQ(natural_exp(0), 1);
}

TEST(Draw, EveryShapeHasMeanOne) {
  using Kind = WorkShape::Kind;
  for (const WorkShape shape : {WorkShape{Kind::constant, 0}, WorkShape{Kind::exponential, 0},
                                WorkShape{Kind::lognormal, 0.5}, WorkShape{Kind::pareto, 2.5}}) {
    base::Rng rng(7);
    double sum = 0;
    constexpr int kDraws = 200'000;
    for (int i = 0; i < kDraws; ++i) sum += draw_work(shape, rng);
    EXPECT_NEAR(sum / kDraws, 1, 0.02) << static_cast<int>(shape.kind);
  }
}

TEST(Draw, ParetoHasAHeavyTail) {
  base::Rng rng(7);
  int above = 0;
  for (int i = 0; i < 100'000; ++i) {
    above += draw_work({WorkShape::Kind::pareto, 1.5}, rng) > 33.3 ? 1 : 0;
  }
  EXPECT_NEAR(above, 100, 30);  // (1/3 / 33.3)^1.5 = 0.1 %
}

TEST(Draw, NormalHasItsQuantiles) {
  base::Rng rng(7);
  int below = 0;
  for (int i = 0; i < 100'000; ++i) below += normal(rng) < 1.96 ? 1 : 0;
  EXPECT_NEAR(below, 97'500, 200);
}

TEST(Draw, PopularityFallsWithTheNumber) {
  base::Rng rng(7);
  const Popularity popularity(100, 1);
  std::map<std::uint32_t, int> seen;
  for (int i = 0; i < 100'000; ++i) ++seen[popularity.draw(rng)];
  EXPECT_LT(seen.rbegin()->first, 100u);
  EXPECT_NEAR(seen[0] / static_cast<double>(seen[9]), 10, 1.5);
  const Popularity equal(100, 0);
  EXPECT_LT(equal.draw(rng), 100u);
}

}  // namespace draw_test
}  // namespace weir::simulate
