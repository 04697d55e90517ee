// Retries, breakers and fallbacks, seen from both ends of the gateway. The clock is moved by hand.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace resilience_test {

using namespace std::chrono_literals;
using telemetry::Reason;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string kBusy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

config::Settings with(auto change) {
  config::Settings settings = InMemoryGateway::default_settings();
  change(settings);
  return settings;
}

class Resilience : public testing::Test {
 protected:
  void open(std::uint32_t endpoints,
            config::Settings settings = InMemoryGateway::default_settings()) {
    gateway_.emplace(std::move(settings));
    gateway_->publish(endpoints);
    gateway_->connect();
  }
  Origin& origin() { return gateway_->origin(); }
  /// Sends and lets back-off pass: what came back.
  std::string ask(const std::string& request) {
    std::string answer = gateway_->exchange(request);
    for (int i = 0; i < 20 && answer.empty(); ++i) answer = gateway_->after(50ms);
    return answer;
  }
  /// Connections on which at least a byte arrived.
  int touched() {
    int count = 0;
    for (const auto& each : origin().connections) count += each->received.empty() ? 0 : 1;
    return count;
  }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(Resilience, AGetIsTriedOnAnotherEndpointWhenOneRefuses) {
  open(2);
  origin().refusing = {"10.0.0.1"};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(status_of(ask(kGet)), 200);
  EXPECT_EQ(gateway_->traffic().errors, 0u);
}

TEST_F(Resilience, AGetIsTriedAgainAfterAResetAndAfterA503) {
  open(2);
  origin().responses["10.0.0.1"] = kBusy;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(has(ask(kGet), "\r\n\r\nok"));
  open(3);
  origin().reset_at = kGet.size();
  EXPECT_EQ(status_of(ask(kGet)), 502);
  EXPECT_EQ(touched(), 3) << "three attempts, each elsewhere";
}

TEST_F(Resilience, NoEndpointIsTriedTwice) {
  open(2);
  origin().reset_at = 1;
  EXPECT_EQ(status_of(ask(kGet)), 502);
  std::set<std::string> hosts;
  for (const auto& each : origin().connections) EXPECT_TRUE(hosts.insert(each->host).second);
  EXPECT_EQ(hosts.size(), 2u);
}

TEST_F(Resilience, APostIsNeverSentAgainWhereverTheUpstreamBreaks) {
  open(1);
  ask(kPost);
  const std::size_t whole = origin().received().size();  // as the gateway writes it
  ASSERT_GT(whole, 50u);
  for (std::size_t at = 0; at <= whole; ++at) {
    open(3);
    origin().reset_at = at;
    EXPECT_EQ(status_of(ask(kPost)), 502) << at;
    EXPECT_LE(touched(), 1) << at;
    EXPECT_EQ(origin().connections.size(), 1u) << at;
  }
}

TEST_F(Resilience, APostThatWasNeverSentIsTriedElsewhere) {
  open(2);
  origin().refusing = {"10.0.0.1"};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(status_of(ask(kPost)), 200);
  EXPECT_EQ(origin().requests(), 4);
}

TEST_F(Resilience, A503ToAPostIsPassedOn) {
  open(2);
  origin().response = kBusy;
  EXPECT_TRUE(has(ask(kPost), "busy"));
  EXPECT_EQ(origin().requests(), 1);
}

TEST_F(Resilience, AnIdempotencyKeyMakesAPostRepeatableWhereTheRouteSaysSo) {
  const std::string post =
      "POST / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 7\r\nContent-Length: 1\r\n\r\nx";
  open(2);
  origin().reset_at = 1;
  EXPECT_EQ(status_of(ask(post)), 502);
  EXPECT_EQ(touched(), 1);
  open(2, with([](config::Settings& s) { s.routes[0].retry.idempotency_key = true; }));
  origin().reset_at = 1;
  EXPECT_EQ(status_of(ask(post)), 502);
  EXPECT_EQ(touched(), 2);
}

TEST_F(Resilience, APutIsSentAgainWithItsWholeBody) {
  open(2);
  origin().responses["10.0.0.1"] = kBusy;
  const std::string put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(has(ask(put), "\r\n\r\nok"));
  for (const auto& each : origin().connections) {
    EXPECT_EQ(each->last_body, "hello");
    EXPECT_FALSE(each->malformed);
  }
  const std::string next = ask(kGet);
  EXPECT_EQ(status_of(next), 200) << "the kept body is not the next request: " << next;
}

TEST_F(Resilience, AChunkedPutIsSentAgainWhenAllOfItIsHeld) {
  open(2);
  origin().responses["10.0.0.1"] = kBusy;
  const std::string put =
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(has(ask(put), "\r\n\r\nok"));
  for (const auto& each : origin().connections) EXPECT_EQ(each->last_body, "hello");
  EXPECT_EQ(status_of(ask(kGet)), 200);
}

TEST_F(Resilience, TheBackOffWaitsAndEndsWithTheClient) {
  open(2);
  origin().reset_at = 1;
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_LE(touched(), 2);
  gateway_->drop_client();
  gateway_->after(1s);
  EXPECT_LE(touched(), 2);
  EXPECT_EQ(gateway_->traffic().in_flight, 0);
}

TEST_F(Resilience, AHalfClosedClientIsServedAfterABackOff) {
  open(2);
  origin().responses["10.0.0.1"] = kBusy;
  for (int i = 0; i < 2; ++i) {
    gateway_->connect();
    gateway_->client().push(kGet);
    gateway_->client().end_writing();
    EXPECT_EQ(status_of(ask("")), 200) << i;
  }
}

TEST_F(Resilience, ARetryAfterOfTheUpstreamIsWaitedForWhenShort) {
  open(2);
  const std::string wait = "HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
  origin().responses["10.0.0.1"] = origin().responses["10.0.0.2"] = wait;
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_EQ(origin().requests(), 1);
  EXPECT_EQ(gateway_->after(999ms), "");
  EXPECT_EQ(origin().requests(), 1) << "not yet";
  EXPECT_EQ(status_of(ask("")), 503);
  EXPECT_EQ(origin().requests(), 2);
}

TEST_F(Resilience, ALongRetryAfterEndsTheRetries) {
  open(2);
  origin().response = "HTTP/1.1 503 No\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 503);
  EXPECT_EQ(origin().requests(), 1);
}

TEST_F(Resilience, TheTotalTimeIsSharedByAllAttempts) {
  open(3, with([](config::Settings& s) {
         s.routes[0].timeout.attempt = 400ms;
         s.routes[0].timeout.total = 1s;
       }));
  origin().response.clear();
  gateway_->exchange(kGet);
  std::string answer;
  base::Duration waited{};
  while (answer.empty() && waited < 5s) {
    answer = gateway_->after(10ms);
    waited += 10ms;
  }
  EXPECT_EQ(status_of(answer), 504);
  EXPECT_LE(waited, 1010ms);
  EXPECT_GE(touched(), 2);
}

TEST_F(Resilience, AFailingServiceCostsAtMost120PercentOfItsRequests) {
  open(4);
  origin().reset_at = 1;
  constexpr int kRequests = 6000;  // 100/s for 60 s
  for (int i = 0; i < kRequests; ++i) {
    if (i % 20 == 0) gateway_->connect();
    gateway_->client().push(kGet);
    gateway_->lane().run();
    origin().serve();
    gateway_->lane().advance(10ms);
    origin().serve();
    gateway_->lane().run();
    origin().serve();
    gateway_->lane().run();
  }
  gateway_->after(5s);
  const double attempts = touched();
  EXPECT_LE(attempts / kRequests, 1.20 + 30.0 / kRequests);
  EXPECT_GT(attempts / kRequests, 1.0);
}

config::Settings breaking(std::uint32_t retries = 1) {
  return with([&](config::Settings& s) {
    s.services[0].breaker.enabled = true;
    s.routes[0].retry.attempts = retries;
  });
}

TEST_F(Resilience, TheBreakerOpensAfterExactlyFiveFailuresAndProbesAfter30Seconds) {
  open(1, breaking());
  origin().response = kBusy;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of(ask(kGet)), 503);
  EXPECT_EQ(origin().requests(), 5);
  const std::string refused = ask(kGet);
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_TRUE(has(refused, "\"reason\":\"UO\"")) << refused;
  EXPECT_TRUE(has(refused, "Retry-After: ")) << refused;
  EXPECT_EQ(origin().requests(), 5);
  gateway_->after(29s);
  ask(kGet);
  EXPECT_EQ(origin().requests(), 5) << "not yet";
  gateway_->after(5s);  // 30 s and at most 10 % more
  origin().response = kOk;
  gateway_->connect();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of(ask(kGet)), 200) << i;
  EXPECT_EQ(origin().requests(), 10);
}

