// What would be done with a request that is not sent, and what the answer tells who asked.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace explain_test {

using balance::Algorithm;

RequestSketch sketch(std::string target = "/x", std::string method = "GET") {
  RequestSketch out;
  out.method = std::move(method);
  out.target = std::move(target);
  out.fields = {{"Host", "a"}};
  return out;
}

config::Settings settings_with(Algorithm algorithm) {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.services[0].balance.algorithm = algorithm;
  settings.trusted_proxies.push_back(
      {.bytes = {192, 0, 2}, .family = config::Family::v4, .prefix = 24});
  return settings;
}

std::uint32_t endpoint_asked(InMemoryGateway& gateway) {
  const std::vector<DecisionView> kept = gateway.proxy().decisions().newest(1);
  return kept.empty() ? 0 : kept[0].attempts.notes[0].endpoint;
}

const std::string kAsking = "GET /x HTTP/1.1\r\nHost: a\r\nweir-explain: 1\r\n\r\n";

TEST(Explain, WhatIsForetoldComesTrueWhereNothingIsDrawn) {
  for (const Algorithm algorithm :
       {Algorithm::round_robin, Algorithm::weighted, Algorithm::ip_hash}) {
    InMemoryGateway gateway(settings_with(algorithm));
    gateway.publish(3);
    gateway.connect();
    for (int i = 0; i < 7; ++i) {
      RequestSketch asked = sketch();
      asked.client = "192.0.2.7";
      const ExplainedRequest told = gateway.proxy().explain(asked);
      EXPECT_EQ(told.service, "origin");
      EXPECT_FALSE(told.draws);
      ASSERT_FALSE(told.winners.empty()) << balance::name(algorithm) << i;
      gateway.exchange(kAsking);
      EXPECT_EQ(told.winners.front(), endpoint_asked(gateway)) << balance::name(algorithm) << i;
    }
  }
}

TEST(Explain, SharesAreSaidWhereItDraws) {
  for (const Algorithm algorithm :
       {Algorithm::random_two, Algorithm::least_response_time, Algorithm::response_time}) {
    InMemoryGateway gateway(settings_with(algorithm));
    gateway.publish(3);
    const ExplainedRequest told = gateway.proxy().explain(sketch());
    EXPECT_TRUE(told.draws);
    EXPECT_TRUE(told.winners.empty());
    ASSERT_EQ(told.shares.size(), 3u) << balance::name(algorithm);
    EXPECT_NEAR(std::accumulate(told.shares.begin(), told.shares.end(), 0.0), 1, 1e-9);
    EXPECT_NEAR(told.shares[0], 1.0 / 3, 1e-9);
  }
}

TEST(Explain, ItSendsCountsAndKeepsNothing) {
  InMemoryGateway gateway(settings_with(Algorithm::weighted));
  gateway.publish(3);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(gateway.proxy().explain(sketch()).winners, gateway.proxy().explain(sketch()).winners);
  }
  EXPECT_EQ(gateway.traffic().requests, 0u);
  EXPECT_TRUE(gateway.origin().connections.empty());
  EXPECT_TRUE(gateway.proxy().decisions().newest(10).empty());
  EXPECT_EQ(gateway.service().in_flight.load(), 0u);
}

TEST(Explain, WhatWeirAnswersByItself) {
  config::Settings settings = settings_with(Algorithm::round_robin);
  settings.routes[0].match.path = "/x";
  settings.routes[0].match.methods = {"GET"};
  InMemoryGateway gateway(std::move(settings));
  struct Row {
    RequestSketch asked;
    int status;
  };
  RequestSketch two_heads = sketch();
  two_heads.fields.emplace_back("A", "b\r\n\r\nGET / HTTP/1.1");
  RequestSketch no_host = sketch();
  no_host.fields.clear();
  for (const Row& row :
       {Row{sketch("/x/y"), 0}, Row{sketch("/"), 404}, Row{sketch("/x", "POST"), 405},
        Row{sketch("/x/../../.."), 400}, Row{sketch("/a b"), 400}, Row{sketch("/x", "G@T"), 400},
        Row{sketch("/x/%2f"), 400}, Row{two_heads, 400}, Row{no_host, 400}}) {
    const ExplainedRequest told = gateway.proxy().explain(row.asked);
    EXPECT_EQ(told.status, row.status) << row.asked.method << row.asked.target << told.problem;
    EXPECT_EQ(told.problem.empty(), row.status == 0) << row.asked.target;
    EXPECT_EQ(told.service.empty(), row.status != 0) << row.asked.target;
  }
  EXPECT_EQ(gateway.proxy().explain(sketch("/x")).route, "/x");
}

