// Another service answers for the one that failed.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace fallback_service_test {

using namespace std::chrono_literals;
using telemetry::Reason;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPost = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const std::string kBusy = "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy";
const std::string kSorry = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsorry";
constexpr const char* kOther = "10.0.1.1";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

class FallbackService : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(auto change) {
    config::Settings settings = InMemoryGateway::default_settings();
    settings.routes[0].fallback = config::Fallback{.service = "other"};
    settings.routes[0].retry.attempts = 1;
    change(settings);
    gateway_.emplace(std::move(settings));
    gateway_->connect();
    gateway_->origin().response = kBusy;
    gateway_->origin().responses[kOther] = kSorry;
  }
  void open() {
    open([](config::Settings&) {});
  }
  int asked(std::string_view host) {
    int sum = 0;
    for (const auto& each : gateway_->origin().connections) {
      if (each->host == host) sum += each->requests;
    }
    return sum;
  }
  void expect_sorry(const std::string& answer) {
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_TRUE(has(answer, "weir-fallback: service\r\n")) << answer;
    EXPECT_TRUE(has(answer, "Proxy-Status: weir; details=\"fallback\"")) << answer;
    EXPECT_TRUE(has(answer, "\r\n\r\nsorry")) << answer;
  }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(FallbackService, ItAnswersAfterTheLastFailureAndTheExchangeCountsAsFailed) {
  expect_sorry(gateway_->exchange(kGet));
  EXPECT_EQ(asked("10.0.0.1"), 1);
  EXPECT_EQ(asked(kOther), 1);
  EXPECT_EQ(gateway_->traffic().errors, 1u);
  EXPECT_EQ(gateway_->service().fallbacks.load(), 1u);
  const auto other = gateway_->other().traffic.total();
  EXPECT_EQ(other.requests, 1u);
  EXPECT_EQ(other.errors, 0u);
  EXPECT_EQ(other.in_flight, 0);
  EXPECT_EQ(gateway_->traffic().in_flight, 0);
  const auto kept = gateway_->proxy().decisions().newest(1);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(kept[0].flags.has(telemetry::Flag::fallback));
}

TEST_F(FallbackService, EveryKindOfFailureIsCaught) {
  gateway_->origin().refusing = {"10.0.0.1"};
  const std::string refused = gateway_->exchange(kGet);
  expect_sorry(refused);
  EXPECT_TRUE(has(refused, "; error=connection_refused")) << refused;
  expect_sorry(gateway_->exchange(kPost));
  gateway_->service().endpoints.publish(upstream::make_set({.generation = 9}));
  expect_sorry(gateway_->exchange(kGet));
}

TEST_F(FallbackService, ARequestThatIsStillWholeIsSentWithItsBody) {
  open([](config::Settings& s) { s.routes[0].retry.attempts = 3; });
  std::string put = kPost;
  put.replace(0, 4, "PUT");
  expect_sorry(gateway_->exchange(put));
  EXPECT_EQ(gateway_->origin().connections.back()->host, kOther);
  EXPECT_EQ(gateway_->origin().connections.back()->last_body, "hello");
  expect_sorry(gateway_->exchange(
      "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_EQ(gateway_->origin().connections.back()->last_body, "abc");
  expect_sorry(gateway_->exchange(kGet));
}

TEST_F(FallbackService, APostThatReachedTheServiceIsSentNowhereElse) {
  open();
  const std::string answer = gateway_->exchange(kPost);
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_TRUE(has(answer, "busy")) << "what the service said: " << answer;
  EXPECT_EQ(asked(kOther), 0);
  gateway_->origin().responses["10.0.0.1"] = "";
  open([](config::Settings& s) { s.routes[0].retry.idempotency_key = true; });
  std::string keyed = kPost;
  keyed.insert(keyed.find("\r\n") + 2, "Idempotency-Key: 7\r\n");
  expect_sorry(gateway_->exchange(keyed));
}

TEST_F(FallbackService, ARequestThatIsPartlyGoneIsNot) {
  open([](config::Settings& s) { s.routes[0].retry.buffer = 4; });
  EXPECT_TRUE(has(gateway_->exchange(kPost), "busy"));
  EXPECT_EQ(asked(kOther), 0);
  open();
  gateway_->origin().response.clear();
  gateway_->exchange("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
  gateway_->exchange("cde");  // the first piece was sent and let go
  gateway_->origin().connections.at(0)->pipe->push(kBusy);
  EXPECT_TRUE(has(gateway_->after(0s), "busy"));
  EXPECT_EQ(asked(kOther), 0);
}

TEST_F(FallbackService, ItIsOneHopWithinTheSameTotalTime) {
  gateway_->origin().responses[kOther] = kBusy;
  const std::string both = gateway_->exchange(kGet);
  EXPECT_EQ(status_of(both), 503);
  EXPECT_TRUE(has(both, "weir-fallback: service\r\n") && has(both, "busy")) << both;
  EXPECT_EQ(asked("10.0.0.1"), 1);
  EXPECT_EQ(asked(kOther), 1);
  open([](config::Settings& s) {
    s.routes[0].timeout.attempt = 2s;
    s.routes[0].timeout.total = 3s;
  });
  gateway_->origin().response.clear();
  gateway_->origin().responses[kOther].clear();
  EXPECT_EQ(gateway_->exchange(kGet), "");
  EXPECT_EQ(gateway_->after(2s), "");
  EXPECT_EQ(asked(kOther), 1);
  EXPECT_EQ(gateway_->after(999ms), "");
  const std::string late = gateway_->after(1ms);
  EXPECT_EQ(status_of(late), 504) << late;
  EXPECT_TRUE(has(late, "\"reason\":\"UT\"")) << "the first failure is what is told: " << late;
  EXPECT_EQ(gateway_->service().fallbacks.load(), 0u);
}

TEST_F(FallbackService, ItsOwnBreakerAndLimitHold) {
  open([](config::Settings& s) {
    s.services[0].breaker.enabled = true;
    s.services[0].breaker.failures = 1000;
  });
  gateway_->other().breaker.force_open();
  const std::string refused = gateway_->exchange(kGet);
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_TRUE(has(refused, "\"reason\":\"UO\"")) << refused;
  EXPECT_EQ(asked(kOther), 0);
  EXPECT_EQ(gateway_->other().traffic.total().in_flight, 0);
  open([](config::Settings& s) {
    s.services.push_back({.number = 2, .name = "other"});
    s.services[1].concurrency =
        config::Concurrency{.mode = config::LimitMode::fixed, .min = 1, .max = 1, .queue = 2};
  });
  gateway_->origin().responses[kOther].clear();
  gateway_->exchange(kGet);
  const auto waiting = gateway_->keep_client();
  gateway_->connect();
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 503);
  EXPECT_EQ(asked(kOther), 1) << "its one place is taken";
}

TEST_F(FallbackService, AClientThatLeavesEndsItToo) {
  gateway_->origin().responses[kOther].clear();
  gateway_->exchange(kGet);
  EXPECT_EQ(asked(kOther), 1);
  gateway_->drop_client();
  EXPECT_TRUE(gateway_->origin().connections.back()->pipe->peer_ended());
  EXPECT_EQ(gateway_->traffic().in_flight, 0);
  EXPECT_EQ(gateway_->other().traffic.total().in_flight, 0);
}

}  // namespace fallback_service_test
}  // namespace weir::gateway
