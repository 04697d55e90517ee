#include "term/traffic.hpp"

#include <gtest/gtest.h>

#include "term/json_fields.hpp"
#include "term/traffic_fixture.hpp"

namespace weir::term::traffic_test {

TEST(Traffic, IsReadFromTheAnswers) {
  const Traffic traffic = fixture();
  EXPECT_EQ(traffic.version, "0.1.0");
  EXPECT_EQ(traffic.connections, 31);
  ASSERT_EQ(traffic.services.size(), 2u);
  EXPECT_EQ(traffic.services[1].id, "2");
  EXPECT_EQ(traffic.services[1].healthy, 1u);
  EXPECT_EQ(traffic.services[0].endpoints[1].weight, 3);
  EXPECT_EQ(traffic.services[0].load.p99_ms, 12.75);
  EXPECT_FALSE(traffic.services[0].scaling.enabled);
  EXPECT_TRUE(traffic.services[1].scaling.automatic);
  EXPECT_EQ(traffic.services[1].scaling.max, 8);
  ASSERT_EQ(traffic.listeners.size(), 1u);
  EXPECT_EQ(traffic.listeners[0].malformed, 2);
}

TEST(Traffic, AnAnswerOfAnotherShapeIsReadAsFarAsItGoes) {
  for (const char* text : {"null", "[]", "{}", "7", R"({"services":7,"listeners":{}})",
                           R"({"services":[7,null,{"name":5,"endpoints":[[],{"name":"x"}]}]})",
                           R"({"services":[{"id":null,"breaker":[],"requestsPerSecond":"9"}]})"}) {
    const auto value = *base::parse_json(text);
    const Traffic traffic = read_traffic(value, value, value);
    for (const Service& each : traffic.services) EXPECT_FALSE(troubles_of(each).empty());
  }
}

TEST(Traffic, BreakersInWords) {
  const std::vector<std::tuple<Breaker, std::string, std::string>> rows = {
      {{.state = "closed"}, "closed", "closed"},
      {{.state = "open", .next_probe_ms = 11'100}, "open, probes in 12 s", "open"},
      {{.state = "open"}, "open", "open"},
      {{.state = "half-open", .probes = 3, .probes_passed = 1},
       "half-open, 1 of 3 probes passed",
       "half"},
      {{.state = "open", .forced = true}, "forced open", "forced"},
      {{.state = "closed", .enabled = false}, "off", "off"},
  };
  for (const auto& [breaker, long_text, word] : rows) {
    EXPECT_EQ(breaker_standing(breaker), long_text);
    EXPECT_EQ(breaker_word(breaker), word);
  }
}

Service one(const Endpoint& endpoint) {
  return {.name = "s", .state = "degraded", .endpoints = {endpoint}};
}

TEST(Traffic, TroubleIsWhatAnOperatorWouldLookFor) {
  EXPECT_TRUE(troubles_of(fixture().services[0]).empty());
  const auto bad = troubles_of(fixture().services[1]);
  ASSERT_EQ(bad.size(), 4u);
  EXPECT_EQ(bad[2].what, "discovery fails: dns pay.example: timed out");
  EXPECT_EQ(bad[3].endpoint, "payment-service-2");
  EXPECT_EQ(bad[3].what, "ejected: success 71 % against 98 %, back in 21 s");
  EXPECT_EQ(troubles_of(one({.name = "e", .state = "stopped"}))[0].what, "stopped");
  EXPECT_EQ(troubles_of(one({.name = "e", .state = "gone", .reason = "process ended"}))[0].what,
            "gone: process ended");
  Service spare = one({.name = "e", .state = "backup"});
  spare.state = "healthy";
  EXPECT_TRUE(troubles_of(spare).empty());
  EXPECT_EQ(troubles_of({.name = "s", .state = "unhealthy"})[0].what, "no endpoints");
  Service odd = one({.name = "e", .healthy = true, .state = "eligible"});
  EXPECT_EQ(troubles_of(odd)[0].what, "degraded");  // an alert, say
  odd.breaker = {.state = "closed", .forced = true};
  EXPECT_EQ(troubles_of(odd)[0].what, "breaker forced closed");
}

TEST(JsonFields, ValuesAsPeopleReadThem) {
  EXPECT_EQ(plain_text("a \"b\""), "a \"b\"");
  EXPECT_EQ(plain_text(nullptr), "-");
  EXPECT_EQ(plain_text(4.5), "4.5");
  EXPECT_EQ(plain_text(base::json::array{1, "x"}), "[1,\"x\"]");
}

}  // namespace weir::term::traffic_test
