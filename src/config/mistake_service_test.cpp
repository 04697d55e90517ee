// Mistakes in what a service says about balancing, health, breaker and limits.
#include <gtest/gtest.h>

#include "config/mistake_table.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kServiceFrame =
    "services: { app: { discovery: [ static: [\"10.0.0.1:80\"] ], @ } }";

TEST(Mistakes, OfBalancing) {
  expect_keys(
      kServiceFrame,
      {
          {"balance: { algorithm: ", "least_conn", "(did you mean least_connections?)"},
          {"balance: { algorithm: ", "p2c", "'p2c' is unknown; available: round_robin, weighted"},
          {"balance: { algorithm: ", "consistent_hash",
           "app: consistent_hash needs a key; add `hash_k"},
          {"balance: { algorithm: adaptive, arms: ", "[]", "arms: the list is empty"},
          {"balance: { algorithm: adaptive, arms: ", "[random_two]",
           "arms: adaptive compares two or more; add another, or leave `arms` out for random_two, "
           "least"},
          {"balance: { algorithm: adaptive, arms: ", "random_two",
           "expected a list, found 'random_two'"},
          {"balance: { algorithm: adaptive, arms: [random_two, ", "adaptive]",
           "arms: adaptive chooses among other algorithms and cannot be one of them"},
          {"balance: { algorithm: adaptive, arms: [", "adaptive]", "cannot be one of them"},
          {"balance: { algorithm: adaptive, arms: [random_two, ", "random_two]",
           "arms: 'random_two' is listed twice"},
          {"balance: { algorithm: adaptive, arms: [random_two, ", "randm_two]",
           "(did you mean random_two?)"},
          {"balance: { algorithm: adaptive, arms: [random_two, ", "consistent_hash]",
           "needs a key"},
          {"balance: { compare: [weighted, ", "round_robin]",
           "compare: round_robin is the service's algorithm itself, by default"},
          {"balance: { algorithm: weighted, compare: [", "weighted]",
           "compare: weighted is the service's algorithm itself"},
          {"balance: { compare: [weighted, ", "weighted]", "compare: 'weighted' is listed twice"},
          {"balance: { compare: [", "adaptive]", "cannot be one of them"},
          {"balance: { compare: [", "consistent_hash]", "needs a key"},
          {"balance: { hash_key: ", "user",
           "'user' is none of client_ip, path, header:NAME and cookie"},
          {"balance: { hash_key: ", "ip", "(did you mean client_ip?)"},
          {"balance: { hash_key: ", "client-ip", "(did you mean client_ip?)"},
          {"balance: { hash_key: ", "x-user", "(did you mean header:x-user?)"},
          {"balance: { hash_key: ", "\"header: X-User\"", "(did you mean header:X-User?)"},
          {"balance: { hash_key: ", "cookie=sid", "(did you mean cookie:sid?)"},
          {"balance: { hash_key: ", "cookie", "(did you mean cookie:session?)"},
          {"balance: { hash_key: ", "\"header:\"", "is none of client_ip"},
          {"balance: { hash_key: ", "\"header:a b\"", "is none of client_ip"},
          {"balance: { hash_key: ", "[path]",
           "expected client_ip, path, header:NAME or cookie:NAME,"},
          {"balance: { table: ", "mglev", "(did you mean maglev?)"},
          {"balance: { load_bound: ", "0.9", "load_bound: 0.9 is not from 1 to 2"},
          {"balance: { load_bound: ", "2.000001", "is not from 1 to 2"},
          {"balance: { load_bound: ", "125%", "expected a number such as 1.25, found '125%'"},
          {"balance: { load_bound: ", "\"1.25\"", "(did you mean 1.25?)"},
          {"balance: { load_bound: ", "1.2e0", "found the number 1.2e0"},
          {"balance: { slow_start: ", "20", "(did you mean 20s?)"},
          {"balance: { slow_start: ", "2h", "slow_start: 2h is not from 0s to 1h"},
          {"balance: { panic_below: ", "50",
           "expected a percentage such as 50%, found the number 50 "
           "(did you mean 50%?)"},
          {"balance: { panic_below: ", "0.5", "(did you mean 50%?)"},
          {"balance: { panic_below: ", "50 percent", "(did you mean 50%?)"},
          {"balance: { panic_below: ", "101%", "panic_below: 101% is not from 0% to 100%"},
          {"balance: { panic_below: ", "half", "found 'half'"},
          {"balance: { panic_below: ", "-5%", "found '-5%'"},
          {"balance: { panic_below: ", "true", "found true"},
          {"balance: { sticky: { cookie: ", "\"a=b\"", "'a=b' is not a cookie's name"},
          {"balance: { sticky: { age: ", "60", "(did you mean 60s?)"},
          {"balance: { sticky: { age: ", "401d", "is not from 0s to 400d"},
      });
  expect_all({
      {"services: { app: { discovery: [ static: [\"a:80\"] ], balance: { algorithm: adaptive, "
       "compare: [weighted] } } }",
       "1:85", "compare: adaptive compares its arms already"},
      {"services: { app: { discovery: [ static: [\"a:80\"] ], balance: { hashkey: path } } }",
       "1:64", "unknown key 'hashkey' (did you mean hash_key?)"},
      {"services: { app: { discovery: [ static: [{ address: \"a:80\", backup: yes }] ] } }", "1:69",
       "expected true or false without quotes, found 'yes' (did you mean true?)"},
  });
}

