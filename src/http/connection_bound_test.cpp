#include "http/connection_bound.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "http/server.hpp"
#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::http {
namespace connection_bound_test {

class Greeting final : public Handler {
 public:
  runtime::Task<void> serve(Exchange& exchange) override {
    auto responding = exchange.respond(text_response(200, "hello"));
    [[maybe_unused]] const auto sent = co_await responding;
  }
};

TEST(ConnectionBound, KeepAliveEndsBeforeAnybodyIsRefused) {
  runtime::ManualLane lane;
  LaneContext context(lane);
  Greeting handler;
  ConnectionBound bound(16);
  ServerLimits limits;
  limits.together = &bound;
  telemetry::ListenerTraffic traffic(1);
  Server server(context, nullptr, 0, limits, traffic.lane(0), handler);
  std::vector<std::unique_ptr<net::PipeStream>> clients;
  const auto connect = [&] {
    auto [near, far] = net::PipeStream::make_pair(lane);
    server.adopt(std::move(near), net::Address::parse("192.0.2.7:1").value());
    lane.run();
    clients.push_back(std::move(far));
  };
  const auto answer = [&](net::PipeStream& client) {
    client.push("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    lane.run();
    return std::string(client.take());
  };
  for (int i = 0; i < 13; ++i) connect();
  EXPECT_EQ(answer(*clients[0]).find("Connection: close"), std::string::npos);
  connect();  // 14 of 16
  EXPECT_NE(answer(*clients[0]).find("Connection: close"), std::string::npos);
  lane.run();
  EXPECT_TRUE(clients[0]->peer_ended());
  clients[0].reset();
  lane.run();
  EXPECT_EQ(bound.open(), 13u);
  EXPECT_EQ(answer(*clients[1]).find("Connection: close"), std::string::npos) << "there is room";
  EXPECT_EQ(traffic.total().refused, 0u);
  clients.clear();
  lane.run();
}

TEST(ConnectionBound, ManyServersShareItToTheLastPlace) {
  runtime::ManualLane lane;
  LaneContext context(lane);
  Greeting handler;
  ConnectionBound bound(3);
  ServerLimits limits;
  limits.together = &bound;
  telemetry::ListenerTraffic traffic(4);
  std::vector<std::unique_ptr<Server>> servers;
  for (std::uint16_t i = 0; i < 4; ++i) {
    servers.push_back(
        std::make_unique<Server>(context, nullptr, i, limits, traffic.lane(i), handler));
  }
  const auto connect = [&](std::size_t server) {
    auto [near, far] = net::PipeStream::make_pair(lane);
    servers[server]->adopt(std::move(near), net::Address::parse("192.0.2.7:1").value());
    lane.run();
    return std::move(far);
  };
  const auto is_served = [&](net::PipeStream& client) {
    client.push("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    lane.run();
    return client.take().ends_with("hello");
  };
  // One server may have all of them.
  auto first = connect(0);
  auto second = connect(0);
  auto third = connect(0);
  EXPECT_TRUE(is_served(*third));
  EXPECT_EQ(bound.open(), 3u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(connect(i)->peer_ended()) << i;
  EXPECT_EQ(traffic.total().refused, 4u);
  EXPECT_EQ(bound.open(), 3u);
  second.reset();
  lane.run();
  EXPECT_EQ(bound.open(), 2u);
  auto other = connect(3);
  EXPECT_TRUE(is_served(*other));
  EXPECT_TRUE(connect(1)->peer_ended());
  first.reset();
  third.reset();
  other.reset();
  lane.run();
  EXPECT_EQ(bound.open(), 0u);
  const auto stop = [](Server& server) -> runtime::Task<std::size_t> {
    auto stopping = server.stop(base::Deadline(base::Time{}));
    co_return co_await stopping;
  };
  for (auto& each : servers) EXPECT_EQ(lane.complete(stop(*each)), 0u);
}

}  // namespace connection_bound_test
}  // namespace weir::http