TEST_F(Resilience, OneFailedProbeOpensItAgain) {
  open(1, breaking());
  origin().response = kBusy;
  for (int i = 0; i < 5; ++i) ask(kGet);
  gateway_->after(34s);
  gateway_->connect();
  EXPECT_EQ(status_of(ask(kGet)), 503);
  EXPECT_EQ(origin().requests(), 6) << "the probe";
  EXPECT_TRUE(has(ask(kGet), "\"reason\":\"UO\""));
  EXPECT_EQ(origin().requests(), 6);
}

TEST_F(Resilience, AtMostThreeProbesAtOnce) {
  open(1, breaking());
  origin().response = kBusy;
  for (int i = 0; i < 5; ++i) ask(kGet);
  gateway_->after(34s);
  origin().response.clear();  // it does not answer
  std::vector<std::unique_ptr<net::PipeStream>> clients;
  for (int i = 0; i < 8; ++i) {
    gateway_->connect();
    gateway_->exchange(kGet);
    clients.push_back(gateway_->keep_client());
  }
  EXPECT_EQ(origin().requests(), 5 + 3);
}

TEST_F(Resilience, A4xxAndAClientThatLeavesAreNoFailures) {
  open(1, breaking());
  origin().response = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status_of(ask(kGet)), 404);
  origin().response.clear();
  for (int i = 0; i < 10; ++i) {
    gateway_->connect();
    gateway_->exchange(kGet);
    gateway_->drop_client();
  }
  origin().response = kOk;
  gateway_->connect();
  EXPECT_EQ(status_of(ask(kGet)), 200);
}

