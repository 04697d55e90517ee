#include <gtest/gtest.h>

#include "control/registry.hpp"

namespace weir::control::registry_operator_test {

using balance::Algorithm;
using base::Errc;

constexpr base::Time kStart{std::chrono::seconds(100)};

// Two services, web with two endpoints and pay with one; all eligible.
class Operator : public ::testing::Test {
 protected:
  Operator() {
    config::Service pay{.number = 2, .name = "pay"};
    pay.balance.hash_key = {config::HashKey::Source::header, "x-user"};
    pay.balance.load_bound = 1.5;
    web_ = registry_.add_service({.number = 1, .name = "web"});
    pay_ = registry_.add_service(pay);
    first_ = add("web", "web-1");
    second_ = add("web", "web-2");
    third_ = add("pay", "pay-1");
  }

  upstream::EndpointRef add(const std::string& service, const std::string& name) {
    const auto endpoint = registry_.add_endpoint(
        {.service = service, .name = name, .address = "127.0.0.1:1", .weight = 2, .at_start = true},
        kStart);
    registry_.set_ready((*endpoint)->id, true, "eligible", "", kStart);
    return *endpoint;
  }
  EndpointEntry entry(std::size_t index) const {
    return registry_.services(kStart)[0].endpoints[index];
  }
  static std::vector<std::uint32_t> ids(const upstream::Service& service) {
    return service.endpoints.load()->ids;
  }
  std::string error_of(const auto& result) const {
    return result ? "no error" : std::string(result.error().detail());
  }

  Registry registry_{1};
  std::shared_ptr<upstream::Service> web_, pay_;
  upstream::EndpointRef first_, second_, third_;
  std::vector<HostChange> changes_;
};

TEST_F(Operator, AnAlgorithmChangesAndEveryOtherSettingStays) {
  const auto before = pay_->endpoints.load();
  const auto done = registry_.set_algorithm("pay", Algorithm::random_two, kStart);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->size(), 1u);
  EXPECT_EQ(done->front().from, "round_robin");
  EXPECT_EQ(done->front().to, "random_two");
  const auto after = pay_->endpoints.load();
  EXPECT_EQ(after->policy->balance.algorithm, Algorithm::random_two);
  EXPECT_NE(after->policy->number, before->policy->number);
  config::Balance expected = before->policy->balance;
  expected.algorithm = Algorithm::random_two;
  EXPECT_EQ(after->policy->balance, expected);
  EXPECT_EQ(after->ids, before->ids);
  EXPECT_EQ(web_->endpoints.load()->policy->balance.algorithm, Algorithm::round_robin);
}

TEST_F(Operator, ForAllServicesItIsAllOrNone) {
  EXPECT_EQ(registry_.set_algorithm("", Algorithm::weighted, kStart)->size(), 2u);
  const auto refused = registry_.set_algorithm("", Algorithm::consistent_hash, kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  EXPECT_NE(error_of(refused).find("web has none"), std::string::npos);
  EXPECT_NE(error_of(refused).find("balance.hash_key"), std::string::npos);
  for (const auto& service : {web_, pay_}) {
    EXPECT_EQ(service->endpoints.load()->policy->balance.algorithm, Algorithm::weighted);
  }
  ASSERT_TRUE(registry_.set_algorithm("pay", Algorithm::consistent_hash, kStart));
  EXPECT_NE(pay_->endpoints.load()->ring, nullptr);  // published with its table
  EXPECT_TRUE(registry_.set_algorithm("web", Algorithm::ip_hash, kStart));
}

TEST_F(Operator, WhatCannotBeUsedSaysWhatCan) {
  const auto keyless = registry_.set_algorithm("web", Algorithm::consistent_hash, kStart);
  EXPECT_EQ(keyless.error().code(), Errc::invalid_argument);
  EXPECT_NE(error_of(keyless).find("balance.hash_key"), std::string::npos);
  const auto unknown = registry_.set_algorithm("wbe", Algorithm::weighted, kStart);
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  EXPECT_EQ(error_of(unknown), "no service 'wbe' (did you mean web?); there are: web, pay");
  EXPECT_TRUE(registry_.set_algorithm("2", Algorithm::weighted, kStart));  // a number
}

TEST_F(Operator, AForcedBreakerOfAnEndpointTakesItOutAtOnce) {
  const auto opened =
      registry_.operate_breakers({"web-1", ""}, BreakerAction::open, kStart, &changes_);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->size(), 1u);
  EXPECT_EQ(opened->front().endpoint, "web-1");
  EXPECT_EQ(opened->front().to, "forced open");
  EXPECT_EQ(ids(*web_), std::vector{second_->id});
  EXPECT_EQ(entry(0).reason, "forced open: by the operator");
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].endpoint, "web-1");
  const auto again = registry_.operate_breakers({"web", "1"}, BreakerAction::open, kStart, nullptr);
  EXPECT_FALSE(again->front().changed);
  ASSERT_TRUE(registry_.operate_breakers({"web", ""}, BreakerAction::reset, kStart, nullptr));
  EXPECT_EQ(ids(*web_), (std::vector{first_->id, second_->id}));
}

