// Mistakes in where endpoints come from and how many there are.
#include <gtest/gtest.h>

#include "config/mistake_table.hpp"

namespace weir::config {
namespace mistake_discovery_test {

constexpr std::string_view kSourceFrame = "services: { app: { discovery: [ @ ] } }";
constexpr std::string_view kScaledFrame =
    "services: { app: { discovery: [ process: {} ], process: { command: [a] }, @ } }";

TEST(Mistakes, OfDns) {
  expect_keys(
      kSourceFrame,
      {
          {"dns: ", "{}", "dns: 'name' is missing"},
          {"dns: ", "web.internal", "dns: expected a map of keys, found 'web.internal'"},
          {"dns: { name: ", "http://web.internal/", "(did you mean web.internal?)"},
          {"dns: { name: ", "web.internal/", "(did you mean web.internal?)"},
          {"dns: { name: ", "\"web.internal:80\"",
           "`port` is a key of its own (did you mean web.internal?)"},
          {"dns: { name: ", "\"http://web:80/a\"", "(did you mean web?)"},
          {"dns: { name: ", "10.0.0.1", "an address needs no look-up; list it as `static:"},
          {"dns: { name: ", "\"[::1]\"", "an address needs no look-up"},
          {"dns: { name: ", "\"http://10.0.0.1/\"", "an address needs no look-up"},
          {"dns: { name: ", "\"\"", "it is empty"},
          {"dns: { name: ", "a..b", "a label is empty"},
          {"dns: { name: ", "\"a b\"", "letters, digits, '-', '_' and '.' only"},
          {"dns: { name: ", "[a]", "expected a host name such as web.internal, found a list"},
          {"dns: { name: a, port: ", "0", "port: 0 is not from 1 to 65535"},
          {"dns: { name: a, port: ", "65536", "port: 65536 is not from 1 to 65535"},
          {"dns: { name: a, port: ", "http", "expected a whole number, found 'http'"},
          {"dns: { name: a, weight: ", "0", "weight: 0 is not from 1 to 1000"},
          {"dns: { name: a, backup: ", "yes", "(did you mean true?)"},
      });
  expect_all({
      {"services: { app: { discovery: [ dns: { name: a, prt: 1 } ] } }", "1:49",
       "unknown key 'prt' (did you mean port?)"},
      {"services: { app: { discovery: [ { dns: { name: a }, docker: {} } ] } }", "1:53",
       "one source has one key; put 'docker' into"},
  });
}

TEST(Mistakes, OfDocker) {
  expect_keys(
      kSourceFrame,
      {
          {"docker: ", "weir", "docker: expected a map of keys, found 'weir'"},
          {"docker: { label: ", "\"app: web\"", "(did you mean app=web?)"},
          {"docker: { label: ", "app = web", "(did you mean app=web?)"},
          {"docker: { label: ", "\"=web\"", "'=web' is not a label"},
          {"docker: { label: ", "\"\"", "'' is not a label"},
          {"docker: { label: ", "\"a b\"", "'a b' is not a label"},
          {"docker: { label: ", "\"a=\\n\"", "is not a label"},
          {"docker: { label: ", "{ a: b }", "expected a label such as weir.service=web, found a"},
          {"docker: { label: ", "true", "found true (did you mean \"true\"?)"},
          {"docker: { network: ", "\"-net\"", "'-net' is not a network's name"},
          {"docker: { network: ", "\"a b\"", "'a b' is not a network's name"},
          {"docker: { network: ", "\"\"", "'' is not a network's name"},
          {"docker: { resync: ", "500ms", "resync: 500ms is not from 1s to 10m"},
          {"docker: { resync: ", "11m", "resync: 11m is not from 1s to 10m"},
          {"docker: { resync: ", "0", "resync: 0 is not from 1s to 10m"},
          {"docker: { resync: ", "10", "(did you mean 10s?)"},
      });
  const std::string label =
      "services: { app: { discovery: [ docker: { label: " + std::string(513, 'a') + " } ] } }";
  expect_all({
      {label.c_str(), "1:50", "a label has at most 512 bytes"},
      {"services: { app: { discovery: [ docker: { labels: a } ] } }", "1:43",
       "(did you mean label?)"},
      {"services:\n  app:\n    discovery:\n      - docker: {}\n      - docker: { label: a }", "5:9",
       "a service has one docker source, and the one on line 4 is it"},
  });
}

TEST(Mistakes, OfScaling) {
  expect_keys(
      kScaledFrame,
      {
          {"scaling: ", "auto", "scaling: expected a map of keys, found 'auto'"},
          {"scaling: { driver: ", "proces", "(did you mean process?)"},
          {"scaling: { driver: ", "k8s", "'k8s' is unknown; available: process, docker"},
          {"scaling: { driver: ", "docker",
           "app: driver docker starts containers, and this service has none; list `docker: {}` in "
           "its discovery (did you mean driver: process?)"},
          {"scaling: { min: ", "0", "min: 0 is not from 1 to 1000"},
          {"scaling: { max: ", "1001", "max: 1001 is not from 1 to 1000"},
          {"scaling: { max: 3, min: ", "4", "scaling: min (4) is above max (3)"},
          {"scaling: { min: ", "11", "scaling: min (11) is above max (10, the default)"},
          {"scaling: { target: ", "40", "target: expected a map of keys, found the number 40"},
          {"scaling: { target: { inflight: ", "0",
           "inflight: 0 is no target; leave the key out for none"},
          {"scaling: { target: { inflight: ", "\"40\"", "(did you mean 40?)"},
          {"scaling: { target: { inflight: ", "0.05", "0.05 is not from 0.1 to 1000000"},
          {"scaling: { target: { cpu: ", "0", "cpu: 0 is no target"},
          {"scaling: { target: { cpu: ", "0%", "cpu: 0% is no target"},
          {"scaling: { target: { cpu: ", "70", "(did you mean 70%?)"},
          {"scaling: { target: { cpu: ", "0.7", "(did you mean 70%?)"},
          {"scaling: { target: { cpu: ", "10001%", "10001% is not from 1% to 10000%"},
          {"scaling: { target: { p95: ", "0s", "p95: 0s is no target"},
          {"scaling: { target: { p95: ", "0", "p95: 0 is no target"},
          {"scaling: { target: { p95: ", "200 msec", "(did you mean 200ms?)"},
          {"scaling: { cooldown: ", "30", "(did you mean 30s?)"},
          {"scaling: { down_window: ", "25h", "down_window: 25h is not from 0s to 1d"},
          {"scaling: { drain: ", "never", "drain: 'never' does not start with a digit"},
      });
  expect_all({
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], replicas: 1 }, "
       "scaling: { min: 2 } } }",
       "1:83", "process: replicas (1) is below min (2) of scaling"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], replicas: 11 }, "
       "scaling: {} } }",
       "1:83", "process: replicas (11) is above max (10, the default) of scaling"},
      {"services: { app: { discovery: [ static: [\"a:80\"] ], scaling: {} } }", "1:53",
       "app: driver process, the default, starts children, and this service has none; list "
       "`process: {}` in its discovery"},
      {"services: { app: { discovery: [ docker: {} ], scaling: { driver: process } } }", "1:66",
       "(did you mean driver: docker?)"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a] }, "
       "scaling: { target: { inflght: 5 } } } }",
       "1:96", "unknown key 'inflght' (did you mean inflight?)"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a] }, "
       "scaling: { minimum: 5 } } }",
       "1:86", "(did you mean min?)"},
  });
}

