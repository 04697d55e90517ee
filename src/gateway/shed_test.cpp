// Rate limits and the concurrency limit, seen from both ends of the gateway.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace shed_test {

using namespace std::chrono_literals;
using telemetry::Reason;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

class Shed : public testing::Test {
 protected:
  void open(auto change) {
    config::Settings settings = InMemoryGateway::default_settings();
    change(settings);
    gateway_.emplace(std::move(settings));
    gateway_->connect();
  }
  std::uint64_t counted(Reason reason) const {
    return gateway_->traffic().by_reason[static_cast<std::size_t>(reason)];
  }
  /// A client that has asked and waits.
  net::PipeStream& wait_as_client() {
    gateway_->connect();
    gateway_->exchange(kGet);
    clients_.push_back(gateway_->keep_client());
    return *clients_.back();
  }
  void finish(std::size_t i) {
    gateway_->origin().connections.at(i)->pipe->push(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    gateway_->lane().run();
  }

  std::vector<std::unique_ptr<net::PipeStream>> clients_;
  std::optional<InMemoryGateway> gateway_;
};

config::RateLimit ten_a_second() { return {.rate = 10, .burst = 5}; }

TEST_F(Shed, ARouteLimitLetsTheBurstPassAndSaysWhen) {
  open([](config::Settings& s) { s.routes[0].rate_limit = ten_a_second(); });
  for (int i = 0; i < 6; ++i) EXPECT_EQ(status_of(gateway_->exchange(kGet)), 200) << i;
  const std::string refused = gateway_->exchange(kGet);
  EXPECT_EQ(status_of(refused), 429);
  EXPECT_TRUE(has(refused, "\"reason\":\"RL\"")) << refused;
  EXPECT_TRUE(has(refused, "Retry-After: 1\r\n")) << refused;
  EXPECT_EQ(gateway_->origin().requests(), 6);
  EXPECT_EQ(counted(Reason::rate_limit), 1u);
  EXPECT_EQ(gateway_->traffic().errors, 0u) << "not the service's failure";
  gateway_->after(100ms);
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 200);
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 429);
}

TEST_F(Shed, EachClientHasItsOwnAllowance) {
  open([](config::Settings& s) { s.services[0].rate_limit = ten_a_second(); });
  for (int i = 0; i < 7; ++i) gateway_->exchange(kGet);
  EXPECT_EQ(counted(Reason::rate_limit), 1u);
  gateway_->connect("198.51.100.7:1");
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 200);
}

TEST_F(Shed, LeavingTheKeyOutIsNoWayAround) {
  open([](config::Settings& s) {
    s.routes[0].rate_limit = ten_a_second();
    s.routes[0].rate_limit->key = {config::HashKey::Source::header, "x-user"};
  });
  for (int i = 0; i < 6; ++i) gateway_->exchange(kGet);
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 429);
  EXPECT_EQ(status_of(gateway_->exchange("GET / HTTP/1.1\r\nHost: a\r\nX-User: b\r\n\r\n")), 200);
}

void two_at_once(config::Settings& s) {
  s.services[0].concurrency =
      config::Concurrency{.mode = config::LimitMode::fixed, .min = 1, .max = 2, .queue = 2};
}

TEST_F(Shed, OverTheLimitRequestsWaitInOrder) {
  open(two_at_once);
  gateway_->origin().response.clear();
  for (int i = 0; i < 4; ++i) wait_as_client();
  EXPECT_EQ(gateway_->origin().requests(), 2);
  EXPECT_EQ(gateway_->service().gate->waiting.load(), 2u);
  finish(0);
  gateway_->settle();
  EXPECT_EQ(gateway_->origin().requests(), 3);
  EXPECT_TRUE(has(clients_[0]->take(), "200 OK"));
  EXPECT_EQ(gateway_->service().gate->waiting.load(), 1u);
}

TEST_F(Shed, AFullQueueAndALateRequestAreAnswered503) {
  open(two_at_once);
  gateway_->origin().response.clear();
  for (int i = 0; i < 4; ++i) wait_as_client();
  gateway_->connect();
  const std::string full = gateway_->exchange(kGet);
  EXPECT_EQ(status_of(full), 503);
  EXPECT_TRUE(has(full, "\"reason\":\"OS\"")) << full;
  EXPECT_TRUE(has(full, "Retry-After: 1\r\n")) << full;
  gateway_->lane().advance(199ms);
  EXPECT_EQ(clients_[2]->take(), "");
  gateway_->lane().advance(2ms);
  EXPECT_EQ(status_of(clients_[2]->take()), 503);
  EXPECT_EQ(status_of(clients_[3]->take()), 503);
  EXPECT_EQ(counted(Reason::overload), 3u);
  EXPECT_EQ(gateway_->service().gate->waiting.load(), 0u);
  EXPECT_EQ(gateway_->service().gate->inside(), 2u);
}

TEST_F(Shed, AClientThatLeavesTheLineIsForgotten) {
  open(two_at_once);
  gateway_->origin().response.clear();
  for (int i = 0; i < 4; ++i) wait_as_client();
  clients_[2].reset();
  gateway_->settle();
  EXPECT_EQ(gateway_->service().gate->waiting.load(), 1u);
  finish(0);
  gateway_->settle();
  EXPECT_EQ(gateway_->origin().requests(), 3) << "the fourth client's";
  EXPECT_EQ(gateway_->service().gate->waiting.load(), 0u);
}

TEST_F(Shed, AHalfClosedClientKeepsItsPlaceInLine) {
  open(two_at_once);
  gateway_->origin().response.clear();
  for (int i = 0; i < 2; ++i) wait_as_client();
  gateway_->connect();
  gateway_->client().push(kGet);
  gateway_->client().end_writing();
  gateway_->settle();
  EXPECT_EQ(gateway_->service().gate->waiting.load(), 1u);
  finish(0);
  gateway_->settle();
  EXPECT_EQ(gateway_->origin().requests(), 3);
  finish(0);  // its upstream connection was taken from the pool
  EXPECT_EQ(status_of(gateway_->after(0ms)), 200);
  EXPECT_TRUE(gateway_->client().peer_ended());
}

TEST_F(Shed, AHalfClosedClientIsToldThatTheLineIsFull) {
  open(two_at_once);
  gateway_->origin().response.clear();
  for (int i = 0; i < 4; ++i) wait_as_client();
  gateway_->connect();
  gateway_->client().push(kGet);
  gateway_->client().end_writing();
  EXPECT_EQ(status_of(gateway_->after(0ms)), 503);
}

TEST_F(Shed, EveryPlaceIsGivenBack) {
  open(two_at_once);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(gateway_->exchange(kGet)), 200);
  gateway_->origin().refuse = true;
  gateway_->origin().connections.clear();
  for (int i = 0; i < 20; ++i) gateway_->exchange(kGet);
  gateway_->after(5s);
  EXPECT_EQ(gateway_->service().gate->inside(), 0u);
}

}  // namespace shed_test
}  // namespace weir::gateway
