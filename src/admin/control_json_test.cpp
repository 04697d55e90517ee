#include "admin/control_json.hpp"

#include <gtest/gtest.h>

#include "admin/view_json.hpp"

namespace weir::admin::control_json_test {

observe::TrafficView two_services() {
  observe::TrafficView view;
  view.services.resize(2);
  observe::ServiceView& web = view.services[0];
  web.number = 1;
  web.name = "web";
  web.state = "degraded";
  web.algorithm = "random_two";
  web.panic = true;
  web.breaker.state = "half-open";
  web.breaker.probes_out = 2;
  web.retries = 7;
  web.amplification = 1.07654;
  web.fallbacks = 3;
  web.endpoints.resize(2);
  web.endpoints[0] = {.id = 4, .name = "web-1", .state = "open"};
  web.endpoints[0].reason = "open: 5 consecutive failures, probes in 12 s";
  web.endpoints[0].reasons = {web.endpoints[0].reason, "check failed: status 500"};
  web.endpoints[0].breaker = {.state = "open",
                              .failures = 5,
                              .generation = 9,
                              .until_ms = 1'795'000'000'000,
                              .probes_in_ms = 11'999.2};
  web.endpoints[1] = {.id = 5, .name = "web-2", .state = "eligible", .reason = "slow start 35 %"};
  web.endpoints[1].weight = 6;
  web.endpoints[1].slow_start_share = 0.35;
  view.services[1].number = 2;
  view.services[1].name = "pay";
  view.services[1].breaker.state = "open";
  view.services[1].breaker.forced = true;
  return view;
}

TEST(ControlJson, ABreakerSaysUntilWhen) {
  const observe::TrafficView view = two_services();
  EXPECT_EQ(base::to_text(breaker_json(view.services[0].endpoints[0].breaker)),
            R"({"state":"open","enabled":true,"forced":false,"failures":5,"failuresToOpen":5,)"
            R"("generation":9,"until":"2026-11-18T11:06:40.000Z","nextProbeMs":12000,"probes":3,)"
            R"("probesOut":0,"probesPassed":0})");
  const base::json::object forced = breaker_json(view.services[1].breaker);
  EXPECT_TRUE(forced.at("forced").as_bool());
  EXPECT_TRUE(forced.at("until").is_null());
  EXPECT_TRUE(forced.at("nextProbeMs").is_null());
}

TEST(ControlJson, BreakersOfAllOfAServiceOfAnEndpoint) {
  const observe::TrafficView view = two_services();
  struct Row {
    const char* id;
    std::size_t total;
    std::size_t open;
  };
  for (const Row& row : {Row{"", 4, 2}, Row{"web", 3, 1}, Row{"1", 3, 1}, Row{"pay", 1, 1},
                         Row{"web-2", 1, 0}, Row{"4", 0, 0}, Row{"nothing", 0, 0}}) {
    const base::json::object out = breakers_json(view, row.id);
    EXPECT_EQ(out.at("circuitBreakers").as_array().size(), row.total) << row.id;
    EXPECT_EQ(out.at("total").to_number<std::size_t>(), row.total) << row.id;
    EXPECT_EQ(out.at("open").to_number<std::size_t>(), row.open) << row.id;
  }
  const base::json::object out = breakers_json(view, "web");
  const auto& entries = out.at("circuitBreakers").as_array();
  EXPECT_EQ(entries[0].at("scope").as_string(), "service");
  EXPECT_FALSE(entries[0].as_object().contains("endpoint"));
  EXPECT_EQ(entries[1].at("scope").as_string(), "endpoint");
  EXPECT_EQ(entries[1].at("endpointId").to_number<int>(), 4);
}

TEST(ControlJson, AServiceShowsWhatBalancingDecides) {
  const base::json::value service = service_json(two_services().services[0]);
  EXPECT_EQ(service.at("algorithm").as_string(), "random_two");
  EXPECT_TRUE(service.at("panic").as_bool());
  EXPECT_EQ(service.at("breaker").at("state").as_string(), "half-open");
  EXPECT_EQ(service.at("retries").to_number<int>(), 7);
  EXPECT_EQ(service.at("amplification").to_number<double>(), 1.077);
  EXPECT_EQ(service.at("fallbacks").to_number<int>(), 3);
  const auto& first = service.at("endpoints").as_array()[0];
  EXPECT_EQ(first.at("reasons").as_array().size(), 2u);
  EXPECT_EQ(first.at("breaker").at("failures").to_number<int>(), 5);
  const auto& second = service.at("endpoints").as_array()[1];
  EXPECT_EQ(second.at("slowStartShare").to_number<double>(), 0.35);
  EXPECT_EQ(second.at("weight").to_number<int>(), 6);
  EXPECT_EQ(second.at("configuredWeight").to_number<int>(), 1);
}

TEST(ControlJson, ChangesSayWhatTheyDid) {
  const std::vector<control::AlgorithmChange> changes = {{"web", "round_robin", "weighted"}};
  EXPECT_EQ(base::to_text(algorithm_json("weighted", changes)),
            R"({"success":true,"algorithm":"weighted","services":[{"service":"web",)"
            R"("from":"round_robin","to":"weighted"}],"message":"web uses weighted"})");
  const std::vector<control::BreakerOperated> operated = {{"web", "", "open", "closed", true},
                                                          {"web", "web-1", "closed", "closed"}};
  EXPECT_EQ(base::to_text(operated_json(control::BreakerAction::reset, operated)),
            R"({"success":true,"action":"reset","changed":1,"circuitBreakers":[)"
            R"({"service":"web","scope":"service","from":"open","to":"closed","changed":true},)"
            R"({"service":"web","scope":"endpoint","endpoint":"web-1","from":"closed",)"
            R"("to":"closed","changed":false}]})");
  EXPECT_EQ(base::to_text(drain_json({"web", "web-1", 4, true, 2, 1}, true)),
            R"({"success":true,"service":"web","endpoint":"web-1","endpointId":4,"draining":true,)"
            R"("changed":true,"inFlight":2,"eligibleOthers":1})");
  EXPECT_EQ(base::to_text(weight_json({"web", "web-1", 4, 1, 5})),
            R"({"success":true,"service":"web","endpoint":"web-1","endpointId":4,"from":1,)"
            R"("weight":5})");
}

TEST(ControlJson, AWeightIsAWholeNumberOrNull) {
  using base::Errc;
  EXPECT_EQ(parse_weight(R"({"weight":1})").value(), 1u);
  EXPECT_EQ(parse_weight(R"({"weight":1000})").value(), 1000u);
  EXPECT_EQ(parse_weight(R"({"weight":null})").value(), std::nullopt);
  struct Row {
    const char* body;
    Errc code;
    const char* says;
  };
  for (const Row& row :
       {Row{"", Errc::bad_message, ""}, Row{"{", Errc::bad_message, ""},
        Row{"[1]", Errc::bad_message, "not an object"}, Row{"{}", Errc::invalid_argument, "weight"},
        Row{R"({"weight":0})", Errc::invalid_argument, "drain"},
        Row{R"({"weight":1001})", Errc::invalid_argument, "1000"},
        Row{R"({"weight":1.5})", Errc::invalid_argument, "weight"},
        Row{R"({"weight":"2"})", Errc::invalid_argument, "weight"},
        Row{R"({"weight":18446744073709551615})", Errc::invalid_argument, "weight"},
        Row{R"({"wight":2})", Errc::invalid_argument, "wight: unknown field"}}) {
    const auto result = parse_weight(row.body);
    ASSERT_FALSE(result) << row.body;
    EXPECT_EQ(result.error().code(), row.code) << row.body;
    EXPECT_NE(result.error().detail().find(row.says), std::string_view::npos) << row.body;
  }
}

}  // namespace weir::admin::control_json_test
