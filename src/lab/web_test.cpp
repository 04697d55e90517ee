#include "lab/web.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http/server.hpp"
#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::lab {
namespace {

using namespace std::chrono_literals;

/// The service on a manual lane, with one client whose socket is a pipe.
class Web {
 public:
  explicit Web(WebOptions options = {})
      : options_(std::move(options)),
        context_(lane_.lane()),
        handler_(context_, options_, "3"),
        server_(context_, nullptr, 0, limits_, counters_, handler_) {
    auto [near, far] = net::PipeStream::make_pair(lane_.lane());
    client_ = std::move(far);
    server_.adopt(std::move(near), net::Address::parse("127.0.0.1:5").value());
    lane_.run();
  }
  ~Web() {
    handler_.hurry();
    client_.reset();
    lane_.complete(stop(server_));
  }

  std::string send(std::string_view bytes) {
    client_->push(bytes);
    return read();
  }
  std::string read() {
    std::string out;
    for (std::string more; lane_.run(), !(more = client_->take()).empty();) out += more;
    return out;
  }
  std::string get(std::string_view target) {
    return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  runtime::ManualLane lane_;
  WebOptions options_;
  http::LaneContext context_;
  http::ServerLimits limits_;
  telemetry::ListenerCounters counters_;
  WebHandler handler_;
  http::Server server_;
  std::unique_ptr<net::PipeStream> client_;

 private:
  static runtime::Task<int> stop(http::Server& server) {
    auto stopping = server.stop(base::Deadline(base::Time{}));
    co_await stopping;
    co_return 0;
  }
};

std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}
int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

TEST(Web, RootSaysWhoAnswered) {
  Web web;
  const auto root = base::parse_json(body_of(web.get("/")));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->at("service").as_string(), "web-server");
  EXPECT_EQ(root->at("instance").to_number<int>(), 3);
  EXPECT_EQ(root->at("path").as_string(), "/");
  EXPECT_EQ(root->at("requests").to_number<int>(), 1);
  EXPECT_EQ(root->at("time").as_string().size(), 24u);
  EXPECT_EQ(base::parse_json(body_of(web.get("/")))->at("requests").to_number<int>(), 2);
}

TEST(Web, PathsAndMethods) {
  struct Row {
    std::string request;
    int status;
    std::string contains;
  };
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  const Row rows[] = {
      {"GET /health" + rest, 200, "{\"status\":\"ok\"}"},
      {"GET /api/data" + rest, 200, "Content-Length: 1024\r\n"},
      {"GET /api/data?size=5000" + rest, 200, "Content-Length: 5000\r\n"},
      {"GET /api/data?x=1&size=7" + rest, 200, "\r\n\r\n[     ]"},
      {"GET /api/data?size=10485761" + rest, 422, "10485760"},
      {"GET /api/data?size=-1" + rest, 422, "size"},
      {"GET /api/data?size" + rest, 200, "Content-Length: 1024\r\n"},
      {"GET /nope" + rest, 404, "application/problem+json"},
      {"POST /" + rest, 405, "Allow: GET, HEAD\r\n"},
      {"GE /" + rest, 405, "Allow: GET, HEAD\r\n"},
      {"OPTIONS /health" + rest, 405, "Allow: GET, HEAD\r\n"},
      {"GET /echo" + rest, 405, "Allow: POST\r\n"},
      {"POST /echo" + rest, 200, "Content-Length: 0\r\n"},
      {"DELETE /headers?a=b" + rest, 200, "\"target\":\"/headers?a=b\""},
  };
  for (const Row& row : rows) {
    Web web;
    const std::string answer = web.send(row.request);
    EXPECT_EQ(status_of(answer), row.status) << row.request << answer;
    EXPECT_NE(answer.find(row.contains), std::string::npos) << row.request << answer;
    EXPECT_EQ(status_of(web.get("/health")), 200) << "the connection lives on";
  }
}

TEST(Web, HeadHasTheLengthAndNoBody) {
  for (const char* target : {"/", "/health", "/api/data", "/api/data?size=1000000"}) {
    Web web;
    const std::string answer =
        web.send("HEAD " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200) << target;
    EXPECT_EQ(body_of(answer), "") << target;
    EXPECT_NE(answer.find("Content-Length: "), std::string::npos) << target;
    EXPECT_EQ(body_of(web.get("/health")), "{\"status\":\"ok\"}\n");
  }
}

TEST(Web, LargeDataIsSentInPieces) {
  Web web;
  const std::string body = body_of(web.get("/api/data?size=3000000"));
  EXPECT_EQ(body.size(), 3'000'000u);
  EXPECT_TRUE(base::parse_json(body));
}

