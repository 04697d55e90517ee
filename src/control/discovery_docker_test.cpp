// Discovery against an engine on a unix socket that also drops, lies and falls silent. Containers
// are listeners on the loopback; the clock is the test's.
#include "control/discovery_docker.hpp"

#include <gtest/gtest.h>

#include "control/fake_engine.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::control {
namespace discovery_docker_test {

using namespace std::chrono_literals;

class Docker : public testing::Test {
 protected:
  Docker() { service_ = registry_.add_service({.number = 1, .name = "web"}); }
  void TearDown() override {
    if (discovery_) {
      runtime::Gate gate;
      bool stopped = false;
      runtime::spawn(gate, "stop", note_stop(*discovery_, stopped));
      lane_.run();
      for (int i = 0; i < 50 && !stopped; ++i) lane_.advance(100ms);
      EXPECT_TRUE(stopped);
    }
    lane_.complete(engine_.stop());
  }
  static runtime::Task<void> note_stop(DiscoveryDocker& discovery, bool& stopped) {
    auto stopping = discovery.stop();
    co_await stopping;
    stopped = true;
  }

  void begin(DockerSource source = {}) {
    discovery_.emplace(context_, client_, connector_, registry_, log_, std::move(source));
    discovery_->start();
    lane_.run();
  }
  /// A container whose application listens (unless told otherwise), on a port of its own.
  std::string add(int number, bool listens = true) {
    const std::string id = FakeEngine::id(number);
    listeners_[number] = listen(0);
    const std::uint16_t port = listeners_[number]->address().port();
    if (!listens) listeners_[number].reset();
    engine_.containers[id] = {.name = fmt::format("w{}", number),
                              .port = fmt::format("{}/tcp", port)};
    return id;
  }
  std::unique_ptr<net::Listener> listen(std::uint16_t port) {
    return net::Listener::open(lane_.lane(), net::Address::ip("127.0.0.1", port).value(), false)
        .value();
  }
  void event(const std::string& id, const std::string& action) {
    engine_.event(id, action);
    lane_.run();
  }
  void pass(base::Duration time) {
    for (base::Duration gone{}; gone < time; gone += 50ms) lane_.advance(50ms);
  }

  /// Who takes traffic: "w1 w2".
  std::string routed() {
    std::set<std::string> names;
    for (const auto& each : service_->endpoints.load()->eligible) names.insert(each->name);
    return fmt::format("{}", fmt::join(names, " "));
  }
  std::size_t added() { return registry_.facts()[0].endpoints.size(); }
  std::string why(const std::string& id) {
    for (const DiscoveredView& each : discovery_->view().members) {
      if (id.starts_with(each.key)) return each.state + ": " + each.reason;
    }
    return "unknown";
  }
  std::size_t asked(std::string_view what) {
    return static_cast<std::size_t>(std::ranges::count_if(
        engine_.requests, [&](const std::string& line) { return line.contains(what); }));
  }

