// A second request beside a slow one, seen from both ends of the gateway.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace hedge_test {

using namespace std::chrono_literals;
using telemetry::Reason;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kBusy = "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Hedge : public testing::Test {
 protected:
  void SetUp() override { open(); }
  /// Endpoints that do not answer; 20 ms is slow.
  void open(auto change, std::uint32_t endpoints = 2) {
    config::Settings settings = InMemoryGateway::default_settings();
    settings.routes[0].retry.hedge = true;
    settings.services[0].breaker.enabled = true;
    change(settings);
    gateway_.emplace(std::move(settings));
    gateway_->publish(endpoints);
    gateway_->connect();
    gateway_->service().p95_us = 20'000;
    origin().response.clear();
  }
  void open() {
    open([](config::Settings&) {});
  }
  Origin& origin() { return gateway_->origin(); }
  OriginConnection& connection(std::size_t i) { return *origin().connections.at(i); }
  bool is_gone(std::size_t i) {
    return connection(i).pipe->peer_ended() || connection(i).pipe->peer_reset();
  }
  std::string say(std::size_t i, const std::string& bytes) {
    connection(i).pipe->push(bytes);
    return gateway_->after(0ms);
  }
  upstream::Endpoint& endpoint_of(std::size_t i) {
    const auto set = gateway_->service().endpoints.load();
    for (const auto& each : set->eligible) {
      if (each->address == connection(i).host + ":80") return *each;
    }
    ADD_FAILURE() << "no such endpoint";
    return *set->eligible[0];
  }
  /// The first request waits and the second has been sent.
  void begin(const std::string& request = kGet) {
    EXPECT_EQ(gateway_->exchange(request), "");
    EXPECT_EQ(gateway_->after(19ms), "");
    ASSERT_EQ(origin().requests(), 1) << "not yet";
    EXPECT_EQ(gateway_->after(1ms), "");
    ASSERT_EQ(origin().requests(), 2);
    ASSERT_NE(connection(0).host, connection(1).host);
  }
  /// Nothing more was learned or is held anywhere.
  void expect_rest() {
    EXPECT_EQ(gateway_->traffic().in_flight, 0);
    EXPECT_EQ(gateway_->service().in_flight.load(), 0u);
    for (const auto& each : gateway_->service().endpoints.load()->eligible) {
      EXPECT_EQ(each->in_flight.load(), 0u) << each->name;
      EXPECT_EQ(each->traffic.total().in_flight, 0) << each->name;
    }
    EXPECT_EQ(budget().on_wire, 0u);
  }
  balance::RetryBudget::View budget() {
    return gateway_->service().retry_budget.view(gateway_->lane().lane().now());
  }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(Hedge, TheSecondIsPassedOnWhenItIsFirstAndTheFirstCountsForNothing) {
  begin();
  EXPECT_EQ(budget().retries, 1u);
  EXPECT_EQ(budget().on_wire, 1u);
  const std::string answer = say(1, ok("second"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nsecond")) << answer;
  EXPECT_TRUE(is_gone(0));
  EXPECT_FALSE(is_gone(1)) << "it is kept for the next request";
  const auto first = endpoint_of(0).traffic.total();
  EXPECT_EQ(first.requests, 0u);
  EXPECT_EQ(first.errors, 0u);
  EXPECT_EQ(endpoint_of(0).breaker.snapshot().failures, 0u);
  EXPECT_EQ(endpoint_of(1).traffic.total().requests, 1u);
  const auto kept = gateway_->proxy().decisions().newest(1);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(kept[0].flags.has(telemetry::Flag::hedged));
  EXPECT_FALSE(kept[0].flags.has(telemetry::Flag::retried));
  EXPECT_EQ(kept[0].attempts_made, 2u);
  EXPECT_TRUE(kept[0].attempts.notes[0].is_cancelled);
  EXPECT_TRUE(kept[0].attempts.notes[1].is_hedge);
  EXPECT_EQ(kept[0].attempts.notes[1].status, 200);
  expect_rest();
}

TEST_F(Hedge, TheFirstIsPassedOnWhenItIsFirst) {
  begin();
  EXPECT_TRUE(say(0, ok("first")).ends_with("\r\n\r\nfirst"));
  EXPECT_TRUE(is_gone(1));
  EXPECT_FALSE(is_gone(0));
  EXPECT_EQ(endpoint_of(1).traffic.total().requests, 0u);
  EXPECT_EQ(endpoint_of(0).traffic.total().requests, 1u);
  expect_rest();
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_FALSE(is_gone(0)) << "the connection is of use";
}

TEST_F(Hedge, PartOfAHeadIsNotAHead) {
  begin();
  EXPECT_EQ(say(0, "HTTP/1.1 200 OK\r\nContent-Le"), "");
  EXPECT_TRUE(say(1, ok("second")).ends_with("\r\n\r\nsecond"));
  EXPECT_TRUE(is_gone(0));
  expect_rest();
  open();
  begin();
  EXPECT_EQ(say(0, "HTTP/1.1 200 OK\r\nContent-Le"), "");
  EXPECT_EQ(say(1, "HTTP/1.1 200"), "");
  EXPECT_TRUE(say(0, "ngth: 1\r\n\r\nx").ends_with("\r\n\r\nx"));
  expect_rest();
}

TEST_F(Hedge, ItIsNotBegunWhereItMayNotBe) {
  const std::string body = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
  const auto expect_one = [&](const char* why, const std::string& request = kGet) {
    EXPECT_EQ(gateway_->exchange(request), "");
    EXPECT_EQ(gateway_->after(500ms), "");
    EXPECT_EQ(origin().requests(), 1) << why;
    EXPECT_TRUE(say(0, ok("x")).ends_with("x")) << why;
    expect_rest();
  };
  open([](config::Settings& s) { s.routes[0].retry.hedge = false; });
  expect_one("it is off by default");
  open();
  expect_one("a body", body);
  open();
  expect_one("not idempotent", post);
  open();
  gateway_->service().p95_us = 0;
  expect_one("nobody knows what is slow");
  open([](config::Settings& s) { s.routes[0].retry.attempts = 1; });
  expect_one("one attempt");
  open([](config::Settings&) {}, 1);
  expect_one("one endpoint");
  open();
  while (gateway_->service().retry_budget.ask(gateway_->lane().lane().now(), 0, true)) {
  }
  expect_one("no budget");
  open();
  const auto set = gateway_->service().endpoints.load();
  gateway_->service().endpoints.publish(upstream::make_set(
      {.generation = 9, .policy = set->policy, .eligible = set->eligible, .panic = true}));
  expect_one("panic");
  open(
      [](config::Settings& s) { s.routes[0].timeout.attempt = s.routes[0].timeout.total = 600ms; });
  gateway_->service().p50_us = 590'000;
  expect_one("no time");
}

TEST_F(Hedge, TenMillisecondsAreNeverSlow) {
  gateway_->service().p95_us = 300;
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_EQ(gateway_->after(9ms), "");
  EXPECT_EQ(origin().requests(), 1);
  gateway_->after(1ms);
  EXPECT_EQ(origin().requests(), 2);
}

TEST_F(Hedge, ASecondThatFailsLeavesTheFirst) {
  for (const std::string how : {"ends", "busy", "nonsense"}) {
    open();
    begin();
    if (how == "ends") connection(1).pipe->end_writing();
    EXPECT_EQ(how == "busy"       ? say(1, kBusy)
              : how == "nonsense" ? say(1, "SIP/2.0 1\r\n\r\n")
                                  : gateway_->after(0ms),
              "")
        << how;
    EXPECT_EQ(endpoint_of(1).breaker.snapshot().failures, 1u) << how;
    EXPECT_TRUE(is_gone(1)) << how;
    EXPECT_TRUE(say(0, ok("first")).ends_with("first")) << how;
    EXPECT_EQ(endpoint_of(0).breaker.snapshot().failures, 0u) << how;
    expect_rest();
  }
}

TEST_F(Hedge, ASecondThatCannotConnectLeavesTheFirst) {
  EXPECT_EQ(gateway_->exchange(kGet), "");
  origin().refuse = true;
  EXPECT_EQ(gateway_->after(20ms), "");
  EXPECT_TRUE(say(0, ok("first")).ends_with("first"));
  expect_rest();
  open();
  EXPECT_EQ(gateway_->exchange(kGet), "");
  origin().hang = true;
  EXPECT_EQ(gateway_->after(20ms), "");
  EXPECT_TRUE(say(0, ok("first")).ends_with("first")) << "nobody waits for the connection";
  expect_rest();
}

TEST_F(Hedge, AFirstThatFailsLeavesTheSecond) {
  for (const std::string how : {"ends", "busy", "nonsense"}) {
    open();
    begin();
    if (how == "ends") connection(0).pipe->end_writing();
    EXPECT_EQ(how == "busy"       ? say(0, kBusy)
              : how == "nonsense" ? say(0, "SIP/2.0 1\r\n\r\n")
                                  : gateway_->after(0ms),
              "")
        << how;
    EXPECT_EQ(endpoint_of(0).breaker.snapshot().failures, 1u) << how;
    EXPECT_TRUE(say(1, ok("second")).ends_with("second")) << how;
    EXPECT_EQ(endpoint_of(1).breaker.snapshot().failures, 0u) << how;
    expect_rest();
  }
}

TEST_F(Hedge, AFirstThatFailsWhileTheSecondConnectsIsWaitedFor) {
  EXPECT_EQ(gateway_->exchange(kGet), "");
  origin().hang = true;
  EXPECT_EQ(gateway_->after(20ms), "");
  connection(0).pipe->end_writing();
  EXPECT_EQ(gateway_->after(0ms), "");
  EXPECT_EQ(gateway_->after(499ms), "");
  EXPECT_EQ(status_of(gateway_->after(1ms)), 502);
  expect_rest();
}

TEST_F(Hedge, WhenBothFailAThirdIsTried) {
  open([](config::Settings&) {}, 3);
  begin();
  say(0, kBusy);
  EXPECT_EQ(say(1, kBusy), "");
  gateway_->after(250ms);
  ASSERT_EQ(origin().connections.size(), 3u);
  EXPECT_TRUE(say(2, ok("third")).ends_with("third"));
  expect_rest();
  const auto kept = gateway_->proxy().decisions().newest(1);
  EXPECT_TRUE(kept[0].flags.has(telemetry::Flag::retried));
  EXPECT_TRUE(kept[0].flags.has(telemetry::Flag::hedged));
}

TEST_F(Hedge, BothEndAtTheAttemptsTime) {
  begin();
  EXPECT_EQ(gateway_->after(9979ms), "");
  const std::string late = gateway_->after(1ms);
  EXPECT_EQ(status_of(late), 504) << late;
  EXPECT_TRUE(is_gone(0) && is_gone(1));
  EXPECT_EQ(endpoint_of(0).breaker.snapshot().failures, 1u);
  EXPECT_EQ(endpoint_of(1).breaker.snapshot().failures, 0u) << "it had less time";
  expect_rest();
}

TEST_F(Hedge, AClientThatLeavesEndsBoth) {
  for (int stage = 0; stage < 4; ++stage) {
    open();
    if (stage == 0) {
      gateway_->exchange(kGet);
    } else if (stage == 1) {
      gateway_->exchange(kGet);
      origin().hang = true;
      gateway_->after(20ms);
    } else {
      begin();
      if (stage == 3) say(0, kBusy);
    }
    gateway_->drop_client();
    for (std::size_t i = 0; i < origin().connections.size(); ++i) {
      EXPECT_TRUE(is_gone(i)) << stage << i;
    }
    expect_rest();
    EXPECT_EQ(gateway_->traffic().by_reason[static_cast<std::size_t>(Reason::client_gone)], 1u);
  }
}

TEST_F(Hedge, APooledConnectionThatHadClosedIsNoFailure) {
  origin().response = ok("x");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(status_of(gateway_->exchange(kGet)), 200);
  ASSERT_EQ(origin().connections.size(), 2u) << "both endpoints have one";
  origin().response.clear();
  EXPECT_EQ(gateway_->exchange(kGet), "");
  gateway_->after(20ms);
  EXPECT_EQ(origin().requests(), 4);
  connection(0).pipe->end_writing();
  EXPECT_EQ(gateway_->after(0ms), "");
  EXPECT_EQ(endpoint_of(0).breaker.snapshot().failures, 0u);
  EXPECT_TRUE(say(1, ok("second")).ends_with("second"));
  expect_rest();
}

TEST_F(Hedge, AnEndpointThatLeavesMeanwhileIsSafe) {
  EXPECT_EQ(gateway_->exchange(kGet), "");
  const auto set = gateway_->service().endpoints.load();
  const bool first = connection(0).host == "10.0.0.1";
  gateway_->service().endpoints.publish(upstream::make_set(
      {.generation = 9, .policy = set->policy, .eligible = {set->eligible[first]}}));
  gateway_->after(20ms);
  EXPECT_EQ(origin().requests(), 2);
  EXPECT_TRUE(say(0, ok("first")).ends_with("first"));
  expect_rest();
}

TEST_F(Hedge, EverythingSlowCostsAtMost120Percent) {
  open([](config::Settings&) {}, 4);
  origin().response = ok("x");
  int clients = 0;
  for (int i = 0; i < 1000; ++i, ++clients) {  // 100/s, all answered after 30 ms
    gateway_->connect();
    gateway_->client().push(kGet);
    for (int step = 0; step < 3; ++step) {
      gateway_->lane().advance(10ms);
      if (step == 2) origin().serve();
      gateway_->lane().run();
    }
  }
  const auto view = budget();
  EXPECT_GT(view.retries, 0u);
  EXPECT_LE(view.retries, view.allowed);
  EXPECT_LE(view.amplification, 1.2 + 30.0 / static_cast<double>(view.first_attempts));
}

}  // namespace hedge_test
}  // namespace weir::gateway