TEST(Web, EchoGivesTheBodyBack) {
  Web web;
  const std::string answer = web.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "hello!");
  EXPECT_NE(answer.find("Content-Type: text/x\r\n"), std::string::npos);
}

TEST(Web, EchoRefusesMoreThanAMebibyte) {
  Web web;
  web.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
  std::string answer;
  for (int i = 0; i < 17 && answer.empty(); ++i) answer = web.send(std::string(65536, 'x'));
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

TEST(Web, HeadersDescribesTheRequestAsItCame) {
  Web web;
  const std::string answer = web.send(
      "PUT /headers HTTP/1.1\r\nHost: a\r\nX-One: \"1\"\r\nX-One: 2\r\n"
      "Content-Length: 3\r\n\r\nabc");
  const auto described = base::parse_json(body_of(answer));
  ASSERT_TRUE(described) << answer;
  EXPECT_EQ(described->at("method").as_string(), "PUT");
  const auto& fields = described->at("fields").as_array();
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[1].as_array()[1].as_string(), "\"1\"");
  EXPECT_EQ(fields[2].as_array()[1].as_string(), "2");
}

TEST(Web, LatencyIsWaitedAndNotLonger) {
  Web web({.latency = 20ms});
  EXPECT_EQ(web.get("/"), "");
  web.lane_.advance(19ms);
  EXPECT_EQ(web.read(), "");
  web.lane_.advance(1ms);
  EXPECT_EQ(status_of(web.read()), 200);
  EXPECT_EQ(status_of(web.get("/health")), 200) << "health is never delayed";
  EXPECT_EQ(status_of(web.get("/metrics")), 200);
}

TEST(Web, JitterSpreadsAroundTheLatency) {
  Web web({.latency = 20ms, .jitter = 10ms});
  int before_middle = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(web.get("/"), "");
    web.lane_.advance(9ms);
    EXPECT_EQ(web.read(), "");
    web.lane_.advance(11ms);
    const bool early = !web.read().empty();
    before_middle += early ? 1 : 0;
    if (early) continue;
    web.lane_.advance(11ms);
    EXPECT_EQ(status_of(web.read()), 200);
  }
  EXPECT_GT(before_middle, 60);
  EXPECT_LT(before_middle, 140);
}

TEST(Web, HurryEndsEveryWait) {
  Web web({.latency = 1h});
  EXPECT_EQ(web.get("/"), "");
  web.handler_.hurry();
  EXPECT_EQ(status_of(web.read()), 200);
  EXPECT_EQ(status_of(web.get("/")), 200);
}

TEST(Web, FailRateFailsThatShareAndNeverHealth) {
  Web web({.fail_rate = 0.25, .seed = 11});
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string answer = web.get(i % 2 == 0 ? "/" : "/api/data");
    failed += status_of(answer) == 500 ? 1 : 0;
    EXPECT_EQ(status_of(web.get("/health")), 200);
  }
  EXPECT_NEAR(failed, 250, 50);
  EXPECT_EQ(web.handler_.metrics().failed(), static_cast<std::uint64_t>(failed));
  EXPECT_EQ(web.handler_.metrics().requests(), 2000u);
}

TEST(Web, MetricsCountByMethodAndStatus) {
  Web web;
  web.get("/");
  web.get("/nope");
  web.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
  web.lane_.advance(90s);
  web.lane_.run();
  Web fresh;
  const std::string text = web.handler_.metrics().text(web.lane_.lane().now(), 4096);
  for (const char* line : {
           "uptime_seconds 90.000\n",
           "requests_total 3\n",
           "requests_failed_total 0\n",
           "http_requests_total{method=\"GET\",status=\"200\"} 1\n",
           "http_requests_total{method=\"GET\",status=\"404\"} 1\n",
           "http_requests_total{method=\"other\",status=\"405\"} 1\n",
           "http_request_duration_seconds_bucket{le=\"0.001\"} 3\n",
           "http_request_duration_seconds_bucket{le=\"+Inf\"} 3\n",
           "http_request_duration_seconds_count 3\n",
           "process_resident_memory_bytes 4096\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Web, ClientThatLeavesInItsBodyIsNotAnswered) {
  Web web;
  EXPECT_EQ(web.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"), "");
  web.client_->end_writing();
  EXPECT_EQ(web.read(), "");
  EXPECT_TRUE(web.client_->peer_ended());
}

}  // namespace
}  // namespace weir::lab
