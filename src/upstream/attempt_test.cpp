#include "upstream/attempt.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace weir::upstream {
namespace attempt_test {

using namespace std::chrono_literals;
using balance::RetryReason;
using telemetry::Reason;
using Place = Attempts::Place;

const base::Time kStart = base::Time{} + 1h;

class AttemptsTest : public testing::Test {
 protected:
  void open(std::uint32_t endpoints, ServicePolicy policy = {.breaker = false},
            std::size_t lanes = 1) {
    policy_ = std::make_shared<const ServicePolicy>(std::move(policy));
    service_ = std::make_shared<Service>(1, "origin", lanes, ServiceOptions{.policy = policy_});
    for (std::uint32_t id = 1; id <= endpoints; ++id) {
      endpoints_.push_back(std::make_shared<Endpoint>(id, "origin-" + std::to_string(id),
                                                      "10.0.0." + std::to_string(id) + ":80",
                                                      EndpointOptions{}, lanes));
    }
    publish({.policy = policy_, .eligible = endpoints_});
    lane_ = std::make_unique<ServiceLane>(service_, 0);
  }
  void publish(SetParts parts) {
    parts.generation = ++generation_;
    service_->endpoints.publish(make_set(std::move(parts)));
  }
  AttemptPlan plan() const {
    return {.retry = &retry_, .is_idempotent = true, .total = base::Deadline(kStart + 10s)};
  }
  /// One exchange whose first attempt failed.
  std::unique_ptr<Attempts> failed(const AttemptPlan& plan, base::Time now = kStart) {
    auto attempts = std::make_unique<Attempts>(*lane_, plan);
    EXPECT_TRUE(attempts->enter(now));
    EXPECT_NE(attempts->next(now), nullptr);
    attempts->report({.reason = Reason::upstream_closed, .status = 502, .duration = 1ms}, now);
    return attempts;
  }
  static FailureFacts reset() { return {.cause = balance::Cause::reset}; }
  balance::RetryBudget::View budget(base::Time now = kStart) const {
    return service_->retry_budget.view(now);
  }

  config::Retry retry_;
  std::shared_ptr<const ServicePolicy> policy_;
  std::shared_ptr<Service> service_;
  std::vector<EndpointRef> endpoints_;
  std::unique_ptr<ServiceLane> lane_;
  std::uint64_t generation_ = 0;
};

TEST_F(AttemptsTest, NothingIsReservedUntilThePauseIsOver) {
  open(4);
  const AttemptPlan plan = this->plan();
  std::vector<std::unique_ptr<Attempts>> waiting;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(failed(plan));
    EXPECT_TRUE(waiting.back()->again(reset(), kStart)) << i;
  }
  EXPECT_EQ(budget().on_wire, 0u);
  EXPECT_EQ(budget().retries, 0u);
  EXPECT_EQ(service_->retries.load(), 0u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(waiting[i]->place(kStart), i < 3 ? Place::taken : Place::wait) << i;
  }
  EXPECT_EQ(budget().on_wire, 3u);
  EXPECT_EQ(service_->retries.load(), 3u);
  for (auto& each : waiting) each->conclude(kStart);
  EXPECT_EQ(budget().on_wire, 0u);
}

TEST_F(AttemptsTest, TheCapCountsExchangesThatWaitInLineToo) {
  open(4);
  for (int i = 0; i < 40; ++i) service_->traffic.lane(0).begin();  // none of them has an endpoint
  const AttemptPlan plan = this->plan();
  std::vector<std::unique_ptr<Attempts>> waiting;
  for (int i = 0; i < 9; ++i) {
    waiting.push_back(failed(plan));
    EXPECT_TRUE(waiting.back()->again(reset(), kStart));
    EXPECT_EQ(waiting.back()->place(kStart), i < 8 ? Place::taken : Place::wait) << i;
  }
  for (auto& each : waiting) each->conclude(kStart);
}

