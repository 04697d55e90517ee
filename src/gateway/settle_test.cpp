// What is answered and told when the retry that an answer was kept back for cannot be made.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace settle_test {

using namespace std::chrono_literals;
using telemetry::Reason;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kWait = "HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

class Settle : public testing::Test {
 protected:
  /// Two endpoints that ask to wait for a second.
  void open(config::Settings settings = InMemoryGateway::default_settings()) {
    gateway_.emplace(std::move(settings));
    gateway_->publish(2);
    gateway_->connect();
    gateway_->origin().response = kWait;
  }
  /// A request whose first answer was kept from the client; its retry waits for a second.
  void begin() {
    EXPECT_EQ(gateway_->exchange(kGet), "");
    ASSERT_EQ(gateway_->origin().requests(), 1);
  }
  void use_up_the_budget() {
    const base::Time now = gateway_->lane().lane().now();
    while (gateway_->service().retry_budget.ask(now, 0, true)) {
    }
  }
  upstream::EndpointRef tried() {
    const auto set = gateway_->service().endpoints.load();
    const bool first = gateway_->origin().connections.at(0)->host == "10.0.0.1";
    return set->eligible.at(first ? 0 : 1);
  }
  void publish(upstream::SetParts parts) {
    parts.generation = 77;
    parts.policy = gateway_->service().endpoints.load()->policy;
    gateway_->service().endpoints.publish(upstream::make_set(std::move(parts)));
  }
  std::uint64_t counted(Reason reason) const {
    return gateway_->traffic().by_reason[static_cast<std::size_t>(reason)];
  }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(Settle, ARetryRefusedByTheBudgetIsToldAndTheRetryAfterIsPassedOn) {
  open();
  begin();
  use_up_the_budget();
  const std::string answer = gateway_->after(1100ms);
  EXPECT_EQ(status_of(answer), 503) << answer;
  EXPECT_TRUE(has(answer, "\"reason\":\"OS\"")) << answer;
  EXPECT_TRUE(has(answer, "over the retry budget")) << answer;
  EXPECT_TRUE(has(answer, "Retry-After: 1\r\n")) << answer;
  EXPECT_EQ(counted(Reason::overload), 1u);
  EXPECT_EQ(counted(Reason::ok), 0u);
  EXPECT_EQ(gateway_->traffic().errors, 1u);
}

TEST_F(Settle, ARetryWithoutTimeIsADeadline) {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.routes[0].timeout.attempt = 500ms;
  settings.routes[0].timeout.total = 1100ms;
  open(std::move(settings));
  begin();
  gateway_->service().p50_us = 200'000;
  const std::string answer = gateway_->after(1050ms);
  EXPECT_EQ(status_of(answer), 504) << answer;
  EXPECT_TRUE(has(answer, "\"reason\":\"DE\"")) << answer;
  EXPECT_EQ(counted(Reason::deadline), 1u);
  EXPECT_EQ(gateway_->origin().requests(), 1);
}

TEST_F(Settle, OnlyOpenBreakersLeftSaysWhenTheFirstProbes) {
  open();
  begin();
  publish({.eligible = {tried()},
           .total = 2,
           .breakers_open = true,
           .probes_at = gateway_->lane().lane().now() + 8100ms});
  const std::string answer = gateway_->after(1100ms);
  EXPECT_EQ(status_of(answer), 503) << answer;
  EXPECT_TRUE(has(answer, "\"reason\":\"UO\"")) << answer;
  EXPECT_TRUE(has(answer, "Retry-After: 8\r\n")) << answer;
  EXPECT_EQ(counted(Reason::breaker_open), 1u);
}

TEST_F(Settle, NobodyLeftIsNoHostAndKeepsTheRetryAfter) {
  open();
  begin();
  publish({.eligible = {tried()}, .total = 2});
  const std::string answer = gateway_->after(1100ms);
  EXPECT_EQ(status_of(answer), 503) << answer;
  EXPECT_TRUE(has(answer, "\"reason\":\"NH\"")) << answer;
  EXPECT_TRUE(has(answer, "Retry-After: 1\r\n")) << answer;
}

TEST_F(Settle, AClientThatLeavesBeforeTheRetryIsGone) {
  open();
  begin();
  gateway_->drop_client();
  EXPECT_EQ(counted(Reason::client_gone), 1u);
  EXPECT_EQ(counted(Reason::ok), 0u);
}

TEST_F(Settle, AFallbackKnowsWhenTheBreakersOfTheOthersProbe) {
  config::Settings settings = InMemoryGateway::default_settings();
  config::StaticAnswer answer;
  answer.retry_after_auto = true;
  settings.routes[0].fallback = config::Fallback{.answer = answer};
  open(std::move(settings));
  gateway_->origin().response = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
  const auto set = gateway_->service().endpoints.load();
  publish({.eligible = {set->eligible[0]},
           .total = 2,
           .breakers_open = true,
           .probes_at = gateway_->lane().lane().now() + 6500ms});
  const std::string got = gateway_->exchange(kGet);
  EXPECT_TRUE(has(got, "weir-fallback: static\r\n")) << got;
  EXPECT_TRUE(has(got, "Retry-After: 7\r\n")) << got;
}

TEST_F(Settle, TheAdviceFitsWhoRunsTheService) {
  for (const bool run_here : {false, true}) {
    config::Settings settings = InMemoryGateway::default_settings();
    if (run_here) settings.services[0].process = config::Process{.command = {"x"}};
    open(std::move(settings));
    gateway_->publish(1);
    gateway_->origin().refuse = true;
    const std::string answer = gateway_->exchange(kGet);
    EXPECT_EQ(status_of(answer), 502);
    EXPECT_EQ(has(answer, "weir logs origin"), run_here) << answer;
    EXPECT_EQ(has(answer, "10.0.0."), !run_here) << answer;
    EXPECT_FALSE(has(answer, "NAME")) << answer;
  }
}

}  // namespace settle_test
}  // namespace weir::gateway
