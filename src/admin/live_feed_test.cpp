// The live feed with its clients over pipes, time moved by hand.
#include "admin/live_feed.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "admin/fake_port.hpp"
#include "http/server.hpp"
#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::admin::live_feed_test {

using namespace std::chrono_literals;

constexpr std::string_view kRequest =
    "GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class Upgrade final : public http::Handler {
 public:
  explicit Upgrade(LiveFeed& feed) : feed_(feed) {}
  runtime::Task<void> serve(http::Exchange& exchange) override {
    auto serving = feed_.serve(exchange, "accepted", {});
    co_await serving;
  }

 private:
  LiveFeed& feed_;
};

class LiveFeedTest : public testing::Test {
 protected:
  LiveFeedTest() {
    port_.view.services.resize(1);
    port_.view.services[0].number = 1;
    port_.view.services[0].name = "web";
  }
  ~LiveFeedTest() override {
    clients_.clear();
    runtime::Gate gate;
    runtime::spawn(gate, "stop", stop_all());
    lane_.run();
    EXPECT_EQ(gate.inside(), 0u);
    EXPECT_EQ(context_.buffers.outstanding(), 0u);
  }

  runtime::Task<void> stop_all() {
    auto feed = feed_.stop();
    co_await feed;
    auto server = server_.stop(base::Deadline(base::Time{}));
    co_await server;
  }

  net::PipeStream& connect(net::PipeStream::Options options = {}) {
    auto [near, far] = net::PipeStream::make_pair(lane_.lane(), options);
    server_.adopt(std::move(near), *net::Address::parse("127.0.0.1:1000"));
    clients_.push_back(std::move(far));
    clients_.back()->push(kRequest);
    lane_.run();
    EXPECT_TRUE(clients_.back()->take().starts_with("HTTP/1.1 101 "));
    return *clients_.back();
  }
  void say(net::PipeStream& client, std::string_view text) {
    client.push(masked(0x81, text));
    lane_.run();
  }
  static std::string masked(int first, std::string_view payload) {
    return std::string{static_cast<char>(first), static_cast<char>(0x80 | payload.size())} +
           std::string(4, '\0') + std::string(payload);
  }
  static std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
  }

  runtime::ManualLane lane_;
  http::LaneContext context_{lane_.lane()};
  telemetry::NullLog log_;
  telemetry::MemorySink sink_;
  telemetry::LogTail tail_{sink_};
  FakePort port_;
  Access access_{nullptr, log_, false};
  LiveFeed feed_{lane_.lane(), port_, access_, tail_};
  Upgrade handler_{feed_};
  http::ServerLimits limits_;
  telemetry::ListenerTraffic traffic_{1};
  http::Server server_{context_, nullptr, 0, limits_, traffic_.lane(0), handler_};
  std::vector<std::unique_ptr<net::PipeStream>> clients_;
};

TEST_F(LiveFeedTest, LooksOnceASecondForAllAndOnlyWhileSomebodyListens) {
  std::vector<net::PipeStream*> all;
  for (int i = 0; i < 50; ++i) all.push_back(&connect());
  EXPECT_EQ(port_.looked, 0) << "nobody wants anything yet";
  lane_.advance(1s);
  EXPECT_EQ(port_.looked, 0);
  for (auto* each : all) say(*each, R"({"subscribe":["services"]})");
  EXPECT_EQ(port_.looked, 1) << "one look for fifty";
  for (auto* each : all) EXPECT_EQ(count(each->take(), R"("type":"snapshot")"), 1u);
  for (int i = 1; i <= 3; ++i) {
    port_.view.services[0].load.requests = static_cast<std::uint64_t>(i);
    lane_.advance(1s);
    EXPECT_EQ(port_.looked, 1 + i);
    for (auto* each : all) EXPECT_EQ(count(each->take(), R"("type":"delta")"), 1u);
  }
  lane_.advance(1s);
  for (auto* each : all) EXPECT_EQ(each->take(), "") << "nothing changed";
  clients_.clear();
  lane_.run();
  lane_.advance(5s);
  const int looked = port_.looked;
  lane_.advance(60s);
  EXPECT_EQ(port_.looked, looked);
}

