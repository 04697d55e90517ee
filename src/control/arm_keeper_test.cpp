#include "control/arm_keeper.hpp"

#include <gtest/gtest.h>

namespace weir::control::arm_keeper_test {

using balance::Algorithm;

constexpr base::Time kStart{std::chrono::seconds(100)};
constexpr base::Duration kSecond = std::chrono::seconds(1);

/// One service with two endpoints; arms[i] answers in `ms[i]`.
class ArmKeeping : public ::testing::Test {
 protected:
  void start(config::Balance balance) {
    config::Service web{.number = 1, .name = "web"};
    web.balance = std::move(balance);
    service_ = registry_.add_service(web);
    for (const char* name : {"web-1", "web-2"}) {
      const auto endpoint = registry_.add_endpoint(
          {.service = "web", .name = name, .address = "127.0.0.1:1", .at_start = true}, kStart);
      registry_.set_ready((*endpoint)->id, true, "eligible", "", kStart);
      endpoints_.push_back(*endpoint);
    }
  }
  upstream::ServicePolicy policy() const { return *service_->endpoints.load()->policy; }

  // A second of traffic and the look at its end. Challengers have their slices.
  void second(const std::vector<int>& ms, int requests = 1000, bool is_disturbed = false) {
    const auto now = policy();
    for (std::size_t arm = 0; now.arm_traffic != nullptr && arm < ms.size(); ++arm) {
      const int mine = arm == now.arm ? requests : requests / 18;
      auto& row = now.arm_traffic->row(0, arm);
      for (int i = 0; i < mine; ++i) {
        row.requests.add();
        // A fifth of a millisecond's noise, so that an interval has a width.
        row.latency.record(std::chrono::microseconds(ms[arm] * 1000 + (i * 37) % 200));
        endpoints_[static_cast<std::size_t>(i) % 2]->arm_picks[0].of[arm].add();
      }
    }
    now_ += kSecond;
    keeper_.second(registry_.facts().front(), is_disturbed, now_);
  }

