#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "observe/gateway_metrics.hpp"
#include "observe/prometheus_text.hpp"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;
using telemetry::ListenerTraffic;
using telemetry::Reason;
using telemetry::Traffic;
using Type = PrometheusText::Type;

TEST(PrometheusText, FamilyAndSamples) {
  std::string out;
  PrometheusText text(out);
  text.family("weir_things_total", Type::counter, "Things counted.");
  text.sample({}, std::uint64_t{18446744073709551615u});
  text.sample({{"service", "web"}, {"code", "2xx"}}, std::int64_t{-3});
  text.sample({{"a", "b"}}, 0.25);
  EXPECT_EQ(out,
            "# HELP weir_things_total Things counted.\n"
            "# TYPE weir_things_total counter\n"
            "weir_things_total 18446744073709551615\n"
            "weir_things_total{service=\"web\",code=\"2xx\"} -3\n"
            "weir_things_total{a=\"b\"} 0.25\n");
}

TEST(PrometheusText, LabelValuesAreEscaped) {
  struct Row {
    std::string_view value;
    std::string_view written;
  };
  for (const Row& row : {Row{"plain", "plain"}, Row{"a\"b", "a\\\"b"}, Row{"a\\b", "a\\\\b"},
                         Row{"a\nb\n", "a\\nb\\n"}, Row{"caf\xc3\xa9", "caf\xc3\xa9"},
                         Row{"bad\xff", "bad\\\\ufffd"}, Row{"\x01", "\\\\u0001"},
                         Row{"\\u0041", "\\\\u0041"}, Row{"", ""}}) {
    std::string out;
    PrometheusText text(out);
    text.family("x", Type::gauge, "X.");
    out.clear();
    text.sample({{"l", row.value}}, std::uint64_t{1});
    EXPECT_EQ(out, "x{l=\"" + std::string(row.written) + "\"} 1\n");
  }
}