TEST_F(Operator, AServicesNameMeansItsOwnBreakerAndResetThoseOfItsEndpoints) {
  const auto opened =
      registry_.operate_breakers({"web", ""}, BreakerAction::open, kStart, &changes_);
  ASSERT_EQ(opened->size(), 1u);
  EXPECT_EQ(web_->breaker.snapshot().state, balance::BreakerState::forced_open);
  EXPECT_EQ(first_->breaker.snapshot().state, balance::BreakerState::closed);
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].endpoint, "");
  EXPECT_EQ(changes_[0].transition.reason, "by the operator");
  const auto automatic =
      registry_.operate_breakers({"web", ""}, BreakerAction::automatic, kStart, nullptr);
  EXPECT_EQ(automatic->front().to, "half-open");
  EXPECT_EQ(registry_.operate_breakers({"web", ""}, BreakerAction::reset, kStart, nullptr)->size(),
            3u);
  EXPECT_EQ(registry_.operate_breakers({}, BreakerAction::reset, kStart, nullptr)->size(), 5u);
  EXPECT_EQ(web_->breaker.snapshot().state, balance::BreakerState::closed);
}

TEST_F(Operator, AServiceBreakerThatOpensByItselfIsToldOnce) {
  for (int i = 0; i < 5; ++i) web_->breaker.try_acquire(kStart).failure(kStart);
  registry_.tick(kStart, changes_);
  registry_.tick(kStart, changes_);
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].transition.to, "open");
  EXPECT_EQ(changes_[0].transition.evidence, "5 consecutive failed exchanges");
}

TEST_F(Operator, UnknownAndSwitchedOffBreakersAreRefused) {
  const auto unknown =
      registry_.operate_breakers({"web-3", ""}, BreakerAction::reset, kStart, nullptr);
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  EXPECT_NE(error_of(unknown).find("did you mean web-"), std::string::npos);
  // A number is a service's, never an endpoint's.
  EXPECT_EQ(
      registry_.operate_breakers({"3", ""}, BreakerAction::open, kStart, nullptr).error().code(),
      Errc::not_found);
  config::Service bare{.number = 3, .name = "bare"};
  bare.breaker.enabled = false;
  registry_.add_service(bare);
  const auto off = registry_.operate_breakers({"bare", ""}, BreakerAction::open, kStart, nullptr);
  EXPECT_EQ(off.error().code(), Errc::conflict);
  EXPECT_TRUE(registry_.operate_breakers({"bare", ""}, BreakerAction::reset, kStart, nullptr));
}