TEST(Mistakes, OfHealth) {
  expect_keys(
      kServiceFrame,
      {
          {"health: { check: { kind: ", "grpc",
           "'grpc' is not in this version; available: http, tcp"},
          {"health: { check: { path: ", "health", "(did you mean /health?)"},
          {"health: { check: { every: ", "5", "(did you mean 5s?)"},
          {"health: { check: { every: 10s, timeout: ", "11s",
           "check: timeout (11s) is longer than every (10s)"},
          {"health: { check: { timeout: ", "6s",
           "check: timeout (6s) is longer than every (5s, the def"},
          {"health: { check: { every: ", "500ms",
           "timeout (1s, the default) is longer than every (500"},
          {"health: { check: { every: ", "1ms", "every: 1ms is not from 10ms to 1d"},
          {"health: { check: { rise: ", "0", "rise: 0 is not from 1 to 100"},
          {"health: { check: { fall: ", "2.5", "expected a whole number, found the number 2.5"},
          {"health: { check: { initial: ", "up", "available: wait, healthy, unhealthy"},
          {"health: { check: ", "/health", "check: expected a map of keys, found '/health'"},
          {"health: { outlier: { enabled: ", "on", "(did you mean true?)"},
          {"health: { outlier: { interval: ", "0s", "interval: 0s is not from 10ms to 1d"},
          {"health: { outlier: { base: ", "6m",
           "outlier: base (6m) is longer than longest (5m, the def"},
          {"health: { outlier: { longest: ", "10s",
           "base (30s, the default) is longer than longest (10s"},
          {"health: { outlier: { max_ejected: ", "10", "(did you mean 10%?)"},
          {"health: { outlier: { latency_factor: ", "0.5",
           "latency_factor: 0.5 would take out what is as fast as its peers"},
          {"health: { outlier: { latency_factor: ", "101", "is not from 0 to 100"},
      });
}