TEST_F(Resilience, AnOpenBreakerOfOneEndpointSendsTheRestElsewhere) {
  open(3, breaking(3));
  origin().responses["10.0.0.2"] = kBusy;
  for (int i = 0; i < 60; ++i) EXPECT_EQ(status_of(ask(kGet)), 200) << i;
  int bad = 0;
  for (const auto& each : origin().connections)
    bad += each->host == "10.0.0.2" ? each->requests : 0;
  EXPECT_EQ(bad, 5);
}

config::Settings falling_back() {
  return with([](config::Settings& s) {
    config::StaticAnswer answer;
    answer.status = 200;
    answer.body = "sorry";
    answer.headers = {{"Content-Type", "text/plain"}};
    s.routes[0].fallback = config::Fallback{.answer = answer};
    s.services[0].breaker.enabled = true;
  });
}

TEST_F(Resilience, AFallbackAnswersAfterTheLastFailureAndCountsAsOne) {
  open(2, falling_back());
  origin().response = kBusy;
  const std::string answer = ask(kGet);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(has(answer, "weir-fallback: static\r\n")) << answer;
  EXPECT_TRUE(has(answer, "Proxy-Status: weir; details=\"fallback\"")) << answer;
  EXPECT_TRUE(has(answer, "\r\n\r\nsorry"));
  EXPECT_EQ(origin().requests(), 2);
  EXPECT_EQ(gateway_->traffic().errors, 1u);
  EXPECT_EQ(gateway_->service().fallbacks.load(), 1u);
}

TEST_F(Resilience, NoFallbackHidesTheClientsOwnMistake) {
  config::Settings settings = falling_back();
  settings.routes[0].body_max = 4;
  open(1, settings);
  const std::string large =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n";
  EXPECT_EQ(status_of(ask(large)), 413);
  EXPECT_EQ(gateway_->service().fallbacks.load(), 0u);
}

TEST_F(Resilience, AStreamEndsItsProbeWhenItsHeadIsHere) {
  open(1, breaking());
  origin().response = kBusy;
  for (int i = 0; i < 5; ++i) ask(kGet);
  gateway_->after(34s);
  gateway_->connect();
  origin().response = "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\nbegins";
  for (int i = 0; i < 3; ++i) {
    gateway_->connect();
    EXPECT_TRUE(has(gateway_->exchange(kGet), "begins"));
  }
  EXPECT_EQ(gateway_->service().breaker.snapshot().state, balance::BreakerState::closed);
}

TEST_F(Resilience, ABodyOverTheBufferIsNotRepeated) {
  open(2, with([](config::Settings& s) { s.routes[0].retry.buffer = 4; }));
  origin().reset_at = 1;
  EXPECT_EQ(status_of(ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")), 502);
  EXPECT_EQ(touched(), 1);
}

TEST_F(Resilience, AFallbackAnswersAtOnceWhileTheBreakerIsOpen) {
  open(1, falling_back());
  origin().refuse = true;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(has(ask(kGet), "sorry"));
  origin().refuse = false;
  EXPECT_TRUE(has(gateway_->exchange(kGet), "sorry"));
  EXPECT_EQ(origin().connections.size(), 0u);
}

}  // namespace resilience_test
}  // namespace weir::gateway