  runtime::ManualLane lane_;
  http::LaneContext context_{lane_.lane()};
  http::SocketConnector connector_;
  FakeEngine engine_{lane_.lane()};
  DockerClient client_{context_, connector_, engine_.address()};
  Registry registry_{1};
  telemetry::NullLog log_;
  std::shared_ptr<upstream::Service> service_;
  std::map<int, std::unique_ptr<net::Listener>> listeners_;
  std::optional<DiscoveryDocker> discovery_;
};

TEST_F(Docker, SubscribesThenListsThenAsks) {
  add(1);
  add(2);
  begin();
  EXPECT_EQ(routed(), "w1 w2");
  ASSERT_EQ(engine_.requests.size(), 5u);
  EXPECT_EQ(engine_.requests[0], "GET /_ping");
  EXPECT_TRUE(engine_.requests[1].contains("/events?"));
  EXPECT_TRUE(engine_.requests[2].contains("/containers/json?filters=%7B%22label%22"));
  EXPECT_EQ(discovery_->view().state, "ok");
}

TEST_F(Docker, AStartedContainerIsRoutedWithoutWaiting) {
  begin();
  const std::string id = add(1);
  event(id, "start");
  EXPECT_EQ(routed(), "w1") << "and the clock has not moved";
}

TEST_F(Docker, OneThatDoesNotListenYetIsTriedUntilItDoes) {
  const std::string id = add(1, false);
  begin();
  EXPECT_EQ(routed(), "");
  EXPECT_EQ(why(id), "joining: ");
  EXPECT_EQ(added(), 1u) << "it is shown";
  pass(200ms);
  EXPECT_EQ(routed(), "");
  const std::string port = engine_.containers[id].port;
  const auto app = listen(static_cast<std::uint16_t>(std::stoi(port)));
  lane_.advance(25ms);
  EXPECT_EQ(routed(), "w1");
}

TEST_F(Docker, BadNewsActsAtOnce) {
  const std::string first = add(1);
  add(2);
  begin({.network = "back"});
  for (const char* action : {"die", "destroy"}) {
    engine_.containers[first].state = "running";
    event(first, "start");
    EXPECT_EQ(routed(), "w1 w2");
    engine_.instead = [](const std::string&) { return std::string(); };  // nobody can be asked
    event(first, action);
    EXPECT_EQ(routed(), "w2") << action;
    EXPECT_EQ(added(), 1u) << "no endpoint is left";
    engine_.instead = {};
  }
}

TEST_F(Docker, OneThatIsAskedToEndGetsNoNewRequests) {
  const std::string id = add(1);
  add(2);
  begin();
  engine_.signal_event(id, 1);  // a reload
  lane_.run();
  EXPECT_EQ(routed(), "w1 w2");
  engine_.signal_event(id, 15);
  lane_.run();
  EXPECT_EQ(routed(), "w2");
  EXPECT_EQ(why(id), "stopping: its container was asked to end");
  EXPECT_EQ(added(), 2u) << "what is under way goes on";
  pass(12s);
  EXPECT_EQ(routed(), "w2") << "although the list says that it runs";
  pass(14s);
  EXPECT_EQ(routed(), "w1 w2") << "it did not take the hint";
  engine_.signal_event(id, 15);
  engine_.event(id, "die");
  engine_.containers[id].started_at = "2026-11-21T10:00:00Z";
  event(id, "start");
  EXPECT_EQ(routed(), "w1 w2") << "another start is another life";
}

TEST_F(Docker, OutForAWhileIsTheSameEndpointAfterwards) {
  const std::string id = add(1);
  add(2);
  begin();
  const auto before = service_->endpoints.load()->eligible[0];
  before->traffic.lane(0).requests.add(7);
  engine_.containers[id].state = "paused";
  event(id, "pause");
  EXPECT_EQ(routed(), "w2");
  EXPECT_EQ(why(id), "paused: its container is paused");
  EXPECT_EQ(registry_.services(lane_.lane().now())[0].endpoints[0].reason,
            "its container is paused");
  pass(25s);
  EXPECT_EQ(routed(), "w2") << "lists say so too";
  engine_.containers[id].state = "running";
  event(id, "unpause");
  EXPECT_EQ(routed(), "w1 w2");
  engine_.containers[id].health = "unhealthy";
  event(id, "health_status: unhealthy");
  EXPECT_EQ(routed(), "w2");
  engine_.containers[id].health = "healthy";
  event(id, "health_status: healthy");
  EXPECT_EQ(service_->endpoints.load()->eligible[0], before) << "with its counters";
}

TEST_F(Docker, ADisconnectedContainerIsOutUntilItIsBack) {
  const std::string id = add(1);
  begin({.network = "back"});
  engine_.containers[id].networks.clear();
  engine_.network_event(id, "other", "disconnect");
  lane_.run();
  EXPECT_EQ(routed(), "w1") << "not our network";
  engine_.network_event(id, "back", "disconnect");
  engine_.network_event(id, "back", "disconnect");  // the engine says it twice
  lane_.run();
  EXPECT_EQ(routed(), "");
  EXPECT_EQ(why(id), "disconnected: it is not connected to network back");
  engine_.containers[id].networks = {{"back", "127.0.0.2"}};
  listeners_[2] = net::Listener::open(
                      lane_.lane(),
                      net::Address::ip("127.0.0.2", listeners_[1]->address().port()).value(), false)
                      .value();
  engine_.network_event(id, "back", "connect");
  lane_.run();
  EXPECT_EQ(routed(), "w1");
  EXPECT_TRUE(service_->endpoints.load()->eligible[0]->address.starts_with("127.0.0.2:"));
  EXPECT_EQ(added(), 1u) << "the old address has left";
}

TEST_F(Docker, ARestartedContainerIsAnotherEndpoint) {
  const std::string id = add(1);
  begin();
  const std::uint32_t before = service_->endpoints.load()->ids[0];
  engine_.containers[id].started_at = "2026-11-21T09:00:00Z";
  pass(12s);  // both events were lost
  EXPECT_EQ(routed(), "w1");
  EXPECT_GT(service_->endpoints.load()->ids[0], before);
  EXPECT_EQ(added(), 1u);
}

TEST_F(Docker, AnUnchangedContainerIsNotTouched) {
  for (int i = 1; i <= 5; ++i) add(i);
  begin();
  const auto before = service_->endpoints.load();
  pass(120s);
  EXPECT_GE(discovery_->view().cycles, 10u);
  EXPECT_EQ(service_->endpoints.load(), before) << "not even published anew";
}

TEST_F(Docker, OneThatVanishesUnnoticedDrains) {
  const std::string id = add(1);
  add(2);
  add(3);
  begin();
  service_->endpoints.load()->eligible[0]->in_flight = 1;
  engine_.containers.erase(id);
  // Not even the inspection says so: the list alone is the evidence.
  pass(12s);
  EXPECT_EQ(routed(), "w2 w3");
  EXPECT_EQ(added(), 3u) << "something is in flight";
  EXPECT_EQ(registry_.services(lane_.lane().now())[0].endpoints[0].state, "draining");
  pass(31s);
  EXPECT_EQ(added(), 2u) << "its time is up";
}

TEST_F(Docker, AListWithoutMostOfThemMustComeTwice) {
  for (int i = 1; i <= 3; ++i) add(i);
  begin();
  const auto all = engine_.containers;
  engine_.containers.clear();
  while (discovery_->view().note.empty()) lane_.advance(50ms);
  EXPECT_EQ(routed(), "w1 w2 w3");
  EXPECT_EQ(discovery_->view().note, "3 of 3 would leave at once; it must be found so twice");
  engine_.containers = all;
  pass(2s);
  EXPECT_EQ(routed(), "w1 w2 w3");
  EXPECT_EQ(discovery_->view().note, "");
  engine_.containers.clear();
  while (discovery_->view().note.empty()) lane_.advance(50ms);
  EXPECT_EQ(routed(), "w1 w2 w3");
  pass(1100ms);
  EXPECT_EQ(routed(), "") << "the second list agrees";
}

TEST_F(Docker, ManyDeathsThatAreToldNeedNoSecondList) {
  for (int i = 1; i <= 3; ++i) add(i);
  begin();
  for (int i = 1; i <= 3; ++i) engine_.event(FakeEngine::id(i), "die");
  lane_.run();
  EXPECT_EQ(routed(), "");
}

TEST_F(Docker, AStreamThatEndsInALineIsMadeAnewAndNothingIsMissed) {
  add(1);
  begin();
  engine_.send_chunk(R"({"Type":"container","Action":"st)");
  lane_.run();
  engine_.drop_streams();
  const std::string second = add(2);
  lane_.run();
  EXPECT_EQ(routed(), "w1");
  event(second, "start");  // nobody hears it
  EXPECT_EQ(discovery_->view().state, "failing");
  pass(150ms);
  EXPECT_EQ(routed(), "w1 w2") << "the list after the reconnect";
  EXPECT_EQ(engine_.streams(), 1u);
  EXPECT_EQ(discovery_->view().state, "ok");
}

TEST_F(Docker, WithoutTheEngineTheLastGoodSetStays) {
  add(1);
  add(2);
  begin();
  const auto before = service_->endpoints.load();
  lane_.complete(engine_.stop());
  lane_.run();
  pass(120s);
  EXPECT_EQ(service_->endpoints.load(), before);
  EXPECT_EQ(discovery_->view().state, "failing");
  const std::uint64_t failures = discovery_->view().failures;
  EXPECT_GE(failures, 10u);
  EXPECT_LE(failures, 25u) << "with a growing pause";
  engine_.containers.erase(FakeEngine::id(2));
  add(3);
  engine_.listen();
  pass(12s);
  EXPECT_EQ(routed(), "w1 w3");
  EXPECT_EQ(discovery_->view().state, "ok");
}

TEST_F(Docker, StartDoesNotWaitForTheEngine) {
  lane_.complete(engine_.stop());
  begin();
  EXPECT_EQ(discovery_->view().state, "failing");
  add(1);
  engine_.listen();
  pass(1s);
  EXPECT_EQ(routed(), "w1");
}

TEST_F(Docker, AnEngineThatFallsSilentIsAFailingSource) {
  add(1);
  begin();
  engine_.instead = [](const std::string&) { return std::string(); };
  pass(14s);
  EXPECT_EQ(discovery_->view().state, "failing");
  EXPECT_EQ(routed(), "w1");
}

TEST_F(Docker, WrongListsChangeNothing) {
  add(1);
  add(2);
  begin();
  for (const char* body : {"[", "{}", "null", R"([{"Id":"x"}])", "<html>", ""}) {
    engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
      if (!line.contains("/containers/json")) return std::nullopt;
      return FakeEngine::answer(200, body);
    };
    pass(25s);
    EXPECT_EQ(routed(), "w1 w2") << body;
  }
}

