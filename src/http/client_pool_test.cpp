#include "http/client_pool.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

class Pipes final : public Connector {
 public:
  runtime::Task<base::Result<std::unique_ptr<net::Stream>>> connect(runtime::Lane& lane,
                                                                    net::Address,
                                                                    base::Deadline) override {
    if (refuse) {
      co_return base::fail(base::Errc::refused, "no", base::Origin::upstream, base::Retry::safe);
    }
    auto [near, far] = net::PipeStream::make_pair(lane);
    ends.push_back(std::move(far));
    std::unique_ptr<net::Stream> stream = std::move(near);
    co_return stream;
  }
  bool refuse = false;
  std::vector<std::unique_ptr<net::PipeStream>> ends;
};

class ClientPoolTest : public testing::Test {
 protected:
  std::unique_ptr<ClientConnection> connect() {
    auto connected = lane_.complete(pool_.connect(lane_.lane().after(1s)));
    return connected ? std::move(*connected) : nullptr;
  }

  runtime::ManualLane lane_;
  LaneContext context_{lane_.lane()};
  Pipes pipes_;
  ClientPool pool_{context_, pipes_, net::Address::parse("127.0.0.1:1").value()};
};

TEST_F(ClientPoolTest, GivesBackTheLastUsedFirst) {
  EXPECT_EQ(pool_.take(), nullptr);
  auto first = connect();
  auto second = connect();
  EXPECT_FALSE(first->reused);
  const auto* last = second.get();
  pool_.give(std::move(first));
  pool_.give(std::move(second));
  EXPECT_EQ(pool_.idle(), 2u);
  const auto taken = pool_.take();
  EXPECT_EQ(taken.get(), last);
  EXPECT_TRUE(taken->reused);
  EXPECT_EQ(pool_.idle(), 1u);
}

TEST_F(ClientPoolTest, Row15BytesOnAnIdleConnectionEndIt) {
  pool_.give(connect());
  pipes_.ends[0]->push("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  lane_.run();
  EXPECT_EQ(pool_.take(), nullptr);
  EXPECT_TRUE(pipes_.ends[0]->peer_ended());
}

TEST_F(ClientPoolTest, AnEndedConnectionIsNotGiven) {
  pool_.give(connect());
  pool_.give(connect());
  pipes_.ends[1]->end_writing();
  lane_.run();
  const auto taken = pool_.take();
  ASSERT_NE(taken, nullptr) << "the older one is still good";
  EXPECT_TRUE(pipes_.ends[1]->peer_ended());
  EXPECT_EQ(pool_.idle(), 0u);
}

TEST_F(ClientPoolTest, WhatIsNotQuietIsNotKept) {
  auto unread = connect();
  pipes_.ends[0]->push("x");
  lane_.run();
  pool_.give(std::move(unread));
  EXPECT_EQ(pool_.idle(), 0u);
  auto half_read = connect();
  half_read->input.room()[0] = 'x';
  half_read->input.filled(1);
  pool_.give(std::move(half_read));
  EXPECT_EQ(pool_.idle(), 0u);
}

TEST_F(ClientPoolTest, SweepClosesTheOldAndTheDead) {
  pool_.give(connect());
  lane_.advance(20s);
  pool_.give(connect());
  pool_.give(connect());
  pipes_.ends[2]->end_writing();
  lane_.advance(10s);
  pool_.sweep(lane_.lane().now());
  EXPECT_EQ(pool_.idle(), 2u) << "30 s are allowed; the dead one went";
  lane_.advance(1ms);
  pool_.sweep(lane_.lane().now());
  EXPECT_EQ(pool_.idle(), 1u);
  EXPECT_TRUE(pipes_.ends[0]->peer_ended());
  EXPECT_FALSE(pipes_.ends[1]->peer_ended());
  lane_.advance(20s);
  pool_.sweep(lane_.lane().now());
  EXPECT_EQ(pool_.idle(), 0u);
}

TEST_F(ClientPoolTest, KeepsAtMost512) {
  for (int i = 0; i < 513; ++i) {
    auto connection = connect();
    auto other = connect();
    pool_.give(std::move(connection));
    if (pool_.idle() < 512) pool_.give(std::move(other));
  }
  EXPECT_EQ(pool_.idle(), 512u);
}

TEST_F(ClientPoolTest, CloseAllLeavesNone) {
  pool_.give(connect());
  pool_.close_all();
  EXPECT_EQ(pool_.idle(), 0u);
  EXPECT_TRUE(pipes_.ends[0]->peer_ended());
}

TEST_F(ClientPoolTest, AFailedConnectSaysSo) {
  pipes_.refuse = true;
  const auto connected = lane_.complete(pool_.connect(lane_.lane().after(1s)));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), base::Errc::refused);
  EXPECT_EQ(connected.error().retry(), base::Retry::safe);
}

TEST_F(ClientPoolTest, UsesAreCounted) {
  EXPECT_EQ(pool_.users(), 0u);
  {
    ClientPool::Use first(&pool_);
    ClientPool::Use second(std::move(first));
    EXPECT_EQ(pool_.users(), 1u);
    ClientPool::Use third;
    third = std::move(second);
    EXPECT_TRUE(static_cast<bool>(third));
    EXPECT_EQ(pool_.users(), 1u);
  }
  EXPECT_EQ(pool_.users(), 0u);
}

}  // namespace
}  // namespace weir::http
