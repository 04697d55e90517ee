// What the watch tells of breakers in a real registry.
#include "control/breaker_watch.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace breaker_watch_test {

constexpr base::Time kStart{std::chrono::seconds(100)};

class Watch : public testing::Test {
 protected:
  Watch() {
    web_ = registry_.add_service({.number = 1, .name = "web"});
    first_ = add("web-1");
    second_ = add("web-2");
  }

  upstream::EndpointRef add(const std::string& name) {
    return registry_
        .add_endpoint({.service = "web", .name = name, .address = "127.0.0.1:1", .at_start = true},
                      kStart)
        .value();
  }
  void fail(balance::Breaker& breaker, base::Time now) {
    for (std::uint32_t i = 0; i < breaker.config().failures; ++i) {
      auto permit = breaker.try_acquire(now);
      if (permit) permit.failure(now);
    }
  }
  void operate(const std::string& endpoint, BreakerAction action) {
    ASSERT_TRUE(registry_.operate_breakers({"web", endpoint}, action, kStart, nullptr));
  }
  /// "web/web-1 open! 5: reason", "web/web-1 gone"; `!` has opened, `*` forced.
  std::vector<std::string> news() {
    std::vector<std::string> out;
    for (const BreakerNews& each : watch_.look(registry_.facts())) {
      std::string text = each.service + "/" + each.endpoint + " ";
      if (each.is_gone) {
        out.push_back(text + "gone");
        continue;
      }
      text += std::string(each.state) + (each.is_forced ? "*" : "") + (each.has_opened ? "!" : "");
      out.push_back(text + " " + std::to_string(each.failures) + ": " + each.reason);
    }
    return out;
  }
  using List = std::vector<std::string>;

  Registry registry_{1};
  std::shared_ptr<upstream::Service> web_;
  upstream::EndpointRef first_, second_;
  BreakerWatch watch_;
};

TEST_F(Watch, WhatIsClosedAndStaysSoIsNoNews) {
  EXPECT_EQ(news(), List{});
  fail(web_->breaker, kStart);
  EXPECT_EQ(news(), List{"web/ open! 5: 5 consecutive failures"});
  EXPECT_EQ(news(), List{}) << "told once";
}

TEST_F(Watch, AnEndpointsWholeRoundIsTold) {
  balance::Breaker& breaker = first_->breaker;
  fail(breaker, kStart);
  EXPECT_EQ(news(), List{"web/web-1 open! 5: 5 consecutive failures"});
  base::Time now = kStart + std::chrono::minutes(1);
  breaker.poll(now);
  EXPECT_EQ(news(), List{"web/web-1 half_open 5: probing"});
  breaker.try_acquire(now).failure(now);
  EXPECT_EQ(news(), List{"web/web-1 open! 5: a probe failed"});
  now += std::chrono::minutes(10);
  breaker.poll(now);
  breaker.try_acquire(now).failure(now);
  EXPECT_EQ(news(), List{"web/web-1 open! 5: a probe failed"}) << "tried between two looks";
  now += std::chrono::minutes(10);
  breaker.poll(now);
  for (int i = 0; i < 3; ++i) breaker.try_acquire(now).success(now);
  EXPECT_EQ(news(), List{"web/web-1 closed 0: recovered"});
}

TEST_F(Watch, TheOperatorIsNamed) {
  operate("web-2", BreakerAction::open);
  EXPECT_EQ(news(), List{"web/web-2 open*! 0: by the operator"});
  operate("web-2", BreakerAction::close);
  EXPECT_EQ(news(), List{"web/web-2 closed* 0: by the operator"});
  operate("web-2", BreakerAction::reset);
  EXPECT_EQ(news(), List{"web/web-2 closed 0: by the operator"});
  operate("web-1", BreakerAction::reset);
  EXPECT_EQ(news(), List{}) << "it was closed";
}

TEST_F(Watch, WhoeverGoesIsTakenBackUnlessNothingWasTold) {
  fail(first_->breaker, kStart);
  (void)news();
  registry_.remove_endpoint(second_->id, kStart);
  EXPECT_EQ(news(), List{});
  registry_.remove_endpoint(first_->id, kStart);
  EXPECT_EQ(news(), List{"web/web-1 gone"});
  EXPECT_EQ(news(), List{});
}

TEST_F(Watch, AnEndpointThatRunsAgainIsAnotherOne) {
  fail(first_->breaker, kStart);
  (void)news();
  registry_.remove_endpoint(first_->id, kStart);
  first_ = add("web-1");
  EXPECT_EQ(news(), List{"web/web-1 gone"});
  operate("web-1", BreakerAction::open);
  EXPECT_EQ(news(), List{"web/web-1 open*! 0: by the operator"});
  registry_.remove_endpoint(first_->id, kStart);
  first_ = add("web-1");  // what was forced is so for the next one too
  EXPECT_EQ(news(), (List{"web/web-1 gone", "web/web-1 open*! 0: by the operator"}));
}

TEST_F(Watch, ATwinThatHasToldKeepsTheName) {
  (void)news();
  const auto twin = add("web-1");
  fail(first_->breaker, kStart);
  fail(twin->breaker, kStart);
  EXPECT_EQ(news().size(), 2u);
  registry_.remove_endpoint(first_->id, kStart);
  EXPECT_EQ(news(), List{});
  registry_.remove_endpoint(twin->id, kStart);
  EXPECT_EQ(news(), List{"web/web-1 gone"});
}

TEST_F(Watch, AServiceGoesWithAllItsEndpoints) {
  registry_.add_service({.number = 2, .name = "pay"});
  fail(first_->breaker, kStart);
  (void)news();
  registry_.begin_leaving(*registry_.find_service_named("pay"));
  EXPECT_EQ(news(), List{});
  registry_.begin_leaving(*web_);
  EXPECT_EQ(news(), List{"web/ gone"});
}

}  // namespace breaker_watch_test
}  // namespace weir::control