TEST_F(Docker, OneUnreadableContainerHarmsNoOther) {
  const std::string first = add(1);
  add(2);
  begin();
  engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
    if (!line.contains(first + "/json")) return std::nullopt;
    return FakeEngine::answer(200, R"({"Id":7})");
  };
  event(add(3), "start");
  pass(12s);
  EXPECT_EQ(routed(), "w1 w2 w3");
  EXPECT_EQ(discovery_->view().state, "ok");
}

TEST_F(Docker, StrangeEventsLeadToAListButNotToAStorm) {
  add(1);
  begin();
  pass(2s);
  const std::size_t before = asked("/containers/json");
  add(2);  // its events are among the strange ones
  for (int i = 0; i < 20; ++i) {
    engine_.send_chunk("\x01{]\n{\"Type\":\"container\"}\n");
    lane_.advance(50ms);
  }
  EXPECT_EQ(routed(), "w1 w2");
  EXPECT_LE(asked("/containers/json") - before, 2u);
}

TEST_F(Docker, NewsThatOvertakeAnInspectionWin) {
  begin();
  const std::string id = add(1);
  bool told = false;
  engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
    if (!line.contains(id + "/json") || std::exchange(told, true)) return std::nullopt;
    engine_.event(id, "die");  // on its way before the answer, which still says running
    const std::string running = engine_.reply(line);
    engine_.containers[id].state = "exited";
    return running;
  };
  engine_.event(id, "start");
  lane_.run();
  EXPECT_TRUE(told);
  EXPECT_EQ(engine_.containers[id].state, "exited");
  EXPECT_EQ(routed(), "");
  EXPECT_EQ(added(), 0u);
}