TEST_F(AttemptsTest, ARetryWithoutTimeAfterItsPauseIsRefused) {
  open(2);
  service_->p50_us = 100'000;
  const AttemptPlan plan = this->plan();
  auto attempts = failed(plan);
  EXPECT_TRUE(attempts->again(reset(), kStart));
  EXPECT_EQ(attempts->place(kStart + 9'900ms), Place::refused);
  EXPECT_EQ(attempts->why_not(), RetryReason::no_time_left);
  EXPECT_EQ(attempts->notes().notes[0].then, RetryReason::no_time_left);
  EXPECT_EQ(budget(kStart + 9'900ms).retries, 0u);
  attempts->conclude(kStart);
}

TEST_F(AttemptsTest, TheWaitForAPlaceGrowsToABoundAndEndsAtTheDeadline) {
  open(2);
  const AttemptPlan plan = this->plan();
  auto attempts = failed(plan);
  base::Duration least = 2500us;
  for (int i = 0; i < 12; ++i) {
    const base::Duration wait = attempts->wait_for_place(kStart);
    EXPECT_GE(wait, least) << i;
    EXPECT_LE(wait, 160ms) << i;
    least = std::min<base::Duration>(2 * least, 80ms);
  }
  EXPECT_EQ(attempts->wait_for_place(kStart + 10s - 1ms), 1ms);
  attempts->conclude(kStart);
}

TEST_F(AttemptsTest, AHopelessRetryDoesNotPause) {
  open(2);
  const AttemptPlan plan = this->plan();
  for (int i = 0; i < 30; ++i) {
    auto attempts = failed(plan);
    EXPECT_TRUE(attempts->again(reset(), kStart)) << i;
    EXPECT_EQ(attempts->place(kStart), Place::taken) << i;
    attempts->conclude(kStart);
  }
  auto attempts = failed(plan);
  EXPECT_FALSE(attempts->again(reset(), kStart));
  EXPECT_EQ(attempts->why_not(), RetryReason::over_budget);
  EXPECT_EQ(attempts->pause(), base::Duration::zero());
  attempts->conclude(kStart);
}

TEST_F(AttemptsTest, ABudgetUsedUpDuringThePauseRefuses) {
  open(2);
  const AttemptPlan plan = this->plan();
  auto late = failed(plan);
  EXPECT_TRUE(late->again(reset(), kStart));
  for (int i = 0; i < 30; ++i) {
    auto attempts = failed(plan);
    EXPECT_TRUE(attempts->again(reset(), kStart));
    EXPECT_EQ(attempts->place(kStart), Place::taken);
    attempts->conclude(kStart);
  }
  EXPECT_EQ(late->place(kStart), Place::refused);
  EXPECT_EQ(late->why_not(), RetryReason::over_budget);
  late->conclude(kStart);
}

TEST_F(AttemptsTest, WhenOnlyOpenBreakersAreLeftItSaysUntilWhen) {
  open(2);
  const AttemptPlan plan = this->plan();
  auto attempts = failed(plan);
  EXPECT_TRUE(attempts->again(reset(), kStart));
  EXPECT_EQ(attempts->place(kStart), Place::taken);
  const std::uint32_t tried = attempts->endpoint_id();
  publish({.policy = policy_,
           .eligible = {endpoints_[tried - 1]},
           .total = 2,
           .breakers_open = true,
           .probes_at = kStart + 7s});
  EXPECT_EQ(attempts->next(kStart), nullptr);
  EXPECT_EQ(attempts->refusal(), Reason::breaker_open);
  EXPECT_EQ(attempts->refused_until(), kStart + 7s);
  attempts->conclude(kStart);
}

TEST_F(AttemptsTest, AnArmsTimeIsThatOfTheTryThatAnswered) {
  ServicePolicy policy{.breaker = false};
  policy.arm_traffic = std::make_shared<ArmTraffic>(
      std::vector{balance::Algorithm::round_robin, balance::Algorithm::random_two}, 1);
  open(2, std::move(policy));
  retry_.hedge = true;
  service_->p95_us = 20'000;
  const AttemptPlan plan = this->plan();
  Attempts attempts(*lane_, plan);
  ASSERT_TRUE(attempts.enter(kStart));
  ASSERT_NE(attempts.next(kStart), nullptr);
  EXPECT_EQ(attempts.hedge_at(kStart), kStart + 20ms);
  ASSERT_NE(attempts.hedge(kStart + 20ms), nullptr);
  attempts.hedge_won();
  attempts.report({.reason = Reason::ok, .status = 200, .duration = 9ms, .to_head = 5ms},
                  kStart + 25ms);
  attempts.conclude(kStart + 25ms);
  const auto latency = policy_->arm_traffic->row(0, 0).latency.snapshot();
  EXPECT_EQ(latency.count(), 1u);
  EXPECT_NEAR(static_cast<double>(latency.percentile(0.5) / 1us), 25'000, 500);
}

TEST_F(AttemptsTest, TheLimitOfAnEndpointIsNeverExceededByManyLanes) {
  constexpr std::uint32_t kLanes = 4;
  constexpr std::uint32_t kLimit = 2;
  open(1, ServicePolicy{.breaker = false, .per_endpoint = kLimit}, kLanes);
  std::atomic<std::uint32_t> inside{0};
  std::atomic<std::uint32_t> most{0};
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (std::uint32_t number = 0; number < kLanes; ++number) {
    threads.emplace_back([&, number] {
      ServiceLane lane(service_, number);
      const AttemptPlan plan;
      ready.fetch_add(1);
      while (ready.load() < static_cast<int>(kLanes)) std::this_thread::yield();
      for (int i = 0; i < 20'000; ++i) {
        Attempts attempts(lane, plan);
        attempts.enter(kStart);
        if (attempts.next(kStart) == nullptr) continue;
        const std::uint32_t now = inside.fetch_add(1) + 1;
        std::uint32_t seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        if (i % 64 == 0) std::this_thread::yield();
        inside.fetch_sub(1);
        attempts.report({.reason = Reason::ok, .status = 200}, kStart);
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_LE(most.load(), kLimit);
  EXPECT_EQ(endpoints_[0]->in_flight.load(), 0u);
}

TEST_F(AttemptsTest, AFullEndpointIsOverloadAndIsLeftAsItWas) {
  open(1, ServicePolicy{.per_endpoint = 1});
  const AttemptPlan plan = this->plan();
  Attempts first(*lane_, plan);
  first.enter(kStart);
  ASSERT_NE(first.next(kStart), nullptr);
  Attempts second(*lane_, plan);
  second.enter(kStart);
  EXPECT_EQ(second.next(kStart), nullptr);
  EXPECT_EQ(second.refusal(), Reason::overload);
  EXPECT_EQ(endpoints_[0]->in_flight.load(), 1u);
  first.report({.reason = Reason::ok, .status = 200}, kStart);
  EXPECT_EQ(endpoints_[0]->in_flight.load(), 0u);
}

}  // namespace attempt_test
}  // namespace weir::upstream
