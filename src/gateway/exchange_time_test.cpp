// When an exchange ends and how it is told: connect, attempt, total and idle time, refused
// connections, stale pooled connections, and clients that leave. The clock is moved by hand.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace exchange_time_test {

using namespace std::chrono_literals;
using telemetry::Reason;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

class ExchangeTime : public testing::Test {
 protected:
  void open(config::Settings settings = InMemoryGateway::default_settings()) {
    gateway_.emplace(std::move(settings));
    gateway_->origin().response.clear();
    gateway_->connect();
  }
  OriginConnection& origin(std::size_t i = 0) { return *gateway_->origin().connections.at(i); }
  std::string say(std::string_view bytes, std::size_t i = 0) {
    origin(i).pipe->push(bytes);
    return gateway_->after(0s);
  }
  // More of a body than the pipe to the origin holds, of 900,000 bytes announced.
  void block_an_upload() {
    gateway_->origin().deaf = true;
    gateway_->client().push("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
    for (int i = 0; i < 2; ++i) {
      gateway_->client().push(std::string(200'000, 'x'));
      gateway_->lane().run();
    }
  }
  bool upstream_gone(std::size_t i = 0) {
    return origin(i).pipe->peer_ended() || origin(i).pipe->peer_reset();
  }
  std::uint64_t counted(Reason reason) const {
    return gateway_->traffic().by_reason[static_cast<std::size_t>(reason)];
  }
  void expect_problem(const std::string& answer, int status, Reason reason) {
    EXPECT_EQ(status_of(answer), status) << answer;
    const std::string code(telemetry::code(reason));
    EXPECT_TRUE(has(answer, "\"reason\":\"" + code + "\"")) << answer;
    EXPECT_TRUE(has(answer, "Content-Type: application/problem+json\r\n")) << answer;
    EXPECT_TRUE(has(answer, "Proxy-Status: weir; error=")) << answer;
    EXPECT_EQ(counted(reason), 1u) << code;
    EXPECT_EQ(gateway_->traffic().in_flight, 0);
  }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(ExchangeTime, ConnectTimeIs504) {
  open();
  gateway_->origin().hang = true;
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_EQ(gateway_->after(499ms), "");
  expect_problem(gateway_->after(1ms), 504, Reason::connect_failed);
}

TEST_F(ExchangeTime, ARefusedConnectionIs502) {
  open();
  gateway_->origin().refuse = true;
  expect_problem(gateway_->exchange(kGet), 502, Reason::connect_failed);
  gateway_->origin().refuse = false;
  gateway_->origin().response = kOk;
  EXPECT_TRUE(gateway_->exchange(kGet).ends_with("ok")) << "the client's connection lives on";
}

TEST_F(ExchangeTime, NobodyEligibleIs503) {
  open();
  gateway_->service().endpoints.publish(upstream::make_set({.generation = 2}));
  expect_problem(gateway_->exchange(kGet), 503, Reason::no_host);
}

TEST_F(ExchangeTime, AttemptTimeIs504) {
  open();
  gateway_->exchange(kGet);
  EXPECT_EQ(gateway_->after(9999ms), "");
  EXPECT_FALSE(upstream_gone());
  expect_problem(gateway_->after(1ms), 504, Reason::attempt_timeout);
  EXPECT_TRUE(upstream_gone()) << "its late answer is for nobody";
}

TEST_F(ExchangeTime, HalfAHeadDoesNotExtendTheAttempt) {
  open();
  gateway_->exchange(kGet);
  gateway_->after(9s);
  EXPECT_EQ(say("HTTP/1.1 200 OK\r\n"), "");
  EXPECT_EQ(gateway_->after(999ms), "");
  expect_problem(gateway_->after(1ms), 504, Reason::attempt_timeout);
}

TEST_F(ExchangeTime, TotalTimeIs504) {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.routes[0].timeout.total = 12s;
  open(std::move(settings));
  gateway_->limits.body_rate_min = 0;
  // 5 s pass while the chunked body is held; 7 s are left of the total, less than an attempt's 10.
  gateway_->exchange("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  gateway_->after(5s);
  gateway_->exchange("1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(gateway_->origin().requests(), 1);
  EXPECT_EQ(gateway_->after(6999ms), "");
  expect_problem(gateway_->after(1ms), 504, Reason::deadline);
}

TEST_F(ExchangeTime, ALongUploadDoesNotEatTheAnswersTime) {
  open();
  gateway_->exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n");
  for (int second = 0; second < 40; ++second) {
    EXPECT_EQ(gateway_->exchange(std::string(1000, 'x')), "");
    EXPECT_EQ(gateway_->after(1s), "") << second;
  }
  EXPECT_EQ(gateway_->origin().requests(), 1);
  gateway_->after(8s);
  EXPECT_TRUE(say(kOk).ends_with("ok"));
}

TEST_F(ExchangeTime, ASilentBodyIsBrokenOffAtIdleTime) {
  open();
  gateway_->exchange(kGet);
  EXPECT_EQ(status_of(say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")), 200);
  gateway_->after(59'999ms);
  EXPECT_FALSE(gateway_->client().peer_reset());
  EXPECT_EQ(say("d"), "d") << "a byte begins the time anew";
  gateway_->after(59'999ms);
  EXPECT_FALSE(gateway_->client().peer_reset());
  gateway_->after(1ms);
  EXPECT_TRUE(gateway_->client().peer_reset()) << "never a clean end";
  EXPECT_TRUE(upstream_gone());
  EXPECT_EQ(counted(Reason::body_broken), 1u);
}

TEST_F(ExchangeTime, AClientThatDoesNotReadEndsAtWriteIdle) {
  open();
  gateway_->client().push(kGet);
  gateway_->lane().run();
  gateway_->origin().serve();
  origin().pipe->push("HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n" +
                      std::string(200'000, 'x'));
  gateway_->lane().run();
  origin().pipe->push(std::string(200'000, 'x'));
  gateway_->lane().advance(29'999ms);
  EXPECT_FALSE(upstream_gone());
  gateway_->lane().advance(1ms);
  EXPECT_TRUE(upstream_gone());
  EXPECT_EQ(counted(Reason::client_gone), 1u);
}

TEST_F(ExchangeTime, AnEndBeforeTheHeadIs502) {
  open();
  gateway_->exchange(kPost);
  origin().pipe->end_writing();
  expect_problem(gateway_->after(0s), 502, Reason::upstream_closed);
}

// ---- pooled connections that died meanwhile

TEST_F(ExchangeTime, AStaleConnectionIsReplacedForGet) {
  open();
  gateway_->exchange(kGet);
  say(kOk);
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_EQ(origin().requests, 2) << "the pooled one was taken";
  origin().pipe->end_writing();  // it had closed just then
  EXPECT_EQ(gateway_->after(0s), "");
  ASSERT_EQ(gateway_->origin().connections.size(), 2u);
  EXPECT_EQ(origin(1).requests, 1);
  EXPECT_TRUE(say(kOk, 1).ends_with("ok"));
  EXPECT_EQ(counted(Reason::ok), 2u);
}

TEST_F(ExchangeTime, OnlyOnce) {
  open();
  gateway_->exchange(kGet);
  say(kOk);
  gateway_->exchange(kGet);
  origin().pipe->end_writing();
  gateway_->after(0s);
  origin(1).pipe->end_writing();
  expect_problem(gateway_->after(0s), 502, Reason::upstream_closed);
  EXPECT_EQ(gateway_->origin().connections.size(), 2u);
}

TEST_F(ExchangeTime, AStaleConnectionIsNotReplacedForPost) {
  open();
  gateway_->exchange(kPost);
  say(kOk);
  gateway_->exchange(kPost);
  EXPECT_EQ(origin().requests, 2);
  origin().pipe->end_writing();
  expect_problem(gateway_->after(0s), 502, Reason::upstream_closed);
  EXPECT_EQ(gateway_->origin().connections.size(), 1u) << "it may have had an effect";
}

TEST_F(ExchangeTime, AConnectionKnownToBeDeadIsNotUsedForPost) {
  open();
  gateway_->exchange(kPost);
  say(kOk);
  origin().pipe->end_writing();
  gateway_->exchange(kPost);
  EXPECT_EQ(gateway_->origin().connections.size(), 2u);
  EXPECT_TRUE(say(kOk, 1).ends_with("ok"));
}

TEST_F(ExchangeTime, AfterOneByteOfTheAnswerNothingIsTriedAgain) {
  open();
  gateway_->exchange(kGet);
  say(kOk);
  gateway_->exchange(kGet);
  say("H");
  origin().pipe->end_writing();
  expect_problem(gateway_->after(0s), 502, Reason::upstream_closed);
  EXPECT_EQ(gateway_->origin().connections.size(), 1u);
}

TEST_F(ExchangeTime, APutWithItsBodyInHandIsSentAgain) {
  open();
  const std::string put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
  gateway_->exchange(put);
  say(kOk);
  gateway_->exchange(put);
  origin().pipe->end_writing();
  gateway_->after(0s);
  ASSERT_EQ(gateway_->origin().connections.size(), 2u);
  EXPECT_EQ(origin(1).last_body, "ab");
  EXPECT_TRUE(say(kOk, 1).ends_with("ok"));
}

// ---- whatever happens to it, a body is never the gateway's next request

enum class Fate { refused, hangs, nobody, ends, stale, silent, bad_head, answered };

TEST_F(ExchangeTime, AFailedRequestsBodyIsNeverTheNextRequest) {
  const std::string evil = "GET /evil HTTP/1.1\r\nHost: a\r\nX: 1234567\r\n\r\n";
  const std::string size = std::to_string(evil.size());
  const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string method : {"POST", "PUT"}) {
    for (const std::size_t late : {std::size_t{0}, std::size_t{5}, evil.size()}) {
      for (int fate = 0; fate <= static_cast<int>(Fate::answered); ++fate) {
        SCOPED_TRACE(method + ", late " + std::to_string(late) + ", fate " + std::to_string(fate));
        open();
        Origin& from = gateway_->origin();
        from.response = kOk;
        if (fate == static_cast<int>(Fate::stale)) gateway_->exchange(kGet);
        from.refuse = fate == static_cast<int>(Fate::refused);
        from.hang = fate == static_cast<int>(Fate::hangs);
        const bool silent = fate == static_cast<int>(Fate::silent);
        const bool ends =
            fate == static_cast<int>(Fate::ends) || fate == static_cast<int>(Fate::stale);
        if (silent || ends) from.response.clear();
        if (fate == static_cast<int>(Fate::bad_head)) from.response = "HTTP/1.1 20\r\n\r\n";
        if (fate == static_cast<int>(Fate::nobody)) {
          gateway_->service().endpoints.publish(upstream::make_set({.generation = 2}));
        }
        const std::string bytes = method + " /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + size +
                                  "\r\n\r\n" + evil + next;
        gateway_->exchange(bytes.substr(0, bytes.size() - next.size() - late));
        if (ends && !from.connections.empty()) from.connections.back()->pipe->end_writing();
        gateway_->after(0s);
        gateway_->exchange(bytes.substr(bytes.size() - next.size() - late));
        from.response = kOk;
        from.refuse = from.hang = false;
        gateway_->after(11s);
        const std::string received = from.received();
        EXPECT_FALSE(has(received, "/evil HTTP/1.1\r\nHost: a\r\nX-Forwarded-For")) << received;
        EXPECT_FALSE(has(received, "/evil HTTP/1.1\r\nHost: a\r\nX: 1234567\r\nX-For")) << received;
      }
    }
  }
}

// ---- clients that leave

TEST_F(ExchangeTime, AClientThatLeavesEndsTheWaitForTheUpstream) {
  open();
  gateway_->exchange(kGet);
  EXPECT_FALSE(upstream_gone());
  gateway_->drop_client();
  EXPECT_TRUE(upstream_gone());
  EXPECT_EQ(counted(Reason::client_gone), 1u);
  EXPECT_EQ(gateway_->traffic().errors, 0u) << "not the service's failure";
}

TEST_F(ExchangeTime, AClientThatLeavesInTheBodyClosesTheUpstream) {
  open();
  gateway_->exchange(kGet);
  say("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\nabc");
  gateway_->drop_client();
  origin().pipe->push(std::string(100'000, 'x'));
  gateway_->after(0s);
  EXPECT_TRUE(upstream_gone());
  EXPECT_EQ(counted(Reason::client_gone), 1u);
}

TEST_F(ExchangeTime, AClientThatLeavesIsNoticedWhileTheUpstreamDoesNotRead) {
  open();
  block_an_upload();
  EXPECT_FALSE(upstream_gone());
  gateway_->drop_client();
  EXPECT_TRUE(upstream_gone());
  EXPECT_EQ(counted(Reason::client_gone), 1u);
}

TEST_F(ExchangeTime, AnAnswerIsRelayedWhileTheUpstreamDoesNotRead) {
  open();
  block_an_upload();
  EXPECT_EQ(say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"), "");
  EXPECT_EQ(gateway_->after(999ms), "") << "it may read on";
  EXPECT_EQ(status_of(gateway_->after(1ms)), 413);
}

TEST_F(ExchangeTime, AnUploadThatWasCutIsNeverTakenUpAgain) {
  open();
  block_an_upload();
  say("HTTP/1.1 102 Processing\r\n\r\n");
  gateway_->after(1s);  // it does not read on: the body is cut inside a piece
  gateway_->origin().deaf = false;
  gateway_->client().push("\r\n" + kGet);
  gateway_->after(0s);
  const std::string answer = say(kOk);
  EXPECT_TRUE(has(answer, "200 OK")) << answer;
  gateway_->after(2s);
  EXPECT_EQ(gateway_->origin().requests(), 0) << "neither the cut one nor one made of its body";
  EXPECT_TRUE(gateway_->client().peer_ended() || gateway_->client().peer_reset());
  EXPECT_TRUE(upstream_gone());
}

TEST_F(ExchangeTime, AnUnfinishedBodyIsUnfinishedAtTheOriginToo) {
  for (const std::string request : {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcd",
                                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"}) {
    for (const bool half_close : {false, true}) {
      open();
      gateway_->exchange(request);
      if (half_close) {
        gateway_->client().end_writing();
        gateway_->after(0s);
      } else {
        gateway_->drop_client();
      }
      EXPECT_EQ(gateway_->origin().requests(), 0);
      EXPECT_TRUE(origin().pipe->peer_reset()) << "a reset: not even the end of a body";
    }
  }
}

TEST_F(ExchangeTime, AHeldChunkedBodyThatBreaksIsNeverSeen) {
  open();
  gateway_->exchange(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
  gateway_->drop_client();
  EXPECT_EQ(gateway_->origin().received(), "");
}

TEST_F(ExchangeTime, AChunkedBodyThatBreaksLaterNeverGetsALastChunk) {
  for (const std::string rest : {"", "zz\r\n", "5\r\nhelloXX"}) {
    open();
    gateway_->limits.hold_time = 100ms;
    gateway_->exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
    gateway_->after(100ms);
    EXPECT_TRUE(has(gateway_->origin().received(), "4\r\nabcd\r\n")) << "the hold is over";
    if (rest.empty()) {
      gateway_->drop_client();
    } else {
      const std::string answer = gateway_->exchange(rest);
      EXPECT_EQ(status_of(answer), 400) << rest;
      EXPECT_TRUE(has(answer, "Connection: close\r\n"));
    }
    EXPECT_EQ(gateway_->origin().requests(), 0) << rest;
    EXPECT_FALSE(has(gateway_->origin().received(), "\r\n0\r\n")) << rest;
    EXPECT_TRUE(origin().pipe->peer_reset()) << rest;
  }
}

TEST_F(ExchangeTime, TheHoldEndsAt16KiBOrItsTimeAndNotBefore) {
  open();
  gateway_->limits.hold_time = 100ms;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  gateway_->exchange(head + "4\r\nabcd\r\n");
  gateway_->after(99ms);
  EXPECT_EQ(gateway_->origin().received(), "");
  gateway_->after(1ms);
  EXPECT_TRUE(has(gateway_->origin().received(), "4\r\nabcd\r\n"));
  open();
  gateway_->exchange(head + "3fff\r\n" + std::string(16'383, 'x') + "\r\n");
  EXPECT_EQ(gateway_->origin().received(), "");
  gateway_->exchange("1\r\nx\r\n");
  EXPECT_NE(gateway_->origin().received(), "");
}

}  // namespace exchange_time_test
}  // namespace weir::gateway