TEST(Discovery, MayBeDnsOrDockerAlone) {
  for (const char* source : {"dns: { name: web.internal }", "docker: {}", "docker:"}) {
    const std::string text = fmt::format("services:\n  app:\n    discovery:\n      - {}", source);
    const LoadResult result = load_text(complete(text), "weir.yaml");
    EXPECT_EQ(to_text(result.problems) + to_text(result.warnings), "") << source;
  }
}

TEST(Discovery, HasDefaultsOfItsOwn) {
  const LoadResult result = load_text(
      complete("services:\n  app: { discovery: [ docker: {}, dns: { name: Web.Internal } ] }"),
      "weir.yaml");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  const Service& app = result.settings->services.at(0);
  EXPECT_EQ(app.docker, (DockerDiscovery{"weir.service=app", "", std::chrono::seconds(10)}));
  EXPECT_EQ(app.dns, (std::vector<DnsDiscovery>{{"web.internal", 80, 1, false}}));
  EXPECT_EQ(app.scaling, std::nullopt);
}

TEST(Discovery, ANameThatIsListedTwiceIsAWarning) {
  const LoadResult result =
      load_text(complete("services:\n  app:\n    discovery:\n      - dns: { name: a }\n"
                         "      - dns: { name: a, port: 81 }\n      - dns: { name: A, port: 80 }"),
                "weir.yaml");
  EXPECT_EQ(
      to_text(result.warnings),
      "weir.yaml:6:22: a:80 is listed twice, first on line 4; a weight says so more clearly\n");
}

TEST(Scaling, BeginsAtItsMinimumUnlessTheFileSaysOtherwise) {
  const std::pair<const char*, std::uint32_t> rows[] = {
      {"process: { command: [a] }", 1},
      {"process: { command: [a] }, scaling: {}", 1},
      {"process: { command: [a] }, scaling: { min: 2 }", 2},
      {"process: { command: [a], replicas: 3 }, scaling: { min: 2 }", 3},
  };
  for (const auto& [keys, replicas] : rows) {
    const std::string text =
        fmt::format("services: {{ app: {{ discovery: [ process: {{}} ], {} }} }}", keys);
    const LoadResult result = load_text(complete(text), "weir.yaml");
    ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
    EXPECT_EQ(result.settings->services.at(0).process->replicas, replicas) << keys;
  }
}

}  // namespace mistake_discovery_test
}  // namespace weir::config
