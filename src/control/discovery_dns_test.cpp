// Discovery by name against a DNS server on the test's own lane and clock: real UDP on the
// loopback, real c-ares.
#include "control/discovery_dns.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "runtime/manual_lane.hpp"

namespace weir::control {
namespace discovery_dns_test {

using namespace std::chrono_literals;

/// Answers A queries with `addresses`, AAAA queries with nothing.
class DnsServer {
 public:
  explicit DnsServer(runtime::Lane& lane) : lane_(lane), readiness_(lane) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    slot_ = lane_.add(fd_, readiness_).value();
    runtime::spawn(gate_, "dns server", serve());
  }
  ~DnsServer() {
    lane_.remove(slot_);
    ::close(fd_);
  }
  runtime::Task<bool> stop() {
    readiness_.cancel();
    auto closing = gate_.close();
    co_await closing;
    co_return true;
  }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

  std::vector<std::string> addresses;
  std::uint32_t ttl = 20;
  int rcode = 0;
  bool silent = false;
  int queries = 0;  // for A

 private:
  runtime::Task<void> serve() {
    for (;;) {
      const auto wake = co_await readiness_.wait_readable({});
      if (wake != runtime::Wake::ready) co_return;
      char room[512];
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t got =
          ::recvfrom(fd_, room, sizeof room, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 12) {
        readiness_.readable = false;
        continue;
      }
      const std::string out = answer({room, static_cast<std::size_t>(got)});
      if (out.empty()) continue;
      ::sendto(fd_, out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  static void put16(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  }

  std::string answer(const std::string& query) {
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) at += static_cast<std::size_t>(query[at]) + 1;
    const bool is_v4 = query[at + 2] == 1;
    if (is_v4) ++queries;
    if (silent) return {};
    const std::vector<std::string> given = is_v4 ? addresses : std::vector<std::string>();
    std::string out = query.substr(0, 2);
    put16(out, 0x8180u | static_cast<unsigned>(rcode));
    put16(out, 1);
    put16(out, given.size());
    put16(out, 0);
    put16(out, 0);
    out += query.substr(12, at + 5 - 12);
    for (const std::string& each : given) {
      put16(out, 0xc00c);
      put16(out, 1);
      put16(out, 1);
      put16(out, ttl >> 16);
      put16(out, ttl & 0xffff);
      put16(out, 4);
      char raw[4];
      ::inet_pton(AF_INET, each.c_str(), raw);
      out.append(raw, 4);
    }
    return out;
  }

  runtime::Lane& lane_;
  runtime::Readiness readiness_;
  runtime::Gate gate_;
  int fd_ = -1;
  std::uint32_t slot_ = 0;
  std::uint16_t port_ = 0;
};

class Dns : public testing::Test {
 protected:
  Dns() {
    service_ = registry_.add_service({.number = 1, .name = "web"});
    resolver_ =
        net::Resolver::open(lane_.lane(), {.servers = server_.address(), .tries = 1}).value();
  }
  void TearDown() override {
    lane_.complete(stop_all());
    lane_.complete(server_.stop());
  }
  runtime::Task<bool> stop_all() {
    if (discovery_) {
      auto stopping = discovery_->stop();
      co_await stopping;
    }
    auto ending = resolver_->stop();
    co_await ending;
    co_return true;
  }
  void begin(DnsSource source = {.service = "web", .name = "web.test", .port = 8080}) {
    discovery_.emplace(lane_.lane(), *resolver_, registry_, log_, std::move(source));
    discovery_->start();
    lane_.run();
  }
  void pass(base::Duration time) {
    for (base::Duration gone{}; gone < time; gone += 100ms) lane_.advance(100ms);
  }
  /// Who takes traffic, by the last number of the address: "1 2".
  std::string routed() {
    std::set<std::string> ends;
    for (const auto& each : service_->endpoints.load()->eligible) {
      const std::string host = each->address.substr(0, each->address.find(':'));
      ends.insert(host.substr(host.rfind('.') + 1));
    }
    return fmt::format("{}", fmt::join(ends, " "));
  }
  static std::vector<std::string> hosts(std::initializer_list<int> ends) {
    std::vector<std::string> out;
    for (const int each : ends) out.push_back(fmt::format("192.0.2.{}", each));
    return out;
  }

  runtime::ManualLane lane_;
  DnsServer server_{lane_.lane()};
  Registry registry_{1};
  telemetry::NullLog log_;
  std::shared_ptr<upstream::Service> service_;
  std::unique_ptr<net::Resolver> resolver_;
  std::optional<DiscoveryDns> discovery_;
};

TEST_F(Dns, TheAddressesOfANameAreEndpoints) {
  server_.addresses = hosts({1, 2});
  begin({.service = "web", .name = "web.test", .port = 8080, .weight = 3});
  EXPECT_EQ(routed(), "1 2");
  const auto& endpoint = *service_->endpoints.load()->eligible[0];
  EXPECT_EQ(endpoint.address, "192.0.2.1:8080");
  EXPECT_EQ(endpoint.name, "192.0.2.1:8080");
  EXPECT_EQ(endpoint.weight, 3u);
  const DiscoveryView view = discovery_->view();
  EXPECT_EQ(view.source, "dns web.test:8080");
  EXPECT_EQ(view.state, "ok");
  EXPECT_EQ(view.members.size(), 2u);
}

TEST_F(Dns, AsksAgainWhenTheTimeToLiveIsOverAndNotBefore) {
  struct Row {
    std::uint32_t ttl;
    base::Duration pause;
  };
  server_.addresses = hosts({1});
  for (const Row& row : {Row{20, 20s}, {0, 5s}, {3, 5s}, {7, 7s}, {90'000, 24h}}) {
    server_.ttl = row.ttl;
    discovery_.emplace(lane_.lane(), *resolver_, registry_, log_,
                       DnsSource{.service = "web", .name = "web.test"});
    discovery_->start();
    lane_.run();
    const int asked = server_.queries;
    lane_.advance(row.pause - 10ms);
    EXPECT_EQ(server_.queries, asked) << row.ttl;
    lane_.advance(20ms);
    EXPECT_EQ(server_.queries, asked + 1) << row.ttl;
    runtime::Gate gate;
    runtime::spawn(gate, "stop", discovery_->stop());
    lane_.run();
    discovery_->withdraw();
  }
}

TEST_F(Dns, FollowsTheAnswer) {
  server_.addresses = hosts({1, 2, 3, 4});
  begin();
  const auto kept = service_->endpoints.load()->eligible[0];
  server_.addresses = hosts({4, 1, 5});
  pass(21s);
  EXPECT_EQ(routed(), "1 4 5");
  EXPECT_EQ(service_->endpoints.load()->eligible[0], kept) << "who stays is not touched";
  EXPECT_EQ(registry_.facts()[0].endpoints.size(), 3u) << "nothing was in flight";
}

TEST_F(Dns, AnUnchangedAnswerTouchesNothing) {
  server_.addresses = hosts({1, 2, 3});
  begin();
  const auto before = service_->endpoints.load();
  server_.addresses = hosts({3, 1, 2});
  pass(100s);
  EXPECT_GE(discovery_->view().cycles, 5u);
  EXPECT_EQ(service_->endpoints.load(), before);
}

TEST_F(Dns, FailuresKeepTheLastGoodSet) {
  server_.addresses = hosts({1, 2});
  begin();
  const auto before = service_->endpoints.load();
  struct Row {
    int rcode;
    bool silent;
    bool is_empty;
  };
  for (const Row row :
       {Row{3, false, false}, {2, false, false}, {0, true, false}, {0, false, true}}) {
    server_.rcode = row.rcode;
    server_.silent = row.silent;
    server_.addresses = row.is_empty ? hosts({}) : hosts({1, 2});
    pass(80s);
    EXPECT_EQ(discovery_->view().state, "failing") << row.rcode;
    EXPECT_NE(discovery_->view().error, "");
    EXPECT_EQ(service_->endpoints.load(), before);
  }
  server_.addresses = hosts({1, 2});
  pass(31s);
  EXPECT_EQ(discovery_->view().state, "ok");
  EXPECT_EQ(service_->endpoints.load(), before);
}

TEST_F(Dns, StartDoesNotWaitAndTriesAgainSoon) {
  server_.silent = true;
  begin();
  EXPECT_EQ(discovery_->view().state, "starting");
  pass(5500ms);
  EXPECT_EQ(discovery_->view().state, "failing");
  server_.silent = false;
  server_.addresses = hosts({1});
  pass(3s);
  EXPECT_EQ(routed(), "1");
}

TEST_F(Dns, FailuresAreNotAskedAwayInAHurry) {
  server_.rcode = 3;
  begin();
  pass(120s);
  EXPECT_LE(server_.queries, 10);
  EXPECT_GE(server_.queries, 6);
}

TEST_F(Dns, AnAnswerThatTakesMostAwayMustComeTwice) {
  server_.addresses = hosts({1, 2, 3});
  begin();
  server_.addresses = hosts({7});
  pass(21s);
  EXPECT_EQ(routed(), "1 2 3 7") << "the new one is used at once";
  EXPECT_EQ(discovery_->view().note, "3 of 3 would leave at once; it must be found so twice");
  pass(5s);
  EXPECT_EQ(routed(), "7") << "asked again after 5 s, not after its 20";
}

TEST_F(Dns, AWrongAnswerThatComesOnceDoesNoHarm) {
  server_.addresses = hosts({1, 2, 3});
  begin();
  server_.addresses = hosts({7});
  pass(21s);
  server_.addresses = hosts({1, 2, 3});
  pass(5s);
  EXPECT_EQ(routed(), "1 2 3");
}

TEST_F(Dns, WhoLeavesDrainsAndMayComeBack) {
  server_.addresses = hosts({1, 2});
  begin();
  const auto second = service_->endpoints.load()->eligible[1];
  second->in_flight = 1;
  server_.addresses = hosts({1});
  pass(21s);
  EXPECT_EQ(routed(), "1");
  EXPECT_EQ(discovery_->view().members.at(1).state, "draining");
  server_.addresses = hosts({1, 2});
  pass(20s);
  EXPECT_EQ(routed(), "1 2");
  EXPECT_EQ(service_->endpoints.load()->eligible[1], second) << "with its counters";
  server_.addresses = hosts({1});
  pass(20s + 31s);
  EXPECT_EQ(registry_.facts()[0].endpoints.size(), 1u) << "its time is up";
}

TEST_F(Dns, AddressesOfNobodyAreLeftOut) {
  server_.addresses = {"0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "192.0.2.1"};
  begin();
  EXPECT_EQ(routed(), "1");
  EXPECT_EQ(registry_.facts()[0].endpoints.size(), 1u);
  server_.addresses = {"0.0.0.0"};
  pass(21s);
  EXPECT_EQ(discovery_->view().state, "failing");
  EXPECT_EQ(routed(), "1");
}

TEST_F(Dns, NumbersAndUnknownServices) {
  begin({.service = "web", .name = "192.0.2.9"});
  EXPECT_EQ(routed(), "9");
  EXPECT_EQ(server_.queries, 0);
  lane_.complete(stop_all());
  discovery_.emplace(lane_.lane(), *resolver_, registry_, log_,
                     DnsSource{.service = "nobody", .name = "192.0.2.9"});
  discovery_->start();
  lane_.run();
  EXPECT_EQ(discovery_->view().note, "no service named 'nobody'");
}

TEST_F(Dns, StopsInTheMiddleOfALookUp) {
  server_.silent = true;
  begin();
  bool stopped = lane_.complete(stop_all());  // without the clock moving
  EXPECT_TRUE(stopped);
}

}  // namespace discovery_dns_test
}  // namespace weir::control
