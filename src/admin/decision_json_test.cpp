#include "admin/decision_json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace weir::admin::decision_json_test {

observe::TrafficView one_service() {
  observe::TrafficView view;
  view.services.resize(1);
  observe::ServiceView& web = view.services[0];
  web.name = "web";
  web.endpoints.resize(3);
  web.endpoints[0] = {.id = 4, .name = "web-1", .healthy = true, .state = "eligible"};
  web.endpoints[1] = {.id = 5, .name = "web-2", .state = "draining"};
  web.endpoints[1].reasons = {"draining: by the operator, 0 in flight"};
  web.endpoints[2] = {.id = 6, .name = "web-3", .state = "stopped"};
  web.endpoints[2].reason = "stopped by the operator";
  return view;
}

upstream::PickNote a_pick() {
  upstream::PickNote pick;
  pick.generation = 12;
  pick.algorithm = balance::Algorithm::random_two;
  pick.score_meaning = "(in-flight + 1)/weight; the lower of a random pair";
  pick.key = 0xfedcba9876543210;
  pick.total = 3;
  pick.eligible = 2;
  pick.chosen = 7;
  pick.candidates = {{.endpoint = 4, .score = 1.23456, .weight = 2, .in_flight = 1},
                     {.endpoint = 7,
                      .score = std::numeric_limits<double>::infinity(),
                      .weight = 1,
                      .was_tried = true}};
  return pick;
}