TEST_F(Docker, WhoCannotJoinIsShownWithTheReason) {
  const std::string sql = add(1);
  engine_.containers[sql].labels["weir.kind"] = "sql";
  const std::string stray = add(2);
  engine_.containers[stray].labels["weir.service"] = "nobody";
  const std::string bad = add(3);
  engine_.containers[bad].labels["weir.port"] = "http";
  const std::string starting = add(4);
  engine_.containers[starting].health = "starting";
  begin();
  EXPECT_EQ(routed(), "");
  EXPECT_EQ(added(), 0u);
  EXPECT_EQ(why(sql), "in: ");
  EXPECT_EQ(why(stray), "not added: no service named 'nobody'");
  EXPECT_EQ(why(bad), "bad label: its label weir.port='http' is not a number from 1 to 65535");
  EXPECT_EQ(why(starting), "starting: its container's own health check has not passed yet");
  registry_.add_service({.number = 2, .name = "nobody"});
  engine_.containers[starting].health = "healthy";
  event(starting, "health_status: healthy");
  EXPECT_EQ(routed(), "w4");
  pass(12s);
  EXPECT_EQ(registry_.facts()[1].endpoints.size(), 1u) << "its service is there now";
}

TEST_F(Docker, WeightsAndForeignContainers) {
  const std::string id = add(1);
  engine_.containers[id].labels["weir.weight"] = "5";
  begin();
  EXPECT_EQ(registry_.facts()[0].endpoints[0].weight, 5u);
  const std::string other = add(2);
  engine_.containers[other].labels = {{"else", "x"}};
  const std::size_t before = engine_.requests.size();
  event(other, "start");
  EXPECT_EQ(engine_.requests.size(), before) << "nobody asks about others' containers";
}

TEST_F(Docker, WithdrawnMeansGone) {
  add(1);
  begin();
  bool stopped = false;
  runtime::Gate gate;
  runtime::spawn(gate, "stop", note_stop(*discovery_, stopped));
  lane_.run();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(routed(), "w1") << "stopping alone takes nothing away";
  discovery_->withdraw();
  EXPECT_EQ(routed(), "");
  discovery_.reset();
}

}  // namespace discovery_docker_test
}  // namespace weir::control
