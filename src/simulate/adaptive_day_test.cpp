// A day of windows for the adaptive controller, without a gateway: each arm's latencies are drawn
// straight into a histogram. The goal is no switch in 24 stationary hours.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "balance/adaptive.hpp"
#include "simulate/draw.hpp"

namespace weir::simulate {
namespace adaptive_day_test {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kArms = 3;

struct Load {
  base::Duration window;
  int challenger = 500;  ///< requests in a window
  int current = 2000;    ///< fewer than it carries: its noise is not what makes mistakes
};
constexpr Load kBusy = {.window = seconds(10)};                      // 1,000 requests a second
constexpr Load kQuiet = {.window = seconds(58), .challenger = 200};  // 70: as few as can be judged

class StationaryArms {
 public:
  StationaryArms(const WorkShape& work, std::array<double, kArms> mean_ms, const Load& load,
                 std::uint64_t seed)
      : work_(work), mean_ms_(mean_ms), load_(load), rng_(seed), controller_(kArms, seconds(2)) {
    for (double us = 500; us < 2e6; us *= 1.03) edges_.push_back(us);
    controller_.step({.now = now_, .arms = std::array<balance::ArmFacts, kArms>{}});
  }

  int switches_in(base::Duration time) {
    int out = 0;
    for (const base::Time end = now_ + time; now_ < end;) out += window() ? 1 : 0;
    return out;
  }
  std::size_t current() const { return controller_.current(); }

 private:
  bool window() {
    std::array<std::vector<balance::LatencyBucket>, kArms> latency;
    std::array<balance::ArmFacts, kArms> facts;
    for (std::size_t arm = 0; arm < kArms; ++arm) {
      const int requests = arm == controller_.current() ? load_.current : load_.challenger;
      latency[arm] = draw(requests, mean_ms_[arm]);
      facts[arm] = {.latency = latency[arm], .requests = static_cast<std::uint64_t>(requests)};
    }
    now_ += load_.window;
    return controller_.step({.now = now_, .arms = facts, .seed = rng_.next()}).changed();
  }
  std::vector<balance::LatencyBucket> draw(int requests, double mean_ms) {
    std::vector<balance::LatencyBucket> out;
    for (const double us : edges_) out.push_back({us, 0});
    for (int i = 0; i < requests; ++i) {
      const double us = draw_work(work_, rng_) * mean_ms * 1e3;
      const auto at = std::lower_bound(edges_.begin(), edges_.end() - 1, us);
      ++out[static_cast<std::size_t>(at - edges_.begin())].count;
    }
    return out;
  }

  WorkShape work_;
  std::array<double, kArms> mean_ms_;
  Load load_;
  base::Rng rng_;
  balance::AdaptiveController controller_;
  base::Time now_{seconds(1)};
  std::vector<double> edges_;
};

constexpr WorkShape kExponential = {.kind = WorkShape::Kind::exponential};
constexpr WorkShape kLognormal = {.kind = WorkShape::Kind::lognormal, .spread = 0.5};
constexpr WorkShape kPareto = {.kind = WorkShape::Kind::pareto, .spread = 1.5};

TEST(AdaptiveDay, EqualArmsOfAQuietServiceNeverSwitch) {
  StationaryArms arms(kExponential, {20, 20, 20}, kQuiet, 1);
  EXPECT_EQ(arms.switches_in(hours(24)), 0);
}

// As many windows as the quiet day has. All of a busy day, many times: the test below.
TEST(AdaptiveDay, EqualArmsOfABusyServiceDoNotSwitchInFourHours) {
  StationaryArms arms(kLognormal, {20, 20, 20}, kBusy, 1);
  EXPECT_EQ(arms.switches_in(hours(4)), 0);
}

TEST(AdaptiveDay, AnArmThatIsATwentiethBetterIsNotWorthASwitch) {
  StationaryArms arms(kExponential, {21, 20, 21}, kBusy, 2);
  EXPECT_EQ(arms.switches_in(hours(1)), 0);
}

// What surety costs: how much better an arm must be to be found, and how soon.
TEST(AdaptiveDay, AnArmThatIsAThirdBetterIsFoundWithinMinutes) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    StationaryArms arms(kExponential, {30, 20, 30}, kBusy, seed);
    EXPECT_EQ(arms.switches_in(minutes(3)), 1);
    EXPECT_EQ(arms.current(), 1u);
  }
}

// Six minutes on one core. Run by hand: --gtest_also_run_disabled_tests --gtest_filter='*Sixty*'.
TEST(AdaptiveDay, DISABLED_SixtyBusyDays) {
  for (const WorkShape& work : {kExponential, kLognormal, kPareto}) {
    int switches = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      StationaryArms arms(work, {20, 20, 20}, kBusy, seed);
      switches += arms.switches_in(hours(24));
    }
    EXPECT_EQ(switches, 0) << "shape " << static_cast<int>(work.kind);
  }
}

}  // namespace adaptive_day_test
}  // namespace weir::simulate
