#include "config/overlay.hpp"

#include <gtest/gtest.h>

#include "config/effective.hpp"
#include "config/load.hpp"

namespace weir::config {
namespace overlay_test {

constexpr std::string_view kFile = R"(listeners: { web: { bind: "127.0.0.1:0" } }
services:
  app:
    discovery: [ static: [ "10.0.0.1:80" ] ]
    balance: { algorithm: random_two }
routes:
  - { match: { path: / }, service: app }
)";

OverlayEntry entry(std::string key, std::string value, std::string file = {}) {
  return {std::move(key), std::move(value), std::move(file), "run time, by alice"};
}

LoadResult load(std::vector<OverlayEntry> entries, std::string_view text = kFile) {
  return load_text(text, "weir.yaml", {}, nullptr, entries);
}

std::string first_problem(const LoadResult& result) {
  return result.problems.empty() ? "none" : to_text(result.problems.front());
}

TEST(Overlay, AValueOfAServiceIsLaidOverTheFile) {
  const LoadResult result =
      load({entry("services.app.balance.algorithm", R"("least_connections")", R"("random_two")"),
            entry("services.app.breaker.failures", "9")});
  ASSERT_NE(result.settings, nullptr) << first_problem(result);
  const Service& app = result.settings->services[0];
  EXPECT_EQ(app.balance.algorithm, balance::Algorithm::least_connections);
  EXPECT_EQ(app.breaker.failures, 9u);
  EXPECT_FALSE(app.registered);
  EXPECT_TRUE(result.ended.empty());
  const std::string printed = to_yaml(*result.settings, result.sources.get());
  EXPECT_NE(printed.find("algorithm: least_connections  # run time, by alice"), std::string::npos);
  EXPECT_NE(printed.find("failures: 9  # run time, by alice"), std::string::npos);
  EXPECT_NE(printed.find("path: /  # weir.yaml:7"), std::string::npos);
}

TEST(Overlay, ARegisteredServiceHasASectionAndARouteOfItsOwn) {
  const LoadResult result =
      load({entry("routes.orders", R"({"match":{"path":"/orders/"},"service":"orders"})"),
            entry("services.orders", R"({"discovery":[{"static":["10.0.0.2:81"]}]})"),
            entry("services.orders.balance.algorithm", R"("ip_hash")")});
  ASSERT_NE(result.settings, nullptr) << first_problem(result);
  ASSERT_EQ(result.settings->services.size(), 2u);
  EXPECT_TRUE(result.settings->services[1].registered);
  EXPECT_FALSE(result.settings->services[0].registered);
  EXPECT_EQ(result.settings->services[1].balance.algorithm, balance::Algorithm::ip_hash);
  ASSERT_EQ(result.settings->routes.size(), 2u);
  EXPECT_EQ(result.settings->routes[1].service, "orders");
}

TEST(Overlay, EndsWhenTheFileChangesItsKeyAndOnlyThen) {
  const auto change = [](std::string file) {
    return entry("services.app.balance.algorithm", R"("ip_hash")", std::move(file));
  };
  EXPECT_EQ(load({change(R"("weighted")")}).ended,
            std::vector<std::string>{"services.app.balance.algorithm"});
  EXPECT_EQ(load({change("")}).ended.size(), 1u) << "the file said nothing then, and does now";
  EXPECT_TRUE(load({change(R"("random_two")")}).ended.empty());
  const LoadResult ended = load({change(R"("weighted")")});
  ASSERT_NE(ended.settings, nullptr);
  EXPECT_EQ(ended.settings->services[0].balance.algorithm, balance::Algorithm::random_two);
}

TEST(Overlay, EndsWithItsService) {
  const LoadResult result = load({entry("services.gone.balance.algorithm", R"("ip_hash")"),
                                  entry("routes.gone", R"({"service":"gone"})")});
  ASSERT_NE(result.settings, nullptr) << first_problem(result);
  EXPECT_EQ(result.ended,
            (std::vector<std::string>{"services.gone.balance.algorithm", "routes.gone"}));
}

TEST(Overlay, ARegisteredServiceEndsWhenTheFileHasOneOfItsName) {
  const LoadResult result =
      load({entry("services.app", R"({"discovery":[{"static":["10.0.0.9:1"]}]})")});
  ASSERT_NE(result.settings, nullptr) << first_problem(result);
  EXPECT_EQ(result.ended, std::vector<std::string>{"services.app"});
  EXPECT_EQ(result.settings->services[0].endpoints[0].address.host, "10.0.0.1");
}

TEST(Overlay, MistakesNameTheValue) {
  const auto problem = [](std::string key, std::string value) {
    std::string file = key == "services.app.balance.algorithm" ? R"("random_two")" : "";
    return first_problem(load({entry(std::move(key), std::move(value), std::move(file))}));
  };
  EXPECT_EQ(
      problem("services.app.breaker.failures", R"("many")").find("services.app.breaker.failures: "),
      0u);
  EXPECT_EQ(problem("services.new", R"({"discovery":[{"static":["10.0.0.2"]}]})")
                .find("services.new.discovery[0].static[0]: "),
            0u);
  EXPECT_EQ(problem("services.app.balanse.x", "1").find("services.app.balanse"), 0u)
      << problem("services.app.balanse.x", "1");
  EXPECT_NE(problem("listeners.web.bind", R"("0.0.0.0:80")").find("no key of the overlay"),
            std::string::npos);
  EXPECT_NE(problem("services.app.balance.algorithm", "{").find("no JSON"), std::string::npos);
}

TEST(Overlay, WhoRegistersAServiceStartsNoProgramsAndReachesNoSocketsOfTheMachine) {
  for (const char* section : {
           R"({"discovery":[{"process":{}}],"process":{"command":["/bin/sh"]}})",
           R"({"discovery":[{"static":["10.0.0.2:1"]}],"process":{"command":["/bin/sh"]}})",
           R"({"discovery":[{"static":["unix:/run/docker.sock"]}]})",
           R"({"discovery":[{"docker":{}}]})",
           R"({"discovery":[{"docker":{}}],"scaling":{"driver":"docker"}})",
       }) {
    const LoadResult result = load({entry("services.evil", section)});
    EXPECT_EQ(result.settings, nullptr) << section;
    bool is_said = false;
    for (const Problem& each : result.problems) {
      is_said |= each.message.find("only the configuration file may") != std::string::npos;
    }
    EXPECT_TRUE(is_said) << section;
  }
}

TEST(Overlay, WrittenTextTellsValuesApart) {
  const LoadResult result = load({});
  const Node& root = result.sources->root();
  EXPECT_EQ(written_text(root, "services.app.balance.algorithm"), R"("random_two")");
  EXPECT_EQ(written_text(root, "services.app.balance"), R"({algorithm:"random_two",})");
  EXPECT_EQ(written_text(root, "services.app.breaker.failures"), "");
  EXPECT_EQ(written_text(root, "services.none"), "");
  EXPECT_EQ(written_text(root, "routes.app"), "");
}

TEST(Overlay, KeysAreOfThreeForms) {
  for (const char* key : {"services.a", "services.a.balance.algorithm", "routes.a"}) {
    EXPECT_TRUE(is_overlay_key(key)) << key;
  }
  for (const char* key : {"", "services", "services.", "services..x", "routes", "routes.a.b",
                          "admin.bind", "services.a.", "."}) {
    EXPECT_FALSE(is_overlay_key(key)) << key;
  }
}

}  // namespace overlay_test
}  // namespace weir::config
