// WebSocket through the gateway (http-rules.md, section 6): a tunnel only after the right 101; any
// other answer returns to HTTP, and nothing of the client's early bytes is tunnelled.
#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace websocket_tunnel_test {

using namespace std::chrono_literals;

const std::string kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";

std::string open_request(const std::string& version = "13") {
  return "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
         "WebSocket\r\n"
         "Sec-WebSocket-Version: " +
         version + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}
int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

class WebSocketTunnel : public testing::Test {
 protected:
  void open(config::Settings settings = InMemoryGateway::default_settings()) {
    gateway_.emplace(std::move(settings));
    gateway_->origin().response.clear();
    gateway_->connect();
  }
  net::PipeStream& origin_pipe() { return *gateway_->origin().connections.at(0)->pipe; }
  std::string say(std::string_view bytes) {
    origin_pipe().push(bytes);
    return gateway_->after(0s);
  }
  /// What the origin got since the last call.
  std::string origin_hears() {
    const std::string all = gateway_->origin().received();
    return all.substr(std::exchange(heard_, all.size()));
  }
  void open_tunnel() {
    open();
    gateway_->exchange(open_request());
    EXPECT_EQ(status_of(say(kSwitch + kAccept + "\r\n")), 101);
    origin_hears();
  }

  std::optional<InMemoryGateway> gateway_;
  std::size_t heard_ = 0;
};

