#include "lab/traffic.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::lab {
namespace {

using namespace std::chrono_literals;

/// A target that keeps the far ends of its connections and answers when the test says so.
class Target final : public http::Connector {
 public:
  runtime::Task<base::Result<std::unique_ptr<net::Stream>>> connect(runtime::Lane& lane,
                                                                    net::Address,
                                                                    base::Deadline) override {
    if (refuse) co_return base::fail(base::Errc::refused);
    auto [near, far] = net::PipeStream::make_pair(lane);
    ends.push_back(std::move(far));
    received.emplace_back();
    std::unique_ptr<net::Stream> stream = std::move(near);
    co_return stream;
  }

  void answer(std::string_view response) {
    if (response.empty()) return;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::string more = ends[i]->take();
      received[i] += more;
      if (!more.empty()) ends[i]->push(response);
    }
  }
  std::string all() const {
    std::string out;
    for (const std::string& one : received) out += one;
    return out;
  }

  bool refuse = false;
  std::vector<std::unique_ptr<net::PipeStream>> ends;
  std::vector<std::string> received;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

runtime::Task<void> note_end(TrafficSender& sender, runtime::CancelSource& end, bool& ended) {
  auto running = sender.run(end);
  co_await running;
  ended = true;
}

class TrafficTest : public testing::Test {
 protected:
  void start(TrafficOptions options) {
    options_ = std::move(options);
    sender_.emplace(context_, target_, net::Address::parse(options_.target).value(), options_);
    runtime::spawn(gate_, "traffic", note_end(*sender_, end_, ended_));
    lane_.run();
  }
  void pass(base::Duration time, std::string_view response) {
    for (base::Duration done{}; done < time; done += 10ms) {
      lane_.advance(10ms);
      target_.answer(response);
      lane_.run();
    }
  }
  ~TrafficTest() override {
    end_.request();
    target_.ends.clear();
    lane_.advance(11s);
    lane_.advance(11s);
    EXPECT_TRUE(ended_);
  }

  runtime::ManualLane lane_;
  http::LaneContext context_{lane_.lane()};
  Target target_;
  TrafficOptions options_;
  runtime::CancelSource end_;
  bool ended_ = false;
  std::optional<TrafficSender> sender_;
  runtime::Gate gate_;
};

TEST_F(TrafficTest, SendsAtItsRateOverOneConnection) {
  start({.rate = 25});
  pass(2s, kOk);
  EXPECT_NEAR(static_cast<double>(sender_->counts().sent), 51, 1);
  EXPECT_EQ(sender_->counts().done, sender_->counts().sent);
  EXPECT_EQ(sender_->counts().failed, 0u);
  EXPECT_EQ(target_.ends.size(), 1u);
  const std::string all = target_.all();
  EXPECT_NE(all.find("Host: 127.0.0.1:8080\r\n"), std::string::npos);
  EXPECT_NE(all.find("X-Forwarded-For: "), std::string::npos);
  EXPECT_NE(all.find("User-Agent: "), std::string::npos);
}

TEST_F(TrafficTest, SlowAnswersDoNotSlowTheArrivals) {
  start({.rate = 50});
  pass(1s, {});
  EXPECT_NEAR(static_cast<double>(sender_->counts().sent), 51, 1);
  EXPECT_EQ(sender_->waiting(), sender_->counts().sent);
  EXPECT_EQ(sender_->counts().dropped, 0u);
}

TEST_F(TrafficTest, BeyondAHundredWaitingRequestsAreDropped) {
  start({.rate = 100});
  pass(2s, {});
  EXPECT_EQ(sender_->counts().sent, 100u);
  EXPECT_NEAR(static_cast<double>(sender_->counts().dropped), 101, 1);
  target_.answer(kOk);
  pass(100ms, kOk);
  EXPECT_GT(sender_->counts().sent, 100u);
}

TEST_F(TrafficTest, CountsFailuresAndGoesOn) {
  start({.rate = 20});
  pass(1s, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(sender_->counts().done, 0u);
  EXPECT_EQ(sender_->counts().failed, sender_->counts().sent);
  const auto before = sender_->counts().sent;
  target_.ends.clear();
  target_.received.clear();
  target_.refuse = true;
  pass(1s, kOk);
  EXPECT_NEAR(static_cast<double>(sender_->counts().sent - before), 20, 1);
  EXPECT_EQ(sender_->counts().failed, sender_->counts().sent);
}

TEST_F(TrafficTest, NoAnswerFailsAtItsDeadline) {
  start({.rate = 1, .duration = 500ms});
  lane_.advance(9s);
  EXPECT_EQ(sender_->counts().failed, 0u);
  lane_.advance(1s);
  EXPECT_EQ(sender_->counts().failed, 1u);
}

TEST_F(TrafficTest, EndsWithItsDurationAndNotBefore) {
  start({.rate = 10, .duration = 1s});
  pass(990ms, kOk);
  EXPECT_FALSE(ended_);
  pass(20ms, kOk);
  EXPECT_TRUE(ended_);
  EXPECT_EQ(sender_->counts().sent, 10u);
}

TEST_F(TrafficTest, EndsSoonWhenItIsTold) {
  start({.rate = 10});
  pass(1s, {});
  EXPECT_GT(sender_->waiting(), 0u);
  end_.request();
  lane_.advance(50ms);
  EXPECT_FALSE(ended_);
  lane_.advance(60ms);
  EXPECT_TRUE(ended_);
}

TEST_F(TrafficTest, FactsNameWhatItCounts) {
  start({.rate = 25});
  pass(1s, kOk);
  base::json::object facts;
  sender_->add_facts(facts);
  EXPECT_EQ(facts.at("sent").to_number<std::uint64_t>(), sender_->counts().sent);
  EXPECT_EQ(facts.at("requests").to_number<std::uint64_t>(), sender_->counts().sent);
  EXPECT_EQ(facts.at("done").to_number<std::uint64_t>(), sender_->counts().done);
  EXPECT_EQ(facts.at("failed").to_number<std::uint64_t>(), 0u);
  EXPECT_EQ(facts.at("dropped").to_number<std::uint64_t>(), 0u);
}

}  // namespace
}  // namespace weir::lab
