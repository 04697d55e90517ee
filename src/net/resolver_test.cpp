#include "net/resolver.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "runtime/spawn.hpp"

namespace weir::net {
namespace {

using namespace std::chrono_literals;

struct Zone {
  std::vector<std::string> v4;
  std::vector<std::string> v6;
  std::uint32_t ttl = 60;
  int rcode = 0;
  bool silent = false;
  bool truncated = false;  // over UDP: the client must come by TCP
};

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

/// A DNS server on 127.0.0.1, UDP and TCP on one port, with a thread of its own.
class DnsServer {
 public:
  explicit DnsServer(std::map<std::string, Zone> zones) : zones_(std::move(zones)) {
    // The kernel gives a free TCP port; the UDP port of that number is almost always free too.
    for (int tries = 0; tries < 20 && udp_ < 0; ++tries) open();
    thread_ = std::thread([this] { serve(); });
  }
  ~DnsServer() {
    stop_ = true;
    thread_.join();
    ::close(udp_);
    ::close(tcp_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int udp_queries() const { return udp_queries_; }
  int tcp_queries() const { return tcp_queries_; }

 private:
  void open() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    tcp_ = ::socket(AF_INET, SOCK_STREAM, 0);
    ::bind(tcp_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::getsockname(tcp_, reinterpret_cast<sockaddr*>(&at), &size);
    ::listen(tcp_, 8);
    port_ = ntohs(at.sin_port);
    udp_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    if (::bind(udp_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0) return;
    ::close(udp_);
    ::close(tcp_);
    udp_ = -1;
  }

  void serve() {
    while (!stop_) {
      pollfd ready[2] = {{.fd = udp_, .events = POLLIN, .revents = 0},
                         {.fd = tcp_, .events = POLLIN, .revents = 0}};
      if (::poll(ready, 2, 10) <= 0) continue;
      if ((ready[0].revents & POLLIN) != 0) serve_udp();
      if ((ready[1].revents & POLLIN) != 0) serve_tcp();
    }
  }
  void serve_udp() {
    char room[512];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(udp_, room, sizeof room, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 12) return;
    ++udp_queries_;
    const std::string out = answer({room, static_cast<std::size_t>(got)}, true);
    if (out.empty()) return;
    ::sendto(udp_, out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
  // One connection at a time, until the client closes it.
  void serve_tcp() {
    const int fd = ::accept(tcp_, nullptr, nullptr);
    timeval limit{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    unsigned char length[2];
    while (::recv(fd, length, 2, MSG_WAITALL) == 2) {
      std::string query(static_cast<std::size_t>(length[0] << 8 | length[1]), '\0');
      if (::recv(fd, query.data(), query.size(), MSG_WAITALL) <= 0) break;
      ++tcp_queries_;
      const std::string body = answer(query, false);
      std::string out;
      put16(out, static_cast<unsigned>(body.size()));
      out += body;
      for (const char byte : out) ::send(fd, &byte, 1, MSG_NOSIGNAL);  // in the smallest pieces
    }
    ::close(fd);
  }

  std::string answer(const std::string& query, bool udp) const {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto label = static_cast<std::size_t>(query[at]);
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, label);
      at += label + 1;
    }
    const std::string question = query.substr(12, at + 5 - 12);
    const int type = static_cast<unsigned char>(query[at + 2]);
    const auto found = zones_.find(name);
    Zone zone;
    zone.rcode = 3;
    if (found != zones_.end()) zone = found->second;
    if (zone.silent) return {};
    const bool cut = zone.truncated && udp;
    const auto& addresses = type == 28 ? zone.v6 : zone.v4;
    std::string out = query.substr(0, 2);
    put16(out, 0x8180u | static_cast<unsigned>(zone.rcode) | (cut ? 0x0200u : 0u));
    put16(out, 1);
    put16(out, cut ? 0u : static_cast<unsigned>(addresses.size()));
    put16(out, 0);
    put16(out, 0);
    out += question;
    for (std::size_t i = 0; !cut && i < addresses.size(); ++i) {
      put16(out, 0xc00c);
      put16(out, static_cast<unsigned>(type));
      put16(out, 1);
      put16(out, zone.ttl >> 16);
      put16(out, zone.ttl & 0xffff);
      char raw[16];
      const int family = type == 28 ? AF_INET6 : AF_INET;
      ::inet_pton(family, addresses[i].c_str(), raw);
      put16(out, type == 28 ? 16 : 4);
      out.append(raw, type == 28 ? 16 : 4);
    }
    return out;
  }

  std::map<std::string, Zone> zones_;
  int udp_ = -1;
  int tcp_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> udp_queries_{0};
  std::atomic<int> tcp_queries_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

using Outcome = std::optional<base::Result<ResolvedSet>>;

runtime::Task<void> ask(Resolver& resolver, std::string name, base::Duration time,
                        runtime::Lane& lane, Outcome& out,
                        runtime::CancelSource* cancel = nullptr) {
  auto resolving = resolver.resolve(std::move(name), 80, lane.after(time), cancel);
  out = co_await resolving;
}

class ResolverTest : public testing::Test {
 protected:
  void open(std::map<std::string, Zone> zones, Resolver::Options options = {}) {
    server_.emplace(std::move(zones));
    options.servers = server_->address();
    resolver_ = Resolver::open(lane_, std::move(options)).value();
  }
  /// The outcome outlives the test's body, so that a task may end in TearDown().
  Outcome& start(const std::string& name, base::Duration time) {
    Outcome& out = outcomes_.emplace_back();
    runtime::spawn(gate_, "ask", ask(*resolver_, name, time, lane_, out));
    return out;
  }
  void run_until(const std::function<bool()>& done) {
    const base::Time until = lane_.precise_now() + 20s;
    // A turn that waits would sleep through what it had just finished.
    while (!done() && lane_.precise_now() < until) {
      if (!lane_.turn(false)) ::poll(nullptr, 0, 1);
    }
    ASSERT_TRUE(done());
  }
  base::Result<ResolvedSet> resolve(const std::string& name, base::Duration time = 10s) {
    Outcome& out = start(name, time);
    run_until([&] { return out.has_value(); });
    return *out;
  }
  void TearDown() override {
    if (!resolver_) return;
    bool stopped = false;
    auto stop = [](Resolver& resolver, bool& done) -> runtime::Task<void> {
      auto stopping = resolver.stop();
      co_await stopping;
      done = true;
    };
    runtime::spawn(gate_, "stop", stop(*resolver_, stopped));
    run_until([&] { return stopped && gate_.inside() == 0; });
  }

  runtime::Lane lane_{0};
  std::optional<DnsServer> server_;
  std::unique_ptr<Resolver> resolver_;
  std::deque<Outcome> outcomes_;
  runtime::Gate gate_;
};

std::vector<std::string> texts(const ResolvedSet& set) {
  std::vector<std::string> out;
  for (const Address& address : set.addresses) out.push_back(address.text());
  std::ranges::sort(out);
  return out;
}

TEST_F(ResolverTest, GivesBothFamiliesWithTheLeastTtl) {
  open({{"two.test", {.v4 = {"192.0.2.1", "192.0.2.2"}, .v6 = {"2001:db8::1"}, .ttl = 42}}});
  const auto set = resolve("two.test");
  ASSERT_TRUE(set) << set.error().detail();
  EXPECT_EQ(texts(*set),
            (std::vector<std::string>{"192.0.2.1:80", "192.0.2.2:80", "[2001:db8::1]:80"}));
  EXPECT_EQ(set->ttl, 42s);
}

TEST_F(ResolverTest, TtlHasAFloor) {
  open({{"fast.test", {.v4 = {"192.0.2.1"}, .ttl = 0}}});
  const auto set = resolve("fast.test");
  ASSERT_TRUE(set) << set.error().detail();
  EXPECT_EQ(set->ttl, 5s);
}

TEST_F(ResolverTest, ANameWithoutAddressesIsNotFound) {
  open({{"empty.test", {}}});
  const auto missing = resolve("nosuch.test");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), base::Errc::not_found);
  EXPECT_NE(missing.error().detail().find("nosuch.test"), std::string::npos);
  EXPECT_EQ(missing.error().retry(), base::Retry::safe);
  EXPECT_EQ(resolve("empty.test").error().code(), base::Errc::not_found);
}

TEST_F(ResolverTest, ARefusingServerIsUnreachable) {
  open({{"broken.test", {.rcode = 2}}}, {.tries = 1});
  EXPECT_EQ(resolve("broken.test").error().code(), base::Errc::unreachable);
}

TEST_F(ResolverTest, NoAnswerEndsAtTheDeadline) {
  open({{"silent.test", {.silent = true}}});
  lane_.turn(false);  // the deadline counts from the lane's time
  const base::Time start_time = lane_.precise_now();
  const auto set = resolve("silent.test", 60ms);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code(), base::Errc::deadline);
  const base::Duration took = lane_.precise_now() - start_time;
  EXPECT_GE(took, 55ms);
  EXPECT_LT(took, 1500ms);
  EXPECT_EQ(resolver_->queries(), 1u) << "it goes on without us, and stop() ends it";
}

TEST_F(ResolverTest, NoAnswerEndsByTheResolversOwnTimeToo) {
  open({{"silent.test", {.silent = true}}}, {.try_time = 50ms, .tries = 2});
  EXPECT_EQ(resolve("silent.test").error().code(), base::Errc::deadline);
  EXPECT_GE(server_->udp_queries(), 4) << "A and AAAA, two tries each";
  EXPECT_EQ(resolver_->queries(), 0u);
}

TEST_F(ResolverTest, ATruncatedAnswerComesOverTcp) {
  std::vector<std::string> many;
  for (int i = 1; i <= 200; ++i) many.push_back("192.0.2." + std::to_string(i));
  open({{"many.test", {.v4 = many, .truncated = true}}});
  const auto set = resolve("many.test");
  ASSERT_TRUE(set) << set.error().detail();
  EXPECT_EQ(set->addresses.size(), 200u);
  EXPECT_GE(server_->tcp_queries(), 1);
}

TEST_F(ResolverTest, ManyAtOnceAllGetTheirOwn) {
  std::map<std::string, Zone> zones;
  for (int i = 0; i < 40; ++i) {
    zones["n" + std::to_string(i) + ".test"] = {.v4 = {"192.0.2." + std::to_string(i)}};
  }
  open(zones);
  for (int i = 0; i < 40; ++i) start("n" + std::to_string(i) + ".test", 10s);
  run_until([&] { return std::ranges::all_of(outcomes_, [](auto& o) { return o.has_value(); }); });
  for (int i = 0; i < 40; ++i) {
    const auto& set = *outcomes_[static_cast<std::size_t>(i)];
    ASSERT_TRUE(set) << set.error().detail();
    EXPECT_EQ(set->addresses.at(0).host(), "192.0.2." + std::to_string(i));
  }
}

TEST_F(ResolverTest, BeyondItsBoundItRefuses) {
  open({{"silent.test", {.silent = true}}}, {.queries_max = 2});
  const Outcome& first = start("silent.test", 10s);
  start("silent.test", 10s);
  EXPECT_EQ(resolve("silent.test").error().code(), base::Errc::overloaded);
  EXPECT_FALSE(first.has_value());
}

TEST_F(ResolverTest, StopEndsEveryWaitAndRefusesNew) {
  open({{"silent.test", {.silent = true}}});
  const Outcome& waiting = start("silent.test", 1h);
  run_until([&] { return server_->udp_queries() > 0; });
  TearDown();
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->error().code(), base::Errc::cancelled);
  EXPECT_EQ(resolve("silent.test").error().code(), base::Errc::cancelled);
  EXPECT_TRUE(resolve("192.0.2.1"));
}

TEST_F(ResolverTest, WhoGivesUpWaitsNoLonger) {
  open({{"silent.test", {.silent = true}}});
  runtime::CancelSource cancel;
  Outcome& waiting = outcomes_.emplace_back();
  runtime::spawn(gate_, "ask", ask(*resolver_, "silent.test", 1h, lane_, waiting, &cancel));
  run_until([&] { return server_->udp_queries() > 0; });
  EXPECT_FALSE(waiting.has_value());
  cancel.request();
  run_until([&] { return waiting.has_value(); });
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->error().code(), base::Errc::cancelled);
  EXPECT_EQ(resolver_->queries(), 1u) << "it goes on without us, and stop() ends it";
  Outcome& late = outcomes_.emplace_back();
  runtime::spawn(gate_, "ask", ask(*resolver_, "silent.test", 1h, lane_, late, &cancel));
  EXPECT_EQ(late->error().code(), base::Errc::cancelled);
}

TEST_F(ResolverTest, NumericNamesNeedNoServer) {
  open({});
  EXPECT_EQ(resolve("192.0.2.9")->addresses.at(0).text(), "192.0.2.9:80");
  EXPECT_EQ(resolve("2001:db8::9")->addresses.at(0).text(), "[2001:db8::9]:80");
  EXPECT_EQ(resolve("[::1]")->addresses.at(0).text(), "[::1]:80");
  EXPECT_EQ(server_->udp_queries(), 0);
}

TEST_F(ResolverTest, LocalhostComesFromFiles) {
  open({});
  const auto set = resolve("localhost");
  ASSERT_TRUE(set) << set.error().detail();
  EXPECT_TRUE(
      std::ranges::all_of(set->addresses, [](const Address& each) { return each.is_loopback(); }));
  EXPECT_GE(set->ttl, 5s);
  EXPECT_EQ(server_->udp_queries(), 0);
}

TEST_F(ResolverTest, WhatIsNoHostNameIsRefusedUnasked) {
  open({});
  for (const std::string& name :
       {std::string(""), std::string(".a"), std::string("a b"), std::string("a\nb"),
        std::string("a/b"), std::string("a\0b", 3), std::string(254, 'a')}) {
    EXPECT_EQ(resolve(name).error().code(), base::Errc::invalid_argument) << name;
  }
  EXPECT_EQ(resolve(std::string(64, 'a') + ".test").error().code(), base::Errc::invalid_argument);
  EXPECT_EQ(server_->udp_queries(), 0);
}

TEST(Resolver, BadServersAreRefusedAtOnce) {
  runtime::Lane lane(0);
  const auto resolver = Resolver::open(lane, {.servers = "no server"});
  ASSERT_FALSE(resolver);
  EXPECT_EQ(resolver.error().code(), base::Errc::invalid_argument);
}

}  // namespace
}  // namespace weir::net