TEST_F(WebSocketTunnel, CarriesBytesBothWays) {
  open();
  EXPECT_EQ(gateway_->exchange(open_request()), "");
  const std::string request = origin_hears();
  EXPECT_TRUE(has(request, "Connection: Upgrade\r\nUpgrade: websocket\r\n")) << request;
  EXPECT_TRUE(has(request, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  const std::string answer = say(kSwitch + kAccept + "\r\nfirst");
  EXPECT_EQ(status_of(answer), 101);
  EXPECT_TRUE(has(answer, "Connection: Upgrade\r\nUpgrade: websocket\r\n")) << answer;
  EXPECT_TRUE(has(answer, kAccept));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfirst"));
  EXPECT_EQ(gateway_->exchange("GET /private HTTP/1.1\r\n\r\n"), "");
  EXPECT_EQ(origin_hears(), "GET /private HTTP/1.1\r\n\r\n") << "opaque bytes now";
  EXPECT_EQ(say(std::string(100'000, 'x')).size(), 100'000u);
  gateway_->exchange(std::string(100'000, 'y'));
  EXPECT_EQ(origin_hears().size(), 100'000u);
}

TEST_F(WebSocketTunnel, TheAnswerMayComeByteByByte) {
  open();
  gateway_->exchange(open_request());
  std::string answer;
  for (const char byte : kSwitch + kAccept + "\r\nfirst") answer += say({&byte, 1});
  EXPECT_EQ(status_of(answer), 101);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfirst"));
}

TEST_F(WebSocketTunnel, AHalfCloseIsPassedOnAndTheOtherHalfLives) {
  open_tunnel();
  gateway_->client().end_writing();
  gateway_->after(0s);
  EXPECT_TRUE(origin_pipe().peer_ended());
  EXPECT_EQ(say("still here"), "still here");
  origin_pipe().end_writing();
  gateway_->after(0s);
  EXPECT_TRUE(gateway_->client().peer_ended());
}

TEST_F(WebSocketTunnel, AGoneClientEndsTheUpstream) {
  open_tunnel();
  gateway_->drop_client();
  EXPECT_TRUE(origin_pipe().peer_ended());
  origin_pipe().end_writing();
  gateway_->after(0s);
  EXPECT_EQ(gateway_->traffic().in_flight, 0);
}

TEST_F(WebSocketTunnel, SilenceEndsItAtTheRoutesIdleTime) {
  open_tunnel();
  gateway_->after(59'999ms);
  EXPECT_FALSE(gateway_->client().peer_ended());
  EXPECT_EQ(say("x"), "x") << "either direction counts";
  gateway_->after(59'999ms);
  EXPECT_FALSE(gateway_->client().peer_ended());
  gateway_->after(1ms);
  EXPECT_TRUE(gateway_->client().peer_ended());
  EXPECT_TRUE(origin_pipe().peer_ended());
}

TEST_F(WebSocketTunnel, ItsLifetimeIsBounded) {
  open_tunnel();
  for (int minute = 1; minute < 120; ++minute) {
    gateway_->after(30s);
    ASSERT_EQ(say("x"), "x") << minute;
  }
  gateway_->after(29'999ms);
  EXPECT_FALSE(gateway_->client().peer_ended());
  gateway_->after(1ms);
  EXPECT_TRUE(gateway_->client().peer_ended());
}

struct Refused {
  const char* name;
  std::string answer;
  int status;
};

TEST_F(WebSocketTunnel, OnlyTheRight101Opens) {
  const Refused rows[] = {
      {"wrong accept", kSwitch + "Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 502},
      {"no accept", kSwitch + "\r\n", 502},
      {"no upgrade", "HTTP/1.1 101 X\r\n" + kAccept + "\r\n", 502},
      {"another protocol",
       "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + kAccept + "\r\n", 502},
      {"200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 200},
      {"403", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 403},
  };
  for (const Refused& row : rows) {
    open();
    gateway_->exchange(open_request());
    std::string answer = say(row.answer);
    EXPECT_EQ(status_of(answer), row.status) << row.name;
    gateway_->origin().response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    answer = gateway_->exchange("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(answer.empty() || answer.ends_with("ok")) << row.name << answer;
    heard_ = 0;
    EXPECT_TRUE(answer.empty() || has(origin_hears(), "GET /next HTTP/1.1\r\nHost: a\r\nX-"))
        << row.name;
  }
}

TEST_F(WebSocketTunnel, EarlyBytesAreNeverTunnelledAfterARefusal) {
  open();
  // The pipelined request waits for the answer; it must not go through as tunnel bytes.
  gateway_->exchange(open_request() + "GET /private HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(has(origin_hears(), "/private"));
  std::string answer = say("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(answer), 404);
  const std::string then = origin_hears();
  EXPECT_TRUE(then.empty() || has(then, "GET /private HTTP/1.1\r\nHost: a\r\nX-Forwarded-For"))
      << "a request of its own, with its own head: " << then;
}

TEST_F(WebSocketTunnel, EarlyBytesGoThroughAfterTheRight101) {
  open();
  gateway_->exchange(open_request() + "early");
  EXPECT_FALSE(has(origin_hears(), "early"));
  say(kSwitch + kAccept + "\r\n");
  EXPECT_EQ(origin_hears(), "early");
}

TEST_F(WebSocketTunnel, Version777NeverReachesTheOrigin) {
  open();
  gateway_->origin().response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const std::string answer =
      gateway_->exchange(open_request("777") + "GET /private HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), 426);
  EXPECT_TRUE(has(answer, "Sec-WebSocket-Version: 13\r\n"));
  const std::string heard = origin_hears();
  EXPECT_FALSE(has(heard, "Version: 777"));
  EXPECT_TRUE(heard.empty() || heard.starts_with("GET /private HTTP/1.1\r\nHost: a\r\nX-"))
      << heard;
}

TEST_F(WebSocketTunnel, ARouteWithoutWebSocketForwardsAPlainRequest) {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.routes[0].websocket = false;
  open(std::move(settings));
  gateway_->exchange(open_request());
  EXPECT_FALSE(has(origin_hears(), "Upgrade"));
  EXPECT_EQ(status_of(say(kSwitch + kAccept + "\r\n")), 502) << "nobody asked";
}

TEST_F(WebSocketTunnel, AReadyTunnelIsCountedAsOneRequest) {
  open_tunnel();
  EXPECT_EQ(gateway_->traffic().in_flight, 1);
  gateway_->drop_client();
  origin_pipe().end_writing();
  gateway_->after(0s);
  EXPECT_EQ(gateway_->traffic().requests, 1u);
  EXPECT_EQ(gateway_->traffic().errors, 0u);
}

}  // namespace websocket_tunnel_test
}  // namespace weir::gateway
