#include "config/diff.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/load.hpp"
#include "config/mistake_table.hpp"

namespace weir::config {
namespace diff_test {

Settings load(const std::string& text, const std::string& folder = {}) {
  const LoadResult result = load_text(complete(text), "weir.yaml", folder);
  EXPECT_NE(result.settings, nullptr) << text << "\n" << to_text(result.problems);
  return result.settings == nullptr ? Settings{} : *result.settings;
}

std::string plan(const std::string& before, const std::string& after) {
  return fmt::format("{}", fmt::join(plan_lines(diff(load(before), load(after))), "\n"));
}

struct PlanRow {
  std::string before;
  std::string after;
  const char* plan;
};

void expect_plans(const std::vector<PlanRow>& rows) {
  for (const PlanRow& row : rows) {
    EXPECT_EQ(plan(row.before, row.after), row.plan) << row.before << "\n" << row.after;
    EXPECT_EQ(plan(row.before, row.before), "nothing changes");
    EXPECT_EQ(plan(row.after, row.after), "nothing changes");
  }
}

std::string app(const std::string& keys, const std::string& source = "static: [\"a:80\"]") {
  return fmt::format("services: {{ app: {{ discovery: [ {} ]{}{} }} }}", source,
                     keys.empty() ? "" : ", ", keys);
}

std::string children(const std::string& keys, const std::string& more = "") {
  return app(fmt::format("process: {{ command: [a]{} }}{}", keys, more), "process: {}");
}

TEST(Diff, OfAServicesSettings) {
  expect_plans({
      {app(""), app("balance: { algorithm: least_connections }"),
       "~ service app: algorithm round_robin -> least_connections"},
      {app("balance: { algorithm: weighted, slow_start: 1s }"), app("balance: { panic_below: 0% }"),
       "~ service app: algorithm weighted -> round_robin\n"
       "~ service app: slow_start 1s -> 20s\n"
       "~ service app: panic_below 50% -> 0%"},
      {app("balance: { hash_key: path }"), app("balance: { hash_key: \"header:x-user\" }"),
       "~ service app: hash_key path -> header:x-user"},
      {app(""), app("balance: { hash_key: path }"), "~ service app: + hash_key path"},
      {app("balance: { sticky: {} }"), app(""), "~ service app: - sticky"},
      {app("balance: { sticky: { age: 1h } }"), app("balance: { sticky: {} }"),
       "~ service app: sticky.age 1h -> 0s"},
      {app(""), app("health: { check: { path: /ok } }"), "~ service app: + health.check"},
      {app("health: { check: { path: /ok } }"), app("health: { check: { every: 2s } }"),
       "~ service app: health.check.path /ok -> /health\n"
       "~ service app: health.check.every 5s -> 2s"},
      {app("breaker: { failures: 3, causes: [503] }"), app(""),
       "~ service app: breaker.failures 3 -> 5\n"
       "~ service app: breaker.causes [503] -> [connect, reset, timeout, 502, 503, 504, \"grpc "
       "4\", "
       "\"grpc 8\", \"grpc 14\"]"},
      {app("concurrency: {}"), app("rate_limit: { rate: 1/s }"),
       "~ service app: + rate_limit\n~ service app: - concurrency"},
      {app("concurrency: {}"), app("concurrency: { max: 50 }"),
       "~ service app: concurrency.max 1000 -> 50"},
      {children(""), children("", ", scaling: { min: 1, target: { inflight: 40 } }"),
       "~ service app: + scaling"},
      {children("", ", scaling: { target: { inflight: 40 } }"),
       children("", ", scaling: { target: { cpu: 70% } }"),
       "~ service app: + scaling.target.cpu 70%\n~ service app: - scaling.target.inflight 40"},
  });
}

TEST(Diff, OfAServicesChildren) {
  expect_plans({
      {children(", replicas: 2"), children(", replicas: 3"),
       "~ service app: process.replicas 2 -> 3"},
      {children(", instances: [[a], []]"), children(""),
       "~ service app: process.instances [[a], []] -> []"},
      {children(", environment: { A: hunter2, B: x }"),
       children(", environment: { A: hunter3, C: hunter4 }"),
       "~ service app: process.environment.A changes\n"
       "~ service app: + process.environment.C ***\n"
       "~ service app: - process.environment.B ***"},
      {children(""), app(""), "~ service app: - process\n~ service app: + endpoint a:80"},
  });
}

TEST(Diff, OfAServicesEndpoints) {
  const auto fixed = [](const std::string& list) { return app("", "static: [" + list + "]"); };
  expect_plans({
      {fixed("\"a:80\", \"b:80\""),
       fixed("\"b:80\", { address: \"c:80\", weight: 2, backup: true }"),
       "~ service app: + endpoint c:80 (weight 2, backup)\n"
       "~ service app: - endpoint a:80, which drains"},
      {fixed("\"a:80\", \"b:80\""), fixed("\"b:80\", \"a:80\""), "nothing changes"},
      {fixed("\"a:80\", \"a:80\""), fixed("{ address: \"a:80\", weight: 2 }"), "nothing changes"},
      {fixed("{ address: \"a:80\", weight: 2 }"), fixed("{ address: \"a:80\", weight: 5 }"),
       "~ service app: endpoint a:80 weight 2 -> 5"},
      {fixed("\"a:80\", b:1"), fixed("{ address: \"a:80\", weight: 5, backup: true }, b:1"),
       "~ service app: endpoint a:80 weight 1 -> 5, backup false -> true"},
      {fixed("\"a:80\", b:1"), fixed("{ address: \"a:80\", backup: true }, b:1"),
       "~ service app: endpoint a:80 backup false -> true"},
  });
  const Change change = diff(load(fixed("\"a:80\", \"b:80\"")), load(fixed("\"b:80\", \"c:80\"")));
  ASSERT_EQ(change.services_changed.size(), 1u);
  const ServiceChange& service = change.services_changed[0];
  EXPECT_EQ(service.groups, (std::vector<Group>{Group::endpoints}));
  EXPECT_EQ(service.added, (std::vector<Endpoint>{{{.host = "c", .port = 80}}}));
  EXPECT_EQ(service.removed, (std::vector<Endpoint>{{{.host = "a", .port = 80}}}));
}

TEST(Diff, OfAServicesSources) {
  const auto dns = [](const std::string& keys) { return app("", "dns: { name: a" + keys + " }"); };
  const auto docker = [](const std::string& keys) { return app("", "docker: { " + keys + " }"); };
  expect_plans({
      {dns(""), dns(", weight: 2"), "~ service app: dns a:80 weight 1 -> 2"},
      {dns(""), dns(", port: 81"), "~ service app: + dns a:81\n~ service app: - dns a:80"},
      {docker("label: a=b"), docker("label: a=c, network: n"),
       "~ service app: docker.label a=b -> a=c\n~ service app: + docker.network n"},
      {dns(""), docker("label: a=b"), "~ service app: - dns a:80\n~ service app: + docker a=b"},
      {docker("resync: 1s"), app(""),
       "~ service app: - docker weir.service=app\n~ service app: + endpoint a:80"},
  });
}

TEST(Diff, SaysWhichGroupsOfAServiceChange) {
  const std::string all =
      "services: { app: { discovery: [ process: {}, static: [\"a:80\"], dns: { name: a }, docker: "
      "{} ], process: { command: [a] }, balance: { slow_start: 1s }, health: { check: {} }, "
      "breaker: { failures: 1 }, concurrency: {}, rate_limit: { rate: 1/s }, scaling: {} } }";
  const std::string none = "services: { app: { discovery: [ static: [\"b:80\"] ] } }";
  for (const auto& [before, after] : {std::pair(all, none), std::pair(none, all)}) {
    const Change change = diff(load(before), load(after));
    ASSERT_EQ(change.services_changed.size(), 1u);
    const ServiceChange& service = change.services_changed[0];
    EXPECT_EQ(service.groups.size(), 10u);
    for (std::size_t i = 0; i < service.groups.size(); ++i) {
      EXPECT_EQ(service.groups[i], static_cast<Group>(i)) << name(static_cast<Group>(i));
    }
  }
  const Change one = diff(load(app("")), load(app("breaker: { failures: 1 }")));
  EXPECT_EQ(one.services_changed.at(0).groups, (std::vector<Group>{Group::breaker}));
  EXPECT_TRUE(one.services_changed[0].has(Group::breaker));
  EXPECT_FALSE(one.services_changed[0].has(Group::balance));
}

TEST(Diff, OfServices) {
  const std::string two =
      "services: { app: { discovery: [ static: [\"a:80\"] ] }, old: { discovery: [ static: "
      "[\"b:80\", \"c:80\"] ] } }";
  const std::string other =
      "services: { new: { discovery: [ process: {}, dns: { name: d }, docker: {} ], process: { "
      "command: [a], replicas: 2 } }, app: { discovery: [ static: [\"a:80\"] ] } }";
  expect_plans({
      {two, other,
       "+ service new (2 children, dns d:80, docker weir.service=new)\n"
       "- service old (2 endpoints drain)"},
      {other, app(""), "- service new (2 children, dns d:80, docker weir.service=new drain)"},
      {two, "services: { app: { discovery: [ static: [\"a:80\"] ] } }",
       "- service old (2 endpoints drain)"},
      {"services: { app: { discovery: [ static: [\"a:80\"] ] }, b: { discovery: [ static: "
       "[\"b:80\"] ] } }",
       app(""), "- service b (1 endpoint drains)"},
  });
}

TEST(Diff, OfRoutes) {
  const std::string services =
      "services: { app: { discovery: [ static: [\"a:80\"] ] }, pay: { discovery: [ static: "
      "[\"b:80\"] ] } }\nroutes:\n";
  const auto with = [&](const std::string& routes) { return services + routes; };
  expect_plans({
      {with(" - { service: app }"),
       with(" - { service: app }\n - { service: pay, match: { path: "
            "/b } }"),
       "+ route /b -> pay"},
      {with(" - { service: app }\n - { redirect: { location: /new }, match: { path: /old, host: "
            "\"*.Example\", listener: web, methods: [PUT, GET] } }"),
       with(" - { service: app }"), "- route GET,PUT *.example/old on web -> redirect 302 /new"},
      {with(" - { service: app }\n - { service: pay, match: { path: /b } }"),
       with(" - { service: pay, match: { path: /b } }\n - { service: app }"), "nothing changes"},
      {with(" - { service: app, match: { methods: [PUT, GET] } }"),
       with(" - { service: app, match: { methods: [GET, PUT] } }"), "nothing changes"},
      {with(" - { service: app }"), with(" - { service: pay }"), "~ route /: service app -> pay"},
      {with(" - { service: app }"), with(" - { redirect: { location: /new } }"),
       "~ route /: + redirect\n~ route /: - service app"},
      {with(" - { service: app, timeout: { total: 20s } }"),
       with(" - { service: app, retry: { attempts: 1 }, fallback: { last_good: {} } }"),
       "~ route /: timeout.total 20s -> 30s\n~ route /: retry.attempts 3 -> 1\n"
       "~ route /: + fallback"},
      {with(" - { service: app, request_headers: { set: { x-a: \"1\" } } }"),
       with(" - { service: app, request_headers: { set: { x-a: \"2\", x-b: c }, remove: [x-c] } }"),
       "~ route /: request_headers.set.x-a 1 -> 2\n"
       "~ route /: request_headers.remove [] -> [x-c]\n"
       "~ route /: + request_headers.set.x-b c"},
      {with(" - { service: app }"), with(" - { service: app, match: { path: /a } }"),
       "+ route /a -> app\n- route / -> app"},
  });
}

TEST(Diff, SeesThatAFileHasOtherBytes) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("weir-diff-test-{}", ::getpid());
  std::filesystem::create_directories(folder);
  const std::string text =
      "routes: [ { service: app, fallback: { static: { file: sorry.html } } } ]";
  std::ofstream(folder / "sorry.html") << "one";
  const Settings before = load(text, folder.string());
  std::ofstream(folder / "sorry.html") << "two";
  const Settings after = load(text, folder.string());
  std::filesystem::remove_all(folder);
  EXPECT_EQ(plan_lines(diff(before, after)),
            (std::vector<std::string>{"~ route /: fallback.static.file changes"}));
}

TEST(Diff, OfListenersAndTheRest) {
  expect_plans({
      {"listeners: { web: { bind: \"127.0.0.1:8080\" } }",
       "listeners: { web: { bind: \"127.0.0.1:9090\", limits: { idle: 90s } } }",
       "~ listeners.web.limits.idle 1m -> 90s\n"
       "! listeners.web.bind: 127.0.0.1:8080 -> 127.0.0.1:9090 changes only with a restart"},
      {"listeners: { web: { bind: \"127.0.0.1:8080\" }, b: { bind: \"unix:/b\" } }",
       "listeners: { c: { bind: \"[::1]:1\" }, web: { bind: \"127.0.0.1:8080\" } }",
       "! listeners.c: [::1]:1 is opened only with a restart\n"
       "! listeners.b: unix:/b is closed only with a restart"},
      {"admin: { bind: \"127.0.0.1:1\" }", "admin: { bind: \"127.0.0.1:2\", hosts: [a] }",
       "~ admin.hosts [localhost, \"127.0.0.1\"] -> [a]\n"
       "! admin.bind: 127.0.0.1:1 -> 127.0.0.1:2 changes only with a restart"},
      {"admin: { insecure: true }", "trusted_proxies: [10.0.0.0/8, \"::1\"]",
       "~ admin.insecure true -> false\n~ trusted_proxies [] -> [10.0.0.0/8, ::1/128]"},
      {"log: { level: debug }", "log: { path: /l }\naccess_log: { path: /a }",
       "~ log.level debug -> info\n"
       "! access_log.path: off -> /a changes only with a restart\n"
       "! log.path: stderr -> /l changes only with a restart"},
      {"", "admin: { store: \"sqlite:a\" }",
       "! admin.store: (none) -> sqlite:a changes only with a restart"},
      {"admin: { store: \"sqlite:a\" }", "admin: { store: \"postgres://me:hunter2@db/weir\" }",
       "! admin.store: sqlite:a -> postgres://me:***@db/weir changes only with a restart"},
      {"admin: { store: \"postgres://me:hunter2@db/\" }",
       "admin: { store: \"postgres://me:hunter3@db/\" }",
       "! admin.store changes only with a restart"},
      {"admin: { store: { env: A } }", "admin: { store: { env: B } }",
       "! admin.store: { env: A } -> { env: B } changes only with a restart"},
  });
}

TEST(Diff, NothingChangesBetweenEquals) {
  const Settings settings = load("");
  const Change change = diff(settings, settings);
  EXPECT_TRUE(change.empty());
  EXPECT_EQ(plan_lines(change), std::vector<std::string>{"nothing changes"});
  EXPECT_EQ(plan_lines(diff(Settings{}, Settings{})), std::vector<std::string>{"nothing changes"});
}

TEST(Diff, TextsOfStrangersAreSafeToPrint) {
  const std::string long_path(300, 'x');
  EXPECT_EQ(shown_text("\"a b\""), "a b");
  EXPECT_EQ(shown_text("\"a\\u001b\""), "\"a\\u001b\"");
  EXPECT_EQ(shown_text("a\x1b[0m"), "a\\x1b[0m");
  EXPECT_EQ(shown_text("postgres://me:hunter2@db/"), "postgres://me:***@db/");
  EXPECT_EQ(shown_text(long_path), long_path.substr(0, 80) + "...");
  EXPECT_EQ(shown_text("\""), "\"");
  EXPECT_EQ(shown_text(""), "");
}

std::string numbered(const std::vector<std::pair<const char*, std::uint32_t>>& services) {
  std::string out;
  for (const auto& [name, number] : services) out += fmt::format("{}={} ", name, number);
  return out;
}

TEST(KeepNumbers, AServiceKeepsItsNumberByName) {
  using Services = std::vector<std::pair<const char*, std::uint32_t>>;
  struct NumberRow {
    Services before;
    std::vector<const char*> after;
    std::uint32_t highest;
    Services kept;
    std::uint32_t returned;
  };
  const NumberRow rows[] = {
      {{}, {"a", "b"}, 0, {{"a", 1}, {"b", 2}}, 2},
      {{{"a", 1}, {"b", 2}}, {"a", "b"}, 0, {{"a", 1}, {"b", 2}}, 2},
      {{{"a", 1}, {"b", 2}}, {"b", "a"}, 0, {{"b", 2}, {"a", 1}}, 2},
      {{{"a", 1}, {"b", 2}}, {"c", "b"}, 0, {{"c", 3}, {"b", 2}}, 3},
      {{{"a", 1}, {"b", 7}}, {"c", "d", "a"}, 0, {{"c", 8}, {"d", 9}, {"a", 1}}, 9},
      {{{"a", 1}}, {"a", "c"}, 2, {{"a", 1}, {"c", 3}}, 3},  // 2 was another's once
      {{{"a", 4}}, {}, 0, {}, 4},
  };
  for (const NumberRow& row : rows) {
    Settings before, after;
    for (const auto& [name, number] : row.before) {
      before.services.push_back({.number = number, .name = name});
    }
    for (const char* name : row.after) after.services.push_back({.number = 99, .name = name});
    EXPECT_EQ(keep_numbers(after, before, row.highest), row.returned) << numbered(row.before);
    Services kept;
    for (const Service& service : after.services) {
      kept.emplace_back(service.name.c_str(), service.number);
    }
    EXPECT_EQ(numbered(kept), numbered(row.kept));
  }
}

}  // namespace diff_test
}  // namespace weir::config