  Registry registry_{1};
  telemetry::Log log_;
  std::shared_ptr<upstream::Service> service_;
  std::vector<upstream::EndpointRef> endpoints_;
  ArmKeeper keeper_{registry_, log_, std::chrono::seconds(2), 7};
  base::Time now_ = kStart;
};

TEST_F(ArmKeeping, AServiceWithOneAlgorithmHasNothingToCompare) {
  start({});
  second({5});
  EXPECT_TRUE(keeper_.view().arms.empty());
  EXPECT_EQ(policy().arm_traffic, nullptr);
}

TEST_F(ArmKeeping, ChallengersAreShownAndNeverTakeOver) {
  start({.algorithm = Algorithm::random_two, .compare = {Algorithm::round_robin}});
  for (int i = 0; i < 100; ++i) second({40, 5});
  const ArmsView& view = keeper_.view();
  ASSERT_EQ(view.arms.size(), 2u);
  EXPECT_FALSE(view.is_adaptive);
  EXPECT_TRUE(view.arms[0].is_current);
  EXPECT_DOUBLE_EQ(view.arms[0].share, 0.95);
  EXPECT_DOUBLE_EQ(view.arms[1].share, 0.05);
  EXPECT_EQ(view.arms[1].algorithm, Algorithm::round_robin);
  EXPECT_NEAR(base::to_ms(view.arms[0].p95), 40.2, 0.7);
  EXPECT_NEAR(base::to_ms(view.arms[1].p95), 5.2, 0.2);
  EXPECT_EQ(view.arms[0].requests_total, 100'000u);
  EXPECT_LE(view.arms[0].requests, 70'000u) << "the last minute, not the whole time";
  EXPECT_NEAR(view.arms[0].spread, 0, 0.01);
  EXPECT_TRUE(view.switches.empty());
  EXPECT_EQ(policy().arm, 0u);
}

TEST_F(ArmKeeping, AdaptiveGoesToTheArmThatIsBetterAndSaysWhy) {
  start(
      {.algorithm = Algorithm::adaptive, .arms = {Algorithm::round_robin, Algorithm::random_two}});
  for (int i = 0; i < 70 && policy().arm == 0; ++i) second({40, 5});
  EXPECT_EQ(policy().arm, 1u);
  const ArmsView& view = keeper_.view();
  ASSERT_EQ(view.switches.size(), 1u);
  EXPECT_EQ(view.switches.front().from, "round_robin");
  EXPECT_EQ(view.switches.front().to, "random_two");
  EXPECT_NE(view.switches.front().why.find("random_two"), std::string::npos);
  EXPECT_GE(now_ - kStart, 20 * kSecond) << "two windows";
}

TEST_F(ArmKeeping, ADisturbanceAndAChangeOfScaleFreezeIt) {
  start(
      {.algorithm = Algorithm::adaptive, .arms = {Algorithm::round_robin, Algorithm::random_two}});
  for (int i = 0; i < 60; ++i) second({40, 5}, 1000, i % 25 == 0);
  EXPECT_EQ(policy().arm, 0u);
  const auto third = registry_.add_endpoint(
      {.service = "web", .name = "web-3", .address = "127.0.0.1:1", .at_start = true}, now_);
  registry_.set_ready((*third)->id, true, "eligible", "", now_);
  for (int i = 0; i < 29; ++i) second({40, 5});
  EXPECT_EQ(policy().arm, 0u) << "30 s from the new endpoint on";
  for (int i = 0; i < 41 && policy().arm == 0; ++i) second({40, 5});
  EXPECT_EQ(policy().arm, 1u);
}

TEST_F(ArmKeeping, APinHoldsItAndItsEndLetsItGo) {
  start(
      {.algorithm = Algorithm::adaptive, .arms = {Algorithm::round_robin, Algorithm::random_two}});
  ASSERT_TRUE(registry_.pin_arm("web", Algorithm::round_robin, now_));
  for (int i = 0; i < 90; ++i) second({40, 5});
  EXPECT_EQ(policy().arm, 0u);
  EXPECT_EQ(keeper_.view().pinned, "round_robin");
  ASSERT_TRUE(registry_.pin_arm("web", std::nullopt, now_));
  for (int i = 0; i < 60 && policy().arm == 0; ++i) second({40, 5});
  EXPECT_EQ(policy().arm, 1u);
  EXPECT_FALSE(keeper_.view().pinned);
}

TEST_F(ArmKeeping, OnlyAnArmCanBePinnedAndOnlyOfAdaptive) {
  start({});
  const auto fixed = registry_.pin_arm("web", Algorithm::random_two, now_);
  ASSERT_FALSE(fixed);
  EXPECT_EQ(fixed.error().code(), base::Errc::conflict);
  ASSERT_TRUE(registry_.set_algorithm("web", Algorithm::adaptive, now_));
  const auto stranger = registry_.pin_arm("web", Algorithm::ip_hash, now_);
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code(), base::Errc::invalid_argument);
  EXPECT_FALSE(registry_.pin_arm("nobody", Algorithm::random_two, now_));
}

TEST_F(ArmKeeping, NumbersOutliveASwitchAndEndWithTheArms) {
  start(
      {.algorithm = Algorithm::adaptive, .arms = {Algorithm::round_robin, Algorithm::random_two}});
  for (int i = 0; i < 70 && policy().arm == 0; ++i) second({40, 5});
  const auto total = keeper_.view().arms[0].requests_total;
  second({40, 5});
  EXPECT_GT(keeper_.view().arms[0].requests_total, total);
  ASSERT_TRUE(registry_.set_algorithm("web", Algorithm::random_two, now_));
  second({5, 5});
  EXPECT_TRUE(keeper_.view().arms.empty());
}

}  // namespace weir::control::arm_keeper_test
