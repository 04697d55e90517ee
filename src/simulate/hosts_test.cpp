#include "simulate/hosts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace weir::simulate {
namespace hosts_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Four endpoints, the last of which joins later; 50 ms looks and whole seconds pass as in a run.
class HostsTest : public testing::Test {
 protected:
  HostsTest() {
    world_.endpoints.assign(4, {});
    world_.endpoints[3].joins_later = true;
    world_.resilience = {.checks = true, .outliers = true};
    fleet_.emplace(world_, events_, [](std::uint32_t, std::uint64_t) { return true; });
    hosts_.emplace(world_, HostsOptions{.wants_ring = true, .wants_scores = true}, events_, *fleet_,
                   now_);
  }
  void pass(base::Duration time) {
    for (const base::Time end = now_ + time; now_ < end;) {
      now_ += Hosts::kLook;
      while (!events_.empty() && events_.next_time() <= now_) {
        const base::Time at = events_.next_time();
        hosts_->check_over(events_.take().a, at);
      }
      if (now_.time_since_epoch() % seconds(1) == base::Duration{}) hosts_->second(now_);
      hosts_->look(now_);
    }
  }
  void attempts(std::size_t index, int count, base::Duration took, Ending ending) {
    for (int i = 0; i < count; ++i) {
      hosts_->begin_attempt(index);
      hosts_->end_attempt(index, took, ending, false, now_);
    }
  }
  bool is_in(std::size_t index) const {
    return std::ranges::count(hosts_->candidates().ids, index + 1) > 0;
  }
  float weight_of(std::size_t index) const {
    const auto& set = hosts_->candidates();
    const auto at = std::ranges::find(set.ids, index + 1);
    return set.weights[static_cast<std::size_t>(at - set.ids.begin())];
  }

  World world_;
  EventQueue events_;
  base::Time now_{seconds(1)};
  std::optional<Fleet> fleet_;
  std::optional<Hosts> hosts_;
};

TEST_F(HostsTest, MembersAreInFromTheBeginning) {
  EXPECT_EQ(hosts_->candidates().size(), 3u);
  pass(seconds(12));
  EXPECT_EQ(hosts_->candidates().size(), 3u);
  EXPECT_EQ(hosts_->candidates().generation, 1u) << "nothing has changed";
}

TEST_F(HostsTest, AJoinerWaitsForItsCheckAndIsLedIn) {
  fleet_->start({3, 1}, now_);
  hosts_->join({3, 1}, now_);
  EXPECT_FALSE(is_in(3));
  pass(milliseconds(300));
  ASSERT_TRUE(is_in(3));
  EXPECT_NEAR(weight_of(3), 0.1, 0.01);
  pass(seconds(10));
  EXPECT_NEAR(weight_of(3), 0.5, 0.06);
  pass(seconds(11));
  EXPECT_EQ(weight_of(3), 1);
  EXPECT_EQ(hosts_->tables().ring->endpoints(), 4u);
}

TEST_F(HostsTest, ARefusedConnectHasADeadOneOutAtOnce) {
  pass(seconds(2));
  fleet_->stop({0, 1}, Condition::dead);
  hosts_->begin_attempt(0);
  hosts_->end_attempt(0, milliseconds(1), Ending::broken, true, now_);
  pass(milliseconds(200));
  EXPECT_FALSE(is_in(0));
  fleet_->start({0, 1}, now_);
  pass(seconds(12));
  EXPECT_TRUE(is_in(0)) << "two checks have passed";
}

TEST_F(HostsTest, WithoutTrafficChecksFindIt) {
  pass(seconds(2));
  fleet_->stop({0, 1}, Condition::dead);
  pass(seconds(8));
  EXPECT_TRUE(is_in(0)) << "two bad checks are not three";
  pass(seconds(9));
  EXPECT_FALSE(is_in(0));
}

TEST_F(HostsTest, SilenceIsNoticed) {
  pass(seconds(2));
  fleet_->stop({0, 1}, Condition::frozen);
  for (int i = 0; i < 3; ++i) hosts_->begin_attempt(0);
  for (int i = 0; i < 40; ++i) {
    attempts(1, 1, milliseconds(5), Ending::answered);
    pass(Hosts::kLook);
  }
  EXPECT_FALSE(is_in(0));
}

TEST_F(HostsTest, ASupervisedDeathIsKnownAtOnce) {
  fleet_->stop({0, 1}, Condition::dead);
  hosts_->supervised({0, 1}, false, now_);
  EXPECT_FALSE(is_in(0));
  fleet_->start({0, 1}, now_);
  hosts_->supervised({0, 1}, true, now_);
  pass(seconds(2));
  EXPECT_TRUE(is_in(0));
  EXPECT_LT(weight_of(0), 0.2) << "slow start";
}

TEST_F(HostsTest, AnOutlierIsEjectedAndReturns) {
  for (int second = 0; second < 11; ++second) {
    attempts(0, 20, milliseconds(1), Ending::error);
    attempts(1, 20, milliseconds(20), Ending::answered);
    attempts(2, 20, milliseconds(20), Ending::answered);
    pass(seconds(1));
  }
  EXPECT_FALSE(is_in(0));
  pass(seconds(31));
  EXPECT_TRUE(is_in(0));
}

TEST_F(HostsTest, PercentilesMedianAndScoresFollow) {
  attempts(0, 100, milliseconds(100), Ending::answered);
  attempts(1, 100, milliseconds(10), Ending::answered);
  attempts(2, 100, milliseconds(20), Ending::answered);
  pass(seconds(1));
  EXPECT_EQ(hosts_->p50(), milliseconds(20));
  EXPECT_EQ(hosts_->p95(), milliseconds(100));
  EXPECT_NEAR(hosts_->tables().service_median_us, 20'000, 1);
  EXPECT_LT(hosts_->tables().scores[0], hosts_->tables().scores[2]);
  EXPECT_LT(hosts_->tables().scores[2], hosts_->tables().scores[1]);
}

}  // namespace hosts_test
}  // namespace weir::simulate