gateway::DecisionView a_failure() {
  gateway::DecisionView decision;
  decision.request_id = "id-1";
  decision.wall_ms = 1'795'000'000'000;
  decision.lane = 1;
  decision.method = "GET";
  decision.path = "/x\"\xff";
  decision.client = "192.0.2.7";
  decision.service = "web";
  decision.route = "/";
  decision.status = 502;
  decision.reason = telemetry::Reason::upstream_closed;
  decision.flags.set(telemetry::Flag::retried);
  decision.detail = "the upstream closed";
  decision.took = std::chrono::microseconds(12'345);
  decision.attempts_made = 2;
  decision.attempts.count = 2;
  decision.attempts.notes[0] = {.endpoint = 4,
                                .reason = telemetry::Reason::connect_failed,
                                .then = balance::RetryReason::retry,
                                .breaker_after = balance::BreakerState::open,
                                .took = std::chrono::microseconds(1500),
                                .pause = std::chrono::milliseconds(25)};
  decision.attempts.notes[1] = {.endpoint = 7,
                                .reason = telemetry::Reason::upstream_closed,
                                .then = balance::RetryReason::no_other_endpoint,
                                .is_probe = true};
  auto trace = std::make_shared<upstream::AttemptTrace>();
  trace->picks.push_back(a_pick());
  decision.trace = trace;
  return decision;
}

TEST(DecisionJson, ADecisionIsToldWhole) {
  const base::json::object out = decision_json(a_failure(), one_service());
  EXPECT_EQ(out.at("time").as_string(), "2026-11-18T11:06:40.000Z");
  EXPECT_EQ(out.at("reason").as_string(), "UC");
  EXPECT_EQ(out.at("meaning").as_string(), "the endpoint closed before its response head");
  EXPECT_EQ(base::to_text(out.at("flags")), R"(["retried"])");
  EXPECT_EQ(out.at("tookMs").to_number<double>(), 12.345);
  EXPECT_TRUE(out.at("traced").as_bool());
  EXPECT_EQ(base::to_text(out.at("attempts").at(0)),
            R"({"number":1,"endpoint":"web-1","endpointId":4,"reason":"UR",)"
            R"("meaning":"connecting to the endpoint failed","status":0,"ms":1.5,"probe":false,)"
            R"("breakerBefore":"closed","breakerAfter":"open","then":"retry","pauseMs":25})");
  const auto& second = out.at("attempts").at(1).as_object();
  EXPECT_EQ(second.at("endpoint").as_string(), "endpoint 7 (gone)");
  EXPECT_EQ(second.at("then").as_string(), "no other endpoint");
  EXPECT_TRUE(second.at("probe").as_bool());
  EXPECT_TRUE(base::parse_json(base::to_text(out))) << "whatever bytes the client sent";
}

TEST(DecisionJson, APickShowsItsCandidates) {
  const base::json::object out = decision_json(a_failure(), one_service());
  EXPECT_EQ(base::to_text(out.at("picks").at(0)),
            R"({"algorithm":"random_two","algorithmsAtWork":1,"challenger":false,)"
            R"("generation":12,"panic":false,"key":"fedcba9876543210",)"
            R"("total":3,"eligible":2,)"
            R"("scoreMeaning":"(in-flight + 1)/weight; the lower of a random pair",)"
            R"J("highestWins":false,"chosen":"endpoint 7 (gone)","chosenId":7,"candidates":[)J"
            R"({"endpoint":"web-1","endpointId":4,"score":1.235,"weight":2,"inFlight":1,)"
            R"J("tried":false},{"endpoint":"endpoint 7 (gone)","endpointId":7,"score":null,)J"
            R"("weight":1,"inFlight":0,"tried":true}]})");
  gateway::DecisionView untraced = a_failure();
  untraced.trace = nullptr;
  const base::json::object plain = decision_json(untraced, one_service());
  EXPECT_FALSE(plain.at("traced").as_bool());
  EXPECT_TRUE(plain.at("picks").as_array().empty());
}

TEST(DecisionJson, WhoIsOutSaysWhy) {
  EXPECT_EQ(base::to_text(out_now_json(one_service(), "web")),
            R"([{"endpoint":"web-2","endpointId":5,"state":"draining",)"
            R"("reasons":["draining: by the operator, 0 in flight"]},)"
            R"({"endpoint":"web-3","endpointId":6,"state":"stopped",)"
            R"("reasons":["stopped by the operator"]}])");
  EXPECT_TRUE(out_now_json(one_service(), "gone").empty());
}

TEST(DecisionJson, AListCountsItself) {
  const std::vector<gateway::DecisionView> two(2, a_failure());
  const base::json::object out = decisions_json(two, one_service());
  EXPECT_EQ(out.at("count").to_number<int>(), 2);
  EXPECT_EQ(out.at("decisions").at(1).at("requestId").as_string(), "id-1");
}

TEST(DecisionJson, ARequestThatIsNotSent) {
  gateway::ExplainedRequest explained;
  explained.route = "/";
  explained.route_host = "*";
  explained.service = "web";
  explained.pick = a_pick();
  explained.draws = true;
  explained.shares = {0.75, 0.25};
  const base::json::object out = explained_json(explained, one_service());
  EXPECT_FALSE(out.at("sent").as_bool());
  EXPECT_TRUE(out.at("answer").is_null());
  EXPECT_EQ(out.at("breaker").at("state").as_string(), "closed");
  EXPECT_EQ(out.at("pick").at("candidates").at(0).at("share").to_number<double>(), 0.75);
  EXPECT_FALSE(out.at("pick").as_object().contains("chosen"));
  EXPECT_EQ(out.at("out").as_array().size(), 2u);
  explained.draws = false;
  explained.shares.clear();
  explained.winners = {4};
  EXPECT_EQ(base::to_text(explained_json(explained, one_service()).at("wouldWin")), R"(["web-1"])");
}

TEST(DecisionJson, WhatNoServiceIsAskedFor) {
  gateway::ExplainedRequest explained;
  explained.status = 404;
  explained.problem = "no route matches this host and path";
  EXPECT_EQ(base::to_text(explained_json(explained, one_service())),
            R"({"sent":false,"method":"GET","target":"/","client":"127.0.0.1","answer":)"
            R"({"status":404,"detail":"no route matches this host and path"},"route":null})");
}

}  // namespace weir::admin::decision_json_test
