// Mistakes in what a route says about retries, fallback and rate.
#include <gtest/gtest.h>

#include "config/mistake_table.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kRouteFrame = "routes: [ { service: app, @ } ]";

TEST(Mistakes, OfRetries) {
  expect_keys(
      kRouteFrame,
      {
          {"retry: { attempts: ", "0", "attempts: 0 is not from 1 to 10"},
          {"retry: { causes: ", "[]", "causes: the list is empty (did you mean attempts: 1?)"},
          {"retry: { causes: [", "gateway-error]", "(did you mean 502, 503, 504?)"},
          {"retry: { backoff: { base: ", "25", "(did you mean 25ms?)"},
          {"retry: { backoff: { base: ", "1s",
           "backoff: base (1s) is longer than cap (250ms, the def"},
          {"retry: { backoff: { cap: ", "10ms",
           "base (25ms, the default) is longer than cap (10ms)"},
          {"retry: { budget: { share: ", "20", "(did you mean 20%?)"},
          {"retry: { budget: { min: ", "3", "(did you mean 3/s?)"},
          {"retry: { buffer: ", "64", "(did you mean 64B?)"},
          {"retry: { buffer: ", "17MiB", "buffer: 17MiB is not from 0B to 16MiB"},
          {"retry: { hedge: ", "2", "expected true or false"},
          {"retry: { idempotency_key: ", "Idempotency-Key", "expected true or false"},
          {"retry: ", "3", "retry: expected a map of keys, found the number 3"},
          {"rate_limit: { rate: ", "5/min", "(did you mean 0.083333/s?)"},
      });
  expect_all({{"routes: [ { service: app, retry: { retries: 3 } } ]", "1:36", "unknown key"},
              {"routes: [ { service: app, rate_limit: { burst: 5 } } ]", "1:39",
               "rate_limit: 'rate' is missing"}});
}

TEST(Mistakes, OfFallbacks) {
  expect_keys(
      kRouteFrame,
      {
          {"fallback: ", "{}", "fallback: say which: static, last_good or service"},
          {"fallback: ", "sorry", "fallback: expected a map of keys, found 'sorry'"},
          {"fallback: { static: {}, last_good: ", "{}",
           "fallback: one of static, last_good and service, not last_good as well as static"},
          {"fallback: { static: { status: ", "199", "status: 199 is not from 200 to 599"},
          {"fallback: { static: { file: ", "sorry.html",
           "only a configuration that is a file itself"},
          {"fallback: { static: { file: ", "\"\"", "file: it is empty"},
          {"fallback: { static: { headers: { retry-after: ", "30", "(did you mean \"30\"?)"},
          {"fallback: { static: { headers: { Retry-After: ", "2m", "(did you mean \"120\"?)"},
          {"fallback: { static: { headers: { retry-after: ", "soon",
           "expected auto, seconds such as \"30\", or a date, found 'soon' (did you mean auto?)"},
          {"fallback: { static: { headers: { x-a: ", "\"a\\r\\nb\"", "has no control bytes"},
          {"fallback: { last_good: { max_age: ", "5", "(did you mean 5s?)"},
          {"fallback: { last_good: { max_age: ", "8d", "is not from 1s to 7d"},
          {"fallback: { service: ", "ap", "there is no service 'ap' (did you mean app?)"},
          {"fallback: { service: ", "app", "'app' is the service that has failed; name another"},
      });
  expect_all({
      {"routes: [ { redirect: { location: / }, fallback: { static: {} } } ]", "1:50",
       "a redirect makes no attempt that could fail"},
      {"routes: [ { service: app, fallback: { static: { headers: { content-length: \"1\" } } } } ]",
       "1:60", "'content-length' belongs to weir"},
  });
}

constexpr const char* kThree =
    "services:\n"
    "  app: { discovery: [ static: [\"a:80\"] ] }\n"
    "  b: { discovery: [ static: [\"b:80\"] ] }\n"
    "  c: { discovery: [ static: [\"c:80\"] ], concurrency: { queue_timeout: 2s } }\n"
    "routes:\n";

TEST(Mistakes, OfFallbackLoops) {
  const std::string two = std::string(kThree) +
                          "  - { service: app, fallback: { service: b } }\n"
                          "  - { match: { path: /b }, service: b, fallback: { service: app } }\n";
  const std::string three = std::string(kThree) +
                            "  - { match: { path: /c }, service: c, fallback: { service: app } }\n"
                            "  - { service: app, fallback: { service: b } }\n"
                            "  - { match: { path: /b }, service: b, fallback: { service: c } }\n";
  expect_all({
      {two.c_str(), "7:61", "each other's failures: app -> b -> app"},
      {three.c_str(), "6:61", "each other's failures: app -> b -> c -> app"},
  });
  const std::string chain = std::string(kThree) +
                            "  - { service: app, fallback: { service: b } }\n"
                            "  - { match: { path: /2 }, service: app, fallback: { service: c } }\n"
                            "  - { match: { path: /b }, service: b, fallback: { service: c } }\n";
  EXPECT_EQ(to_text(load_text(complete(chain), "weir.yaml").problems), "");
}

TEST(Mistakes, OfQueues) {
  const std::string longer = std::string(kThree) +
                             "  - { service: c }\n"
                             "  - { match: { path: /x }, service: c, timeout: { connect: 1s, "
                             "attempt: 1s, total: 2s } }\n";
  expect_all(
      {{longer.c_str(), "4:71", "total (2s) of the route on line 7: a request would spend"}});
  const std::string hurried =
      "services: { app: { discovery: [ static: [\"a:80\"] ], concurrency: {} } }\n"
      "routes: [ { service: app, timeout: { connect: 9ms, attempt: 9ms, total: 150ms } } ]";
  expect_all({{hurried.c_str(), "2:73", "queue_timeout (200ms, the default) is not shorter than"}});
}

}  // namespace
}  // namespace weir::config