TEST_F(LiveFeedTest, ASlowClientGetsOneSnapshotOfNowInsteadOfABacklog) {
  net::PipeStream& slow = connect({.capacity = 600});
  net::PipeStream& quick = connect();
  say(slow, R"({"subscribe":["services"]})");
  say(quick, R"({"subscribe":["services"]})");
  quick.take();
  // What fits into the pipe is in it now; the slow one reads nothing for 25 s.
  for (int i = 1; i <= 25; ++i) {
    port_.view.services[0].load.requests = static_cast<std::uint64_t>(i);
    lane_.advance(1s);
    EXPECT_EQ(count(quick.take(), R"("type":"delta")"), 1u) << i;
  }
  std::string got;
  for (int i = 0; i < 200; ++i) {
    got += slow.take();
    lane_.run();
  }
  EXPECT_EQ(count(got, R"("type":"snapshot")"), 2u) << "the first, and one for what was missed";
  EXPECT_LT(count(got, R"("type":"delta")"), 20u);
  EXPECT_NE(got.rfind("\"requests\":25,"), got.npos) << "it ends with what is now";
  EXPECT_GT(got.rfind(R"("type":"snapshot")"),
            got.rfind(R"("type":"delta")") == got.npos ? 0 : got.rfind(R"("type":"delta")"));
}

TEST_F(LiveFeedTest, AClientThatNeverReadsIsGivenUpAfterHalfAMinute) {
  net::PipeStream& stuck = connect({.capacity = 600});
  say(stuck, R"({"subscribe":["services"]})");
  for (int i = 1; i <= 29; ++i) {
    lane_.advance(1s);
    stuck.push(masked(0x8a, ""));  // it is there, it only does not read
  }
  EXPECT_EQ(traffic_.lane(0).open.value(), 1);
  lane_.advance(2s);
  EXPECT_EQ(traffic_.lane(0).open.value(), 0);
}

TEST_F(LiveFeedTest, PingsEvery20SecondsAndEndsWhoIsNotHeardFor60) {
  net::PipeStream& silent = connect();
  net::PipeStream& alive = connect();
  const std::string ping("\x89\0", 2);
  for (int i = 0; i < 19; ++i) lane_.advance(1s);
  EXPECT_EQ(silent.take(), "");
  lane_.advance(1s);
  lane_.advance(1s);
  EXPECT_EQ(silent.take(), ping);
  alive.take();
  for (int i = 0; i < 38; ++i) {
    lane_.advance(1s);
    if (alive.take() == ping) {
      alive.push(masked(0x8a, ""));
      lane_.run();
    }
  }
  EXPECT_EQ(traffic_.lane(0).open.value(), 2) << "59 s";
  lane_.advance(1s);
  EXPECT_NE(silent.take().find("\x03\xe9nothing was heard for 60 s"), std::string::npos);
  lane_.advance(1s);
  EXPECT_TRUE(silent.peer_ended());
  EXPECT_EQ(traffic_.lane(0).open.value(), 1);
  EXPECT_FALSE(alive.peer_ended());
}

TEST_F(LiveFeedTest, TheLogGoesOnWithItsNumbersAndSaysWhatWasLeftOut) {
  net::PipeStream& client = connect();
  const auto write = [this](int entries) {
    for (int i = 0; i < entries; ++i) tail_.write({.message = "entry"});
  };
  write(3);
  say(client, R"({"subscribe":["logs"]})");
  EXPECT_EQ(count(client.take(), R"("message":"entry")"), 3u);
  write(2);
  lane_.advance(1s);
  EXPECT_EQ(count(client.take(), R"("message":"entry")"), 2u);
  write(450);
  lane_.advance(1s);
  const std::string many = client.take();
  EXPECT_EQ(count(many, R"("message":"entry")"), 200u);
  EXPECT_NE(many.find(R"("skipped":250)"), many.npos);
  EXPECT_EQ(port_.looked, 0) << "the log alone needs no look at the traffic";
}

}  // namespace weir::admin::live_feed_test
