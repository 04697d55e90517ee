// What is kept for `weir explain`.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace decide_test {

using telemetry::Reason;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

class Decide : public testing::Test {
 protected:
  void SetUp() override {
    config::Settings settings = InMemoryGateway::default_settings();
    settings.trusted_proxies.push_back(
        {.bytes = {192, 0, 2}, .family = config::Family::v4, .prefix = 24});
    gateway_.emplace(std::move(settings));
    gateway_->publish(3);
    gateway_->connect();
    gateway_->exchange(kGet);  // the first one of a lane is always traced
  }
  std::vector<DecisionView> kept() { return gateway_->proxy().decisions().newest(100); }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(Decide, TheFirstExchangeIsTracedWithItsCandidates) {
  ASSERT_EQ(kept().size(), 1u);
  const DecisionView first = kept()[0];
  EXPECT_EQ(first.method, "GET");
  EXPECT_EQ(first.path, "/x");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.client, "192.0.2.7");
  ASSERT_NE(first.trace, nullptr);
  ASSERT_EQ(first.trace->picks.size(), 1u);
  const upstream::PickNote& pick = first.trace->picks[0];
  EXPECT_EQ(pick.candidates.size(), 3u);
  EXPECT_EQ(pick.chosen, first.attempts.notes[0].endpoint);
  EXPECT_EQ(gateway_->proxy().decisions().find(first.request_id)->path, "/x");
  EXPECT_EQ(gateway_->proxy().decisions().find("nope"), nullptr);
}

TEST_F(Decide, WhatGoesWellIsNotKept) {
  for (int i = 0; i < 50; ++i) gateway_->exchange(kGet);
  EXPECT_EQ(kept().size(), 1u);
}

TEST_F(Decide, ARetryIsKeptThoughItWentWell) {
  gateway_->origin().refuse = true;  // but the first endpoint has a pooled connection
  gateway_->exchange(kGet);
  for (int i = 0; i < 20; ++i) gateway_->after(std::chrono::milliseconds(50));
  ASSERT_EQ(kept().size(), 2u);
  EXPECT_EQ(kept()[0].status, 200);
  EXPECT_EQ(kept()[0].attempts_made, 3u);
  EXPECT_TRUE(kept()[0].flags.has(telemetry::Flag::retried));
}

TEST_F(Decide, AFailureIsKeptWithEveryAttempt) {
  gateway_->origin().reset_at = 1;
  gateway_->exchange(kGet);
  for (int i = 0; i < 20; ++i) gateway_->after(std::chrono::milliseconds(50));
  ASSERT_EQ(kept().size(), 2u);
  const DecisionView failed = kept()[0];
  EXPECT_EQ(failed.reason, Reason::upstream_closed);
  EXPECT_EQ(failed.attempts_made, 3u);
  ASSERT_EQ(failed.attempts.count, 3);
  EXPECT_EQ(failed.attempts.notes[0].then, balance::RetryReason::retry);
  EXPECT_EQ(failed.attempts.notes[2].then, balance::RetryReason::attempts_used);
  EXPECT_FALSE(failed.detail.empty());
}

TEST_F(Decide, AnUntracedFailureShowsTheClientsOwnTarget) {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.routes[0].match.path = "/app/";
  settings.routes[0].strip_prefix = true;
  gateway_.emplace(std::move(settings));
  gateway_->connect();
  gateway_->exchange("GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n");  // traced
  gateway_->origin().response = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  gateway_->exchange("GET /app/./x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(kept().size(), 2u);
  EXPECT_EQ(kept()[0].trace, nullptr);
  EXPECT_EQ(kept()[0].method, "GET");
  EXPECT_EQ(kept()[0].path, "/app/./x?y=1");
  const std::string query(4000, 'q');
  gateway_->exchange("GET /app/x?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(kept()[0].path, ("/app/x?" + query).substr(0, 256)) << "a bounded copy";
}

TEST_F(Decide, ATrustedPeerMayAskForAnExplanation) {
  const std::string asking = "GET /x HTTP/1.1\r\nHost: a\r\nweir-explain: 1\r\n\r\n";
  gateway_->exchange(asking);
  EXPECT_EQ(kept().size(), 2u);
  gateway_->connect("198.51.100.1:9");
  gateway_->exchange(asking);
  EXPECT_EQ(kept().size(), 2u) << "a stranger may not";
}

TEST_F(Decide, TheRingForgetsTheOldest) {
  gateway_->origin().response = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t i = 0; i < DecisionRing::kKept + 10; ++i) gateway_->exchange(kGet);
  EXPECT_EQ(gateway_->proxy().decisions().newest(10'000).size(), DecisionRing::kKept);
}

}  // namespace decide_test
}  // namespace weir::gateway