TEST(Explain, NobodyCanBePicked) {
  InMemoryGateway gateway(settings_with(Algorithm::round_robin));
  gateway.service().endpoints.publish(upstream::make_set(
      {.generation = 9, .policy = gateway.service().endpoints.load()->policy, .total = 2}));
  const ExplainedRequest told = gateway.proxy().explain(sketch());
  EXPECT_EQ(told.pick.eligible, 0u);
  EXPECT_EQ(told.pick.total, 2u);
  EXPECT_TRUE(told.winners.empty());
}

TEST(Explain, AKeyThatTheRequestLacksIsDrawn) {
  config::Settings settings = settings_with(Algorithm::consistent_hash);
  settings.services[0].balance.hash_key = {config::HashKey::Source::header, "x-user"};
  InMemoryGateway gateway(std::move(settings));
  gateway.publish(3);
  RequestSketch asked = sketch();
  EXPECT_TRUE(gateway.proxy().explain(asked).key_is_missing);
  EXPECT_TRUE(gateway.proxy().explain(asked).draws);
  asked.fields.emplace_back("X-User", "7");
  const ExplainedRequest told = gateway.proxy().explain(asked);
  EXPECT_FALSE(told.key_is_missing);
  EXPECT_EQ(told.key_source, "header x-user");
  EXPECT_EQ(told.winners.size(), 1u);
}

TEST(Explain, AnAnswerTellsItsAttemptsToWhoMayAsk) {
  config::Settings settings = settings_with(Algorithm::round_robin);
  settings.routes[0].request_id = false;
  InMemoryGateway gateway(std::move(settings));
  gateway.origin().response =
      "HTTP/1.1 200 OK\r\nWeir-Attempts: 9\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n";
  gateway.connect();
  const std::string answer = gateway.exchange(kAsking);
  EXPECT_NE(answer.find("\r\nweir-attempts: 1\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("Weir-Attempts: 9"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("theirs"), std::string::npos) << answer;
  const std::string id = gateway.proxy().decisions().newest(1).at(0).request_id;
  EXPECT_NE(answer.find("\r\nX-Request-Id: " + id + "\r\n"), std::string::npos) << answer;
  gateway.connect("198.51.100.1:9");
  const std::string other = gateway.exchange(kAsking);
  EXPECT_EQ(other.find("weir-attempts: 1"), std::string::npos) << other;
  EXPECT_NE(other.find("theirs"), std::string::npos) << other;
}

TEST(Explain, AnAnswerOfOurOwnTellsThemToo) {
  InMemoryGateway gateway(settings_with(Algorithm::round_robin));
  gateway.publish(3);
  gateway.origin().refuse = true;
  gateway.connect();
  std::string answer = gateway.exchange(kAsking);
  for (int i = 0; i < 20; ++i) answer += gateway.after(std::chrono::milliseconds(50));
  EXPECT_NE(answer.find("HTTP/1.1 502"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nweir-attempts: 3\r\n"), std::string::npos) << answer;
}

TEST(Explain, AFailureThatWasNotTracedSaysWhatWasAsked) {
  InMemoryGateway gateway(settings_with(Algorithm::round_robin));
  gateway.connect();
  gateway.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");  // the first one is always traced
  gateway.origin().response = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  gateway.exchange("PUT /y?z=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  const DecisionView kept = gateway.proxy().decisions().newest(1).at(0);
  EXPECT_EQ(kept.trace, nullptr);
  EXPECT_EQ(kept.method, "PUT");
  EXPECT_EQ(kept.path, "/y?z=1");
  EXPECT_EQ(gateway.proxy().decisions().newest({.limit = 9, .reason = "UC"}).size(), 0u);
  EXPECT_EQ(gateway.proxy().decisions().newest({.limit = 9, .service = "origin"}).size(), 2u);
}

}  // namespace explain_test
}  // namespace weir::gateway
