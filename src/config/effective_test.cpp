#include "config/effective.hpp"

#include <gtest/gtest.h>

#include "config/load.hpp"

namespace weir::config {
namespace {

using namespace std::chrono_literals;

// Every key, each with a value that is not its default.
constexpr std::string_view kFull = R"(
version: 1
listeners:
  web:
    bind: "127.0.0.1:8080"
    protocols: [h1]
    limits: { line: 4KiB, head: 32KiB, fields: 50, head_time: 5s, idle: 90s, body_max: 10MiB,
              min_body_rate: 1KiB/s, write_idle: 1500ms }
  inner: { bind: "unix:/run/weir web.sock" }
  six: { bind: "[::1]:0" }
admin: { bind: "0.0.0.0:9900", hosts: [weir.example, "::1"], insecure: true,
         store: "sqlite:/var/lib/weir/weir.db" }
trusted_proxies: [10.0.0.0/8, "fd00::/8", 127.0.0.1]
services:
  web-server:
    discovery:
      - process: {}
      - docker: { label: "app.role=web, \"x\"", network: weir_net, resync: 1m }
      - dns: { name: Web.Internal, port: 8080, weight: 3, backup: true }
      - static: [ "10.0.0.1:80", { address: "b.example:81", weight: 2, backup: true } ]
      - dns: { name: other.internal }
    scaling: { driver: docker, min: 2, max: 9, target: { inflight: 40.5, cpu: 70%, p95: 200ms },
               cooldown: 1s, down_window: 2m, drain: 3s }
    balance: { algorithm: adaptive, arms: [consistent_hash, response_time], hash_key: "cookie:sid",
               table: maglev, load_bound: 1.5, slow_start: 0s, panic_below: 12.5%,
               sticky: { cookie: stick, age: 1h } }
    health: { check: { kind: tcp, path: "/ok?a=1", every: 2s, timeout: 2s, rise: 1, fall: 4,
                       initial: healthy },
              outlier: { enabled: false, interval: 1s, base: 2s, longest: 3s, max_ejected: 10%,
                         latency_factor: 0 } }
    breaker: { enabled: false, failures: 7, open: 3s, longest: 9s, probes: 1,
               causes: [429, connect, 500, "grpc 14"] }
    concurrency: { mode: fixed, min: 1, max: 5, per_endpoint: 2, queue: 3, queue_timeout: 9s }
    rate_limit: { rate: 0.123456/s, burst: 2, key: "header:X-User", keys: 3 }
    process:
      command: [weir, --flag, "", "two words", "quote \" and \\ and \n", "true", "5", "on", "é"]
      replicas: 4
      ready: /health?x=1
      environment: { A: "", B_1: "x: y" }
      instances: [ [], [--latency, 2ms], ["- a", "#b"] ]
  fixed: { discovery: [ static: [ "unix:/run/app" ], docker: {} ],
           balance: { algorithm: ip_hash, compare: [weighted, random_two], hash_key: path },
           concurrency: {}, scaling: { driver: docker } }
  "null": { discovery: [ static: [ "a:1" ] ] }
  no: { discovery: [ static: [ "a:1" ] ] }
routes:
  - match: { listener: web, host: "*.Example", path: /app/, methods: [GET, POST] }
    service: web-server
    rewrite_prefix: /v1/
    request_headers: { set: { x-a: "1" }, add: { X-B: "b, c" }, remove: [x-c, "X!"] }
    response_headers: { set: { cache-control: "no-store" }, add: { "null": "~" }, remove: [server] }
    body_max: 1MiB
    request_id: false
    escapes: keep
    websocket: false
    timeout: { connect: 100ms, attempt: 2s, total: 10s, idle: 20s, stream: 2h }
    retry: { attempts: 2, causes: [connect, 503], backoff: { base: 1ms, cap: 2ms },
             budget: { share: 0.5%, min: 0/s }, buffer: 1KiB, idempotency_key: true, hedge: true }
    fallback: { static: { status: 200, headers: { x-b: c, Retry-After: auto } } }
    rate_limit: { rate: 999999.999999/s, key: client_ip }
  - { service: fixed, strip_prefix: true, fallback: { last_good: { max_age: 1m } } }
  - { match: { path: /2 }, service: fixed, fallback: { service: no } }
  - match: { path: /old/ }
    redirect: { status: 308, location: "https://a.example/new/?a=b#c" }
access_log: { path: /var/log/weir.log }
log: { level: debug, path: stdout }
)";

TEST(Effective, LoadsAgainToTheSameSettings) {
  for (const std::string_view text :
       {kFull, std::string_view("listeners: { a: { bind: 1.2.3.4:5 } }")}) {
    const LoadResult first = load_text(text, "weir.yaml");
    ASSERT_NE(first.settings, nullptr) << to_text(first.problems);
    const std::string printed = to_yaml(*first.settings);
    const LoadResult second = load_text(printed, "printed.yaml");
    ASSERT_NE(second.settings, nullptr) << to_text(second.problems) << printed;
    EXPECT_EQ(*second.settings, *first.settings) << printed;
    EXPECT_EQ(to_yaml(*second.settings), printed);
    EXPECT_EQ(second.warnings.size(), first.warnings.size());
  }
}

TEST(Effective, EveryKeyOfTheFileReachesTheSettings) {
  const LoadResult result = load_text(kFull, "weir.yaml");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  const Settings& s = *result.settings;
  const Limits limits{4 * kKiB, 32 * kKiB, 50, 5s, 90s, 10 * kKiB * kKiB, kKiB, 1500ms};
  EXPECT_EQ(s.listeners.at(0).limits, limits);
  EXPECT_EQ(s.listeners[1].bind.unix_path, "/run/weir web.sock");
  EXPECT_EQ(s.listeners[2].bind, (Address{.host = "::1"}));
  EXPECT_EQ(s.admin, (Admin{{.host = "0.0.0.0", .port = 9900},
                            {"weir.example", "[::1]"},
                            true,
                            "sqlite:/var/lib/weir/weir.db",
                            {}}));
  EXPECT_EQ(s.trusted_proxies.size(), 3u);
  const Service& web = s.services.at(0);
  EXPECT_EQ(web.number, 1u);
  EXPECT_EQ(s.services[1].number, 2u);
  EXPECT_EQ(find_service(s, "fixed"), &s.services[1]);
  EXPECT_EQ(find_service(s, "none"), nullptr);
  EXPECT_EQ(find_listener(s, "six"), &s.listeners[2]);
  EXPECT_EQ(find_listener(s, "none"), nullptr);
  EXPECT_EQ(web.endpoints.at(1), (Endpoint{{.host = "b.example", .port = 81}, 2, true}));
  ASSERT_TRUE(web.process);
  EXPECT_EQ(web.process->command.at(4), "quote \" and \\ and \n");
  EXPECT_EQ(web.process->replicas, 4u);
  EXPECT_EQ(web.process->ready, "/health?x=1");
  EXPECT_EQ(web.process->environment.at(1), (Variable{"B_1", "x: y"}));
  EXPECT_EQ(web.process->instances.at(2), (std::vector<std::string>{"- a", "#b"}));
  const Route& route = s.routes.at(0);
  EXPECT_EQ(route.match, (Match{"web", "*.example", "/app/", {"GET", "POST"}}));
  EXPECT_EQ(route.service, "web-server");
  EXPECT_EQ(route.rewrite_prefix, "/v1/");
  EXPECT_EQ(route.request_headers, (HeaderEdits{{{"x-a", "1"}}, {{"X-B", "b, c"}}, {"x-c", "X!"}}));
  EXPECT_EQ(route.response_headers.add, (std::vector<Header>{{"null", "~"}}));
  EXPECT_EQ(route.body_max, kKiB * kKiB);
  EXPECT_FALSE(route.request_id || route.websocket || route.strip_prefix);
  EXPECT_EQ(route.escapes, Escapes::keep);
  EXPECT_EQ(route.timeout, (Timeouts{100ms, 2s, 10s, 20s, 2h}));
  EXPECT_TRUE(s.routes[1].strip_prefix);
  EXPECT_EQ(s.routes[3].redirect, (Redirect{308, "https://a.example/new/?a=b#c"}));
  EXPECT_TRUE(s.access_log.is_on());
  EXPECT_EQ(s.log, (Log{LogLevel::debug, "stdout"}));
}

TEST(Effective, EveryKeyOfAServiceReachesTheSettings) {
  using balance::Algorithm;
  using balance::Cause;
  const LoadResult result = load_text(kFull, "weir.yaml");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  const Service& web = result.settings->services.at(0);
  const Balance balance{Algorithm::adaptive,
                        {Algorithm::consistent_hash, Algorithm::response_time},
                        {},
                        {HashKey::Source::cookie, "sid"},
                        HashTable::maglev,
                        1.5,
                        0s,
                        0.125,
                        Sticky{"stick", 1h}};
  EXPECT_EQ(web.balance, balance);
  const Check check{CheckKind::tcp, "/ok?a=1", 2s, 2s, 1, 4, CheckInitial::healthy};
  EXPECT_EQ(web.health, (Health{check, {false, 1s, 2s, 3s, 0.1, 0}}));
  const balance::CauseSet causes{Cause::status_429, Cause::connect, Cause::status_500,
                                 Cause::grpc_unavailable};
  EXPECT_EQ(web.breaker, (Breaker{false, 7, 3s, 9s, 1, causes}));
  EXPECT_EQ(web.concurrency, (Concurrency{LimitMode::fixed, 1, 5, 2, 3, 9s}));
  EXPECT_EQ(web.rate_limit, (RateLimit{0.123456, 2, {HashKey::Source::header, "x-user"}, 3}));
  EXPECT_EQ(web.dns, (std::vector<DnsDiscovery>{{"web.internal", 8080, 3, true},
                                                {"other.internal", 80, 1, false}}));
  EXPECT_EQ(web.docker, (DockerDiscovery{"app.role=web, \"x\"", "weir_net", 1min}));
  EXPECT_EQ(web.scaling, (Scaling{ScalingDriver::docker, 2, 9, 40.5, 0.7, 200ms, 1s, 2min, 3s}));
  const Service& fixed = result.settings->services[1];
  EXPECT_EQ(fixed.docker, (DockerDiscovery{.label = "weir.service=fixed"}));
  EXPECT_EQ(fixed.scaling, (Scaling{.driver = ScalingDriver::docker}));
  EXPECT_EQ(fixed.balance.compare,
            (std::vector<Algorithm>{Algorithm::weighted, Algorithm::random_two}));
  EXPECT_EQ(fixed.concurrency, Concurrency{});
  EXPECT_EQ(fixed.health, Health{});
  EXPECT_EQ(fixed.breaker, Breaker{});
  EXPECT_EQ(fixed.rate_limit, std::nullopt);
}

TEST(Effective, EveryKeyOfARetryAndFallbackReachesTheSettings) {
  const LoadResult result = load_text(kFull, "weir.yaml");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  const std::vector<Route>& routes = result.settings->routes;
  const balance::CauseSet causes{balance::Cause::connect, balance::Cause::status_503};
  EXPECT_EQ(routes.at(0).retry, (Retry{2, causes, 1ms, 2ms, 0.005, 0, kKiB, true, true}));
  const Fallback answer{
      .answer = StaticAnswer{.status = 200, .headers = {{"x-b", "c"}}, .retry_after_auto = true}};
  EXPECT_EQ(routes[0].fallback, answer);
  EXPECT_EQ(routes[0].rate_limit, (RateLimit{.rate = 999'999.999999}));
  EXPECT_EQ(routes[1].fallback, (Fallback{.last_good = LastGood{1min}}));
  EXPECT_EQ(routes[1].retry, Retry{});
  EXPECT_EQ(routes[2].fallback, (Fallback{.service = "no"}));
  EXPECT_EQ(routes[3].fallback, std::nullopt);
}

TEST(Effective, ScalarsArePlainOnlyWhenEveryReaderAgrees) {
  const std::pair<const char*, const char*> rows[] = {
      {"web-server", "web-server"},
      {"/app/", "/app/"},
      {"--port", "--port"},
      {"2ms", "2ms"},
      {"round_robin", "round_robin"},
      {"", "\"\""},
      {"0", "\"0\""},
      {"1e3", "\"1e3\""},
      {"true", "\"true\""},
      {"No", "\"No\""},
      {"off", "\"off\""},
      {"null", "\"null\""},
      {"*", "\"*\""},
      {"a: b", "\"a: b\""},
      {"a #b", "\"a #b\""},
      {"---", "\"---\""},
      {"-", "\"-\""},
      {"--", "\"--\""},
      {"a\n\"\\", "\"a\\u000a\\\"\\\\\""},
      {"1.2.3.4", "\"1.2.3.4\""},
      {"0x1f", "\"0x1f\""},
      {".inf", "\".inf\""},
      {"~", "\"~\""},
  };
  for (const auto& [text, scalar] : rows) EXPECT_EQ(yaml_scalar(text), scalar) << text;
}

}  // namespace
}  // namespace weir::config
