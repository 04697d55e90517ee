#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "net/buffer.hpp"
#include "net/listener.hpp"
#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::net {
namespace {

using namespace std::chrono_literals;

TEST(Address, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:80", "[::1]:8080", "unix:/tmp/x.sock", "0.0.0.0:0"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(Address, RefusesWhatIsNotOne) {
  for (const char* text : {"", ":", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "::1:80", "[::1:80", "1.2.3:80", "unix:", "[1.2.3.4]:80"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
  EXPECT_FALSE(Address::unix_path(std::string(108, 'x')));
}

TEST(Address, HostIsWrittenWithoutAllocation) {
  char out[46];
  const auto v4 = Address::parse("203.0.113.9:1").value();
  EXPECT_EQ(std::string_view(out, write_host(v4, out)), "203.0.113.9");
  const auto v6 = Address::parse("[2001:db8::1]:1").value();
  EXPECT_EQ(std::string_view(out, write_host(v6, out)), "2001:db8::1");
}

TEST(Address, KnowsWhatCanBeOneHost) {
  for (const char* good :
       {"10.0.0.1", "127.0.0.1", "223.255.255.255", "240.0.0.1", "2001:db8::1", "fe80::1", "::1"}) {
    EXPECT_TRUE(Address::ip(good, 1)->is_unicast()) << good;
  }
  for (const char* bad :
       {"0.0.0.0", "224.0.0.0", "239.255.255.255", "255.255.255.255", "::", "ff02::1"}) {
    EXPECT_FALSE(Address::ip(bad, 1)->is_unicast()) << bad;
  }
  EXPECT_TRUE(Address::unix_path("/x")->is_unicast());
}

TEST(Address, KnowsLoopback) {
  EXPECT_TRUE(Address::parse("127.9.9.9:1")->is_loopback());
  EXPECT_TRUE(Address::parse("[::1]:1")->is_loopback());
  EXPECT_FALSE(Address::parse("10.0.0.1:1")->is_loopback());
}

TEST(Buffer, HoldsABlockOnlyWhileItHasBytes) {
  BufferPool pool;
  Buffer buffer(pool);
  EXPECT_EQ(pool.outstanding(), 0u);
  std::memcpy(buffer.room().data(), "hello", 5);
  buffer.filled(5);
  EXPECT_EQ(pool.outstanding(), 1u);
  buffer.consume(2);
  EXPECT_EQ(buffer.view(), "llo");
  buffer.shrink();
  EXPECT_EQ(buffer.view(), "llo");
  EXPECT_EQ(buffer.room().size(), BufferPool::kLarge - 3);
  EXPECT_EQ(buffer.view(), "llo");
  buffer.consume(3);
  EXPECT_EQ(pool.outstanding(), 0u);
}

// ---- one conformance suite for every kind of stream

struct Ends {
  std::unique_ptr<Stream> a;
  std::unique_ptr<Stream> b;
};
using MakeEnds = Ends (*)(runtime::Lane& lane);

Ends make_pipes(runtime::Lane& lane) {
  auto [a, b] = PipeStream::make_pair(lane);
  return {std::move(a), std::move(b)};
}

Ends make_sockets(runtime::Lane& lane) {
  std::array<int, 2> fds{};
  WEIR_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
  return {SocketStream::adopt(lane, fds[0]).value(), SocketStream::adopt(lane, fds[1]).value()};
}

class AnyStream : public testing::TestWithParam<MakeEnds> {
 protected:
  runtime::ManualLane lane_;
  Ends ends_ = GetParam()(lane_);
  void SetUp() override { lane_.run(); }
  static std::string read(Stream& stream) {
    char room[64];
    const IoCount got = stream.fill(room);
    return got.status == IoStatus::ok ? std::string(room, got.bytes) : std::string();
  }
};

TEST_P(AnyStream, CarriesBytesBothWays) {
  const iovec ping = part("ping");
  EXPECT_EQ(ends_.a->try_send({&ping, 1}).bytes, 4u);
  lane_.run();
  EXPECT_TRUE(ends_.b->readiness().readable);
  EXPECT_EQ(read(*ends_.b), "ping");
  EXPECT_FALSE(ends_.b->readiness().readable);
  const std::array<iovec, 2> pong = {part("po"), part("ng")};
  EXPECT_EQ(ends_.b->try_send(pong).bytes, 4u);
  lane_.run();
  EXPECT_EQ(read(*ends_.a), "pong");
}

TEST_P(AnyStream, OrderlyEndIsReadAfterTheLastByte) {
  const iovec last = part("last");
  ends_.a->try_send({&last, 1});
  ends_.a->end_writing();
  lane_.run();
  EXPECT_TRUE(ends_.b->readiness().hangup);
  char room[16];
  EXPECT_EQ(ends_.b->fill(room).bytes, 4u);
  EXPECT_TRUE(ends_.b->readiness().readable);
  EXPECT_EQ(ends_.b->fill(room).status, IoStatus::ended);
}

TEST_P(AnyStream, QuietUntilBytesOrEnd) {
  EXPECT_TRUE(ends_.a->is_quiet());
  const iovec byte = part("x");
  ends_.b->try_send({&byte, 1});
  EXPECT_FALSE(ends_.a->is_quiet());
  EXPECT_EQ(read(*ends_.a), "x");
  EXPECT_TRUE(ends_.a->is_quiet());
  ends_.b.reset();
  EXPECT_FALSE(ends_.a->is_quiet());
}

TEST_P(AnyStream, SendToAGonePeerIsBroken) {
  ends_.b.reset();
  lane_.run();
  const iovec byte = part("x");
  EXPECT_EQ(ends_.a->try_send({&byte, 1}).status, IoStatus::broken);
  EXPECT_NE(ends_.a->os_error(), 0);
}

TEST_P(AnyStream, LargeSendWaitsForTheReader) {
  const std::string large(4 << 20, 'x');
  runtime::Gate gate;
  bool done = false;
  auto send = [](Stream& stream, const std::string& bytes, bool& out) -> runtime::Task<void> {
    const auto result = co_await send_all(stream, {.body = bytes}, {}, base::Origin::upstream);
    out = result.has_value();
  };
  spawn(gate, "send", send(*ends_.a, large, done));
  lane_.run();
  EXPECT_FALSE(done);
  std::size_t got = 0;
  std::vector<char> room(1 << 16);
  while (got < large.size()) {
    lane_.run();
    const IoCount count = ends_.b->fill(room);
    ASSERT_NE(count.status, IoStatus::broken);
    got += count.bytes;
  }
  lane_.run();
  EXPECT_TRUE(done);
}

TEST_P(AnyStream, SendToAStalledReaderEndsAtItsDeadline) {
  const std::string large(4 << 20, 'x');
  runtime::Gate gate;
  base::Errc code = base::Errc::internal;
  auto send = [](Stream& stream, const std::string& bytes, base::Deadline deadline,
                 base::Errc& out) -> runtime::Task<void> {
    const auto result =
        co_await send_all(stream, {.body = bytes}, deadline, base::Origin::downstream);
    out = result.error().code();
  };
  spawn(gate, "send", send(*ends_.a, large, lane_.lane().after(30s), code));
  lane_.advance(29s);
  EXPECT_EQ(code, base::Errc::internal);
  lane_.advance(1s);
  EXPECT_EQ(code, base::Errc::deadline);
}

INSTANTIATE_TEST_SUITE_P(Streams, AnyStream, testing::Values(make_pipes, make_sockets));

// ---- listener and connect, with the kernel

runtime::Task<void> talk(runtime::Lane& lane, Listener& listener, std::string& heard) {
  auto accepting = listener.accept();
  auto connecting = connect(lane, listener.address(), lane.after(5s));
  auto out = co_await connecting;
  auto in = co_await accepting;
  const iovec hello = part("hello");
  (*out)->try_send({&hello, 1});
  co_await in->stream->readiness().wait_readable({});
  char room[16];
  heard.assign(room, in->stream->fill(room).bytes);
  lane.stop();
}

void talk_over(const Address& address) {
  runtime::Lane lane(0);
  auto listener = Listener::open(lane, address, false);
  ASSERT_TRUE(listener) << listener.error().detail();
  runtime::Gate gate;
  std::string heard;
  spawn(gate, "talk", talk(lane, **listener, heard));
  lane.run();
  EXPECT_EQ(heard, "hello");
}

TEST(Listener, AcceptsOverTcp4Tcp6AndUnix) {
  talk_over(Address::parse("127.0.0.1:0").value());
  talk_over(Address::parse("[::1]:0").value());
  char path[64];
  std::snprintf(path, sizeof path, "unix:/tmp/weir-net-test-%d.sock", getpid());
  talk_over(Address::parse(path).value());
  EXPECT_NE(access(path + 5, F_OK), 0);
}

TEST(Listener, RefusesAPortInUseUnlessShared) {
  runtime::Lane lane(0);
  auto first = Listener::open(lane, Address::parse("127.0.0.1:0").value(), false);
  ASSERT_TRUE(first);
  const auto second = Listener::open(lane, (*first)->address(), false);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().os_error(), EADDRINUSE);
  EXPECT_NE(second.error().detail().find((*first)->address().text()), std::string_view::npos);
  EXPECT_TRUE(Listener::open(lane, (*first)->address(), true));
}

runtime::Task<void> connect_to(runtime::Lane& lane, Address address, base::Errc& out) {
  auto result = co_await connect(lane, address, lane.after(5s));
  out = result ? base::Errc::internal : result.error().code();
  lane.stop();
}

TEST(Connect, RefusedSaysSo) {
  runtime::Lane lane(0);
  const Address free = probe_bind(Address::parse("127.0.0.1:0").value()).value();
  runtime::Gate gate;
  base::Errc code = base::Errc::internal;
  spawn(gate, "connect", connect_to(lane, free, code));
  lane.run();
  EXPECT_EQ(code, base::Errc::refused);
}

}  // namespace
}  // namespace weir::net