TEST(Mistakes, OfBreakers) {
  expect_keys(
      kServiceFrame,
      {
          {"breaker: { failures: ", "0", "failures: 0 is not from 1 to 4095"},
          {"breaker: { probes: ", "17", "probes: 17 is not from 1 to 16"},
          {"breaker: { open: ", "30", "(did you mean 30s?)"},
          {"breaker: { open: ", "10m",
           "breaker: open (10m) is longer than longest (5m, the default)"},
          {"breaker: { causes: ", "[]", "causes: the list is empty (did you mean enabled: false?)"},
          {"breaker: { causes: ", "503",
           "expected a list, found the number 503 (did you mean [503]?)"},
          {"breaker: { causes: [", "5xx]",
           "'5xx' is unknown; available: connect, reset, timeout, 429, "
           "500, 502, 503, 504, grpc 4, grpc 8, grpc 14 (did you mean "
           "502, 503, 504?)"},
          {"breaker: { causes: [", "404]", "'404' is unknown; available: connect, reset"},
          {"breaker: { causes: [", "http_503]", "(did you mean 503?)"},
          {"breaker: { causes: [", "connect-failure]", "(did you mean connect?)"},
          {"breaker: { causes: [", "\"503\"]",
           "expected a status without quotes, found '503' (did you"},
          {"breaker: { causes: [", "true]", "expected some of connect, reset, timeout"},
          {"breaker: { causes: [", "{ a: b }]", "expected some of connect, reset, timeout"},
          {"breaker: { causes: [503, ", "503]", "causes: 503 is listed twice"},
      });
}

TEST(Mistakes, OfLimitsOfAService) {
  expect_keys(
      kServiceFrame,
      {
          {"concurrency: { mode: ", "gradient", "(did you mean gradient2?)"},
          {"concurrency: { max: 10, min: ", "11", "concurrency: min (11) is above max (10)"},
          {"concurrency: { max: ", "10", "concurrency: min (20, the default) is above max (10)"},
          {"concurrency: { min: ", "0", "min: 0 is not from 1 to 1000000"},
          {"concurrency: { queue: ", "100001", "is not from 0 to 100000"},
          {"concurrency: { queue_timeout: ", "200", "(did you mean 200ms?)"},
          {"concurrency: { queue_timeout: ", "30s",
           "app: queue_timeout (30s) is not shorter than total (30s, the default) of the route on"},
          {"rate_limit: ", "{}", "rate_limit: 'rate' is missing"},
          {"rate_limit: { rate: ", "500",
           "expected a rate such as 500/s or 0.5/s, found the number 500 "
           "(did you mean 500/s?)"},
          {"rate_limit: { rate: ", "30/m", "(did you mean 0.5/s?)"},
          {"rate_limit: { rate: ", "500rps", "(did you mean 500/s?)"},
          {"rate_limit: { rate: ", "500 / s", "(did you mean 500/s?)"},
          {"rate_limit: { rate: ", "fast", "found 'fast'"},
          {"rate_limit: { rate: ", "0/s", "rate: 0/s is not from 0.001/s to 1000000/s"},
          {"rate_limit: { rate: ", "0.0000001/s", "expected a rate such as"},
          {"rate_limit: { rate: 1/s, burst: ", "0", "burst: 0 is not from 1 to 1000000"},
          {"rate_limit: { rate: 1/s, key: ", "remote_addr", "(did you mean client_ip?)"},
          {"rate_limit: { rate: 1/s, keys: ", "1000001", "is not from 1 to 1000000"},
      });
}

TEST(Warnings, OfAService) {
  const std::vector<Mistake> rows = {
      {"services: { app: { discovery: [ static: [\"a:80\"] ], balance: { arms: [weighted, ip_hash] "
       "} } }",
       "1:70", "arms: only adaptive chooses among them, and the algorithm is round_robin"},
      {"services: { app: { discovery: [ static: [{ address: \"a:80\", backup: true }] ] } }",
       "1:31", "app: every endpoint is a backup"},
  };
  for (const Mistake& row : rows) {
    SCOPED_TRACE(row.text);
    const LoadResult result = load_text(complete(row.text), "weir.yaml");
    EXPECT_NE(result.settings, nullptr) << to_text(result.problems);
    ASSERT_EQ(result.warnings.size(), 1u);
    const Problem& warning = result.warnings.front();
    EXPECT_EQ(fmt::format("{}:{}", warning.line, warning.column), row.place) << to_text(warning);
    EXPECT_NE(warning.message.find(row.needle), std::string::npos) << to_text(warning);
  }
}

}  // namespace
}  // namespace weir::config