TEST(PrometheusText, NumbersThatAreNone) {
  std::string out;
  PrometheusText text(out);
  text.family("x", Type::gauge, "X.");
  out.clear();
  text.sample({}, std::numeric_limits<double>::quiet_NaN());
  text.sample({}, std::numeric_limits<double>::infinity());
  text.sample({}, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(out, "x NaN\nx +Inf\nx -Inf\n");
}

TEST(PrometheusText, HistogramIsCumulative) {
  LatencyTotals totals;
  totals.buckets[0] = 2;
  totals.buckets[3] = 5;
  totals.buckets.back() = 1;
  totals.sum_seconds = 12.5;
  std::string out;
  PrometheusText text(out);
  text.family("x_seconds", Type::histogram, "X.");
  text.latency({{"service", "web"}}, totals);
  EXPECT_NE(out.find("x_seconds_bucket{service=\"web\",le=\"0.0001\"} 2\n"), std::string::npos);
  EXPECT_NE(out.find("x_seconds_bucket{service=\"web\",le=\"0.001\"} 7\n"), std::string::npos);
  EXPECT_NE(out.find("x_seconds_bucket{service=\"web\",le=\"10\"} 7\n"), std::string::npos);
  EXPECT_NE(out.find("x_seconds_bucket{service=\"web\",le=\"+Inf\"} 8\n"), std::string::npos);
  EXPECT_NE(out.find("x_seconds_sum{service=\"web\"} 12.5\n"), std::string::npos);
  EXPECT_NE(out.find("x_seconds_count{service=\"web\"} 8\n"), std::string::npos);
}

// A gateway with two services, one of a hostile name, after some traffic.
std::string gateway_page() {
  Traffic web(2);
  Traffic odd(1);
  Traffic endpoint(1);
  ListenerTraffic listener(1);
  for (int i = 0; i < 20; ++i) {
    web.lane(1).begin();
    web.lane(1).finish({.status = 200, .duration = 3ms, .bytes_in = 5, .bytes_out = 50});
  }
  web.lane(0).begin();
  web.lane(0).finish({.status = 503, .reason = Reason::no_host, .duration = 40us});
  endpoint.lane(0).connects.add(3);
  listener.lane(0).accepted.add(9);
  listener.lane(0).malformed.add(2);
  const std::vector<Subject> subjects = {
      {.kind = SubjectKind::service, .service = "web", .traffic = &web},
      {.kind = SubjectKind::service, .service = "o\"d\\d\n\xff", .traffic = &odd},
      {.kind = SubjectKind::endpoint,
       .service = "web",
       .endpoint = "127.0.0.1:9",
       .traffic = &endpoint},
      {.kind = SubjectKind::listener, .service = "gateway", .listener = &listener},
  };
  Collector collector;
  collector.tick(base::Time(1s), subjects);
  const std::array<ServiceStanding, 1> services = {
      {{.service = "web",
        .panic = true,
        .breaker = {.state = BreakerStanding::kHalfOpen, .changes = 5},
        .retries = 7,
        .amplification = 1.25,
        .fallbacks = 3}}};
  const std::array<EndpointStanding, 1> endpoints = {
      {{.service = "web",
        .endpoint = "127.0.0.1:9",
        .eligible = true,
        .weight = 0.5,
        .breaker = {.state = BreakerStanding::kOpen, .forced = true, .changes = 2}}}};
  std::string out;
  append_gateway_metrics(out, collector,
                         {.version = "0.1.0",
                          .revision = "abc",
                          .config_hash = "0123",
                          .uptime_seconds = 1.5,
                          .access_log_dropped = 4,
                          .services = services,
                          .endpoints = endpoints,
                          .process = read_process_facts()});
  return out;
}

TEST(GatewayMetrics, HasTheFamiliesAndTheirNumbers) {
  const std::string page = gateway_page();
  for (const std::string_view line : {
           "weir_build_info{version=\"0.1.0\",revision=\"abc\"} 1\n",
           "weir_uptime_seconds 1.5\n",
           "weir_http_requests_total{service=\"web\",code=\"2xx\"} 20\n",
           "weir_http_requests_total{service=\"web\",code=\"5xx\"} 1\n",
           "weir_http_requests_total{service=\"web\",code=\"4xx\"} 0\n",
           "weir_http_exchanges_total{service=\"web\",reason=\"NH\"} 1\n",
           "weir_http_exchanges_total{service=\"web\",reason=\"UO\"} 0\n",
           "weir_http_request_duration_seconds_bucket{service=\"web\",le=\"0.0001\"} 1\n",
           "weir_http_request_duration_seconds_bucket{service=\"web\",le=\"0.005\"} 21\n",
           "weir_http_request_duration_seconds_count{service=\"web\"} 21\n",
           "weir_upstream_requests_total{service=\"web\",endpoint=\"127.0.0.1:9\",code=\"2xx\"} "
           "0\n",
           "weir_upstream_in_flight{service=\"web\",endpoint=\"127.0.0.1:9\"} 0\n",
           "weir_upstream_connects_total{service=\"web\",endpoint=\"127.0.0.1:9\"} 3\n",
           "weir_endpoint_eligible{service=\"web\",endpoint=\"127.0.0.1:9\"} 1\n",
           "weir_endpoint_weight{service=\"web\",endpoint=\"127.0.0.1:9\"} 0.5\n",
           "weir_endpoint_breaker_state{service=\"web\",endpoint=\"127.0.0.1:9\"} 2\n",
           "weir_endpoint_breaker_forced{service=\"web\",endpoint=\"127.0.0.1:9\"} 1\n",
           "weir_endpoint_breaker_changes_total{service=\"web\",endpoint=\"127.0.0.1:9\"} 2\n",
           "weir_service_breaker_state{service=\"web\"} 1\n",
           "weir_service_breaker_forced{service=\"web\"} 0\n",
           "weir_service_breaker_changes_total{service=\"web\"} 5\n",
           "weir_service_panic{service=\"web\"} 1\n",
           "weir_retries_total{service=\"web\"} 7\n",
           "weir_retry_amplification{service=\"web\"} 1.25\n",
           "weir_fallbacks_total{service=\"web\"} 3\n",
           "weir_listener_accepted_total{listener=\"gateway\"} 9\n",
           "weir_listener_malformed_requests_total{listener=\"gateway\"} 2\n",
           "weir_listener_connections{listener=\"gateway\"} 0\n",
           "weir_access_log_dropped_total 4\n",
           "weir_metrics_dropped_labels_total 0\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
  for (const std::string_view name :
       {"process_resident_memory_bytes ", "process_open_fds ", "process_cpu_seconds_total "}) {
    EXPECT_NE(page.find("\n" + std::string(name)), std::string::npos) << name;
  }
}

TEST(GatewayMetrics, EachFamilyHasOneHeadAndNoLineTwice) {
  std::istringstream page(gateway_page());
  std::set<std::string> seen;
  for (std::string line; std::getline(page, line);) {
    const std::string series = line.starts_with('#') ? line : line.substr(0, line.rfind(' '));
    EXPECT_TRUE(seen.insert(series).second) << line;
  }
}

TEST(GatewayMetrics, PromtoolHasNothingToSay) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    std::fprintf(stderr, "\n*** skipped: needs promtool (apt install prometheus) ***\n\n");
    GTEST_SKIP() << "skipped: needs promtool";
  }
  std::string path = ::testing::TempDir() + "weir-metrics-XXXXXX";
  const int fd = ::mkstemp(path.data());
  ASSERT_GE(fd, 0);
  ::close(fd);
  std::ofstream(path) << gateway_page();
  FILE* const pipe = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) said += buffer.data();
  EXPECT_EQ(::pclose(pipe), 0) << said;
  EXPECT_EQ(said, "");
  ::unlink(path.c_str());
}

TEST(ProcessFacts, AreThoseOfThisProcess) {
  const ProcessFacts facts = read_process_facts();
  EXPECT_GT(facts.resident_bytes, 1'000'000u);
  EXPECT_GE(facts.open_fds, 3u);
  EXPECT_GE(facts.max_fds, facts.open_fds);
  EXPECT_GT(facts.start_time_seconds, 1.6e9);
  const int fd = ::dup(1);
  EXPECT_EQ(read_process_facts().open_fds, facts.open_fds + 1);
  ::close(fd);
  EXPECT_GE(read_process_facts().cpu_seconds, facts.cpu_seconds);
}

}  // namespace
}  // namespace weir::observe