TEST_F(Operator, ADrainingEndpointIsPickedNoMoreAndComesBackSlowly) {
  first_->in_flight = 3;
  const auto drained = registry_.set_draining({"web-1", ""}, true, kStart, &changes_);
  ASSERT_TRUE(drained);
  EXPECT_TRUE(drained->changed);
  EXPECT_EQ(drained->in_flight, 3u);
  EXPECT_EQ(drained->eligible_others, 1u);
  EXPECT_EQ(ids(*web_), std::vector{second_->id});
  EXPECT_EQ(entry(0).state, "draining");
  EXPECT_EQ(entry(0).reason, "draining: by the operator, 3 in flight");
  EXPECT_FALSE(registry_.set_draining({"1", ""}, true, kStart, nullptr)->changed);  // by its id
  EXPECT_EQ(registry_.set_draining({"web-2", ""}, true, kStart, nullptr)->eligible_others, 0u);
  EXPECT_FALSE(registry_.services(kStart)[0].panic);  // left on purpose
  ASSERT_TRUE(registry_.set_draining({"web-1", ""}, false, kStart, nullptr));
  EXPECT_EQ(ids(*web_), std::vector{first_->id});
  EXPECT_EQ(entry(0).reason, "slow start 10 %");
}

TEST_F(Operator, ADrainAndAWeightOutliveTheProcess) {
  ASSERT_TRUE(registry_.set_draining({"web-1", ""}, true, kStart, nullptr));
  ASSERT_TRUE(registry_.set_weight({"web-1", ""}, 7, kStart));
  registry_.remove_endpoint(first_->id, kStart);
  const auto again = add("web", "web-1");
  EXPECT_EQ(ids(*web_), std::vector{second_->id});
  EXPECT_EQ(entry(1).weight, 7u);
  ASSERT_TRUE(registry_.set_draining({"web-1", ""}, false, kStart, nullptr));
  EXPECT_EQ(ids(*web_), (std::vector{second_->id, again->id}));
}

TEST_F(Operator, WhatLeavesForAnotherReasonIsNotTheOperatorsToBringBack) {
  registry_.apply(first_->id,
                  balance::host_event::MembershipSet{.to = balance::Membership::draining}, kStart);
  for (const bool draining : {true, false}) {
    EXPECT_EQ(registry_.set_draining({"web-1", ""}, draining, kStart, nullptr).error().code(),
              Errc::conflict);
  }
}

TEST_F(Operator, AWeightIsPublishedAtOnceAndUndone) {
  ASSERT_TRUE(registry_.set_weight({"web-1", ""}, 6, kStart));
  EXPECT_EQ(web_->endpoints.load()->weights, (std::vector<float>{6, 2}));
  const auto changed = registry_.set_weight({"web-1", "web"}, 8, kStart);
  EXPECT_EQ(changed->from, 6u);
  EXPECT_EQ(web_->endpoints.load()->weights, (std::vector<float>{8, 2}));
  EXPECT_EQ(registry_.set_weight({"web-1", ""}, std::nullopt, kStart)->to, 2u);
  EXPECT_EQ(web_->endpoints.load()->weights, (std::vector<float>{2, 2}));
  for (const std::uint32_t wrong : {0u, 1001u}) {
    EXPECT_EQ(registry_.set_weight({"web-1", ""}, wrong, kStart).error().code(),
              Errc::invalid_argument);
  }
}

TEST_F(Operator, ANameThatIsNotUniqueAsksForTheId) {
  add("pay", "web-1");
  const auto unclear = registry_.set_weight({"web-1", ""}, 3, kStart);
  EXPECT_EQ(unclear.error().code(), Errc::conflict);
  EXPECT_NE(error_of(unclear).find("id 1 of web, id 4 of pay"), std::string::npos)
      << error_of(unclear);
  EXPECT_EQ(registry_.set_weight({"web-1", "pay"}, 3, kStart)->id, 4u);
  EXPECT_EQ(registry_.set_weight({"4", ""}, 3, kStart)->service, "pay");
  EXPECT_EQ(registry_.set_weight({"web-2", "pay"}, 3, kStart).error().code(), Errc::not_found);
}

TEST(OperatorCommand, WordsAreThoseOfTheCommandLine) {
  for (const char* word : {"open", "close", "auto", "reset"}) {
    EXPECT_EQ(name(parse_breaker_action(word).value()), word);
  }
  EXPECT_FALSE(parse_breaker_action("automatic"));
  EXPECT_EQ(no_such("service", "x", {}), "no service 'x'; there is no service at all");
  const std::vector<std::string> many(20, "name");
  EXPECT_TRUE(no_such("endpoint", "x", many).ends_with("and 8 more"));
}

}  // namespace weir::control::registry_operator_test
