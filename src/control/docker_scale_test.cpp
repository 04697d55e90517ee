// Scaling against an engine on a unix socket; the clock is the test's. A real engine is in
// tests/system/test_docker_scale.py.
#include "control/docker_scale.hpp"

#include <gtest/gtest.h>

#include "control/fake_engine.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::control {
namespace docker_scale_test {

using namespace std::chrono_literals;

class Scaled : public testing::Test {
 protected:
  Scaled() {
    engine_.tells = true;
    service_ = registry_.add_service({.number = 1, .name = "web"});
    listener_ =
        net::Listener::open(lane_.lane(), net::Address::ip("127.0.0.1", 0).value(), false).value();
  }
  void TearDown() override {
    runtime::Gate gate;
    bool stopped = false;
    runtime::spawn(gate, "stop", note_stop(stopped));
    for (int i = 0; i < 400 && !stopped; ++i) lane_.advance(100ms);
    EXPECT_TRUE(stopped);
    lane_.complete(engine_.stop());
  }
  runtime::Task<void> note_stop(bool& stopped) {
    auto scaling = scale_.stop();
    co_await scaling;
    auto stopping = discovery_.stop();
    co_await stopping;
    stopped = true;
  }

  std::string add(int number, bool is_managed = false) {
    const std::string id = FakeEngine::id(number);
    engine_.containers[id] = {.name = fmt::format("w{}", number),
                              .port = fmt::format("{}/tcp", listener_->address().port())};
    if (is_managed) engine_.containers[id].labels[kDockerManagedLabel] = kDockerManagedValue;
    return id;
  }
  void begin() {
    discovery_.start();
    lane_.run();
  }
  void pass(base::Duration time) {
    for (base::Duration gone{}; gone < time; gone += 50ms) lane_.advance(50ms);
  }
  std::size_t asked(std::string_view method, std::string_view what) {
    return static_cast<std::size_t>(std::ranges::count_if(
        engine_.requests,
        [&](const std::string& line) { return line.starts_with(method) && line.contains(what); }));
  }
  /// "w1:in w2:draining", by membership.
  std::string members() {
    std::vector<std::string> out;
    const auto services = registry_.facts();
    for (const EndpointEntry& each : services[0].endpoints) {
      const bool is_in = each.host.membership == balance::Membership::in;
      out.push_back(each.endpoint->name + (is_in ? ":in" : ":draining"));
    }
    return fmt::format("{}", fmt::join(out, " "));
  }
  upstream::EndpointRef endpoint(const std::string& name) {
    const auto services = registry_.facts();
    for (const EndpointEntry& each : services[0].endpoints) {
      if (each.endpoint->name == name) return each.endpoint;
    }
    return {};
  }

  runtime::ManualLane lane_;
  http::LaneContext context_{lane_.lane()};
  http::SocketConnector connector_;
  FakeEngine engine_{lane_.lane()};
  DockerClient client_{context_, connector_, engine_.address()};
  Registry registry_{1};
  telemetry::NullLog log_;
  std::shared_ptr<upstream::Service> service_;
  std::unique_ptr<net::Listener> listener_;
  DockerSource source_{.service = "web"};
  DiscoveryDocker discovery_{context_, client_, connector_, registry_, log_, source_};
  DockerScale scale_{lane_.lane(), client_, discovery_, registry_, log_, source_};
};

TEST_F(Scaled, GrowsByCopiesThatCountFromTheFirstMoment) {
  add(1);
  begin();
  EXPECT_EQ(scale_.wanted(), 1u);
  EXPECT_EQ(scale_.obstacle(), "");
  scale_.scale_to(3, 1s);
  EXPECT_EQ(scale_.wanted(), 3u) << "before the engine has heard of it";
  EXPECT_EQ(scale_.obstacle(), "web is being scaled: 2 more containers are starting");
  lane_.run();
  EXPECT_EQ(asked("POST", "/create"), 2u);
  EXPECT_EQ(asked("POST", "/start"), 2u);
  EXPECT_EQ(scale_.wanted(), 3u);
  EXPECT_EQ(scale_.members().size(), 3u);
  EXPECT_EQ(scale_.obstacle(), "");
  EXPECT_EQ(scale_.least(), 1u) << "the model is not weir's";
}

TEST_F(Scaled, ACopyThatIsNeverSeenIsNotWantedForEver) {
  add(1);
  begin();
  engine_.tells = false;  // and it ends before the next list
  scale_.scale_to(2, 1s);
  lane_.run();
  engine_.containers[FakeEngine::id(999)].state = "exited";
  EXPECT_EQ(scale_.wanted(), 2u);
  pass(9s);
  EXPECT_EQ(scale_.wanted(), 2u);
  pass(2s);
  EXPECT_EQ(scale_.wanted(), 1u);
}

TEST_F(Scaled, ACopyThatWasSeenAndEndsIsMissedAtOnce) {
  add(1);
  begin();
  scale_.scale_to(3, 1s);
  lane_.run();
  EXPECT_EQ(scale_.wanted(), 3u);
  engine_.event(FakeEngine::id(999), "die");  // others end it
  lane_.run();
  EXPECT_EQ(scale_.wanted(), 2u);
  scale_.scale_to(1, 1s);  // and weir the other one
  pass(500ms);
  EXPECT_EQ(asked("DELETE", "/"), 1u);
  EXPECT_EQ(scale_.wanted(), 1u);
  EXPECT_EQ(scale_.obstacle(), "");
}

TEST_F(Scaled, ShrinksByItsOwnOnlyAndDrainsFirst) {
  add(1);
  add(2, true);
  add(3);
  begin();
  EXPECT_EQ(scale_.least(), 2u);
  const auto busy = endpoint("w2");
  busy->in_flight.fetch_add(1);
  scale_.scale_to(2, 10s);
  EXPECT_EQ(scale_.wanted(), 2u) << "who leaves does not count";
  pass(2s);
  EXPECT_EQ(members(), "w1:in w2:draining w3:in");
  EXPECT_EQ(asked("POST", "/stop"), 0u) << "a request is under way";
  busy->in_flight.fetch_sub(1);
  pass(1s);
  EXPECT_EQ(members(), "w1:in w3:in");
  EXPECT_EQ(asked("POST", FakeEngine::id(2) + "/stop?t=5"), 1u);
  EXPECT_EQ(asked("DELETE", FakeEngine::id(2)), 1u);
  EXPECT_EQ(asked("POST", "/stop"), 1u);
  EXPECT_EQ(asked("DELETE", "/"), 1u);
  EXPECT_EQ(scale_.wanted(), 2u);
}

TEST_F(Scaled, TheDrainHasAnEnd) {
  add(1, true);
  add(2, true);
  begin();
  endpoint("w1")->in_flight.fetch_add(1);
  endpoint("w2")->in_flight.fetch_add(1);
  scale_.scale_to(1, 3s);
  pass(2s);
  EXPECT_EQ(asked("POST", "/stop"), 0u);
  pass(2s);
  EXPECT_EQ(asked("POST", "/stop"), 1u);
}

TEST_F(Scaled, ThoseThatServeNobodyLeaveFirst) {
  for (int i = 1; i <= 3; ++i) add(i, true);
  begin();
  engine_.containers[FakeEngine::id(1)].health = "unhealthy";
  engine_.event(FakeEngine::id(1), "health_status: unhealthy");
  lane_.run();
  scale_.scale_to(2, 1s);
  pass(1s);
  EXPECT_EQ(asked("DELETE", FakeEngine::id(1)), 1u);
  EXPECT_EQ(asked("DELETE", "/"), 1u);
}

TEST_F(Scaled, OneThatCannotBeStoppedTakesTrafficAgain) {
  add(1, true);
  add(2, true);
  begin();
  engine_.instead = [](const std::string& line) -> std::optional<std::string> {
    if (line.contains("/stop") || line.starts_with("DELETE")) {
      return FakeEngine::answer(500, R"({"message":"no"})");
    }
    return std::nullopt;
  };
  scale_.scale_to(1, 1s);
  pass(1s);
  EXPECT_EQ(members(), "w1:in w2:in");
  EXPECT_EQ(scale_.wanted(), 2u);
}

TEST_F(Scaled, ALabelThatOnlyTheListSawIsNotTrusted) {
  add(1);
  const std::string id = add(2, true);
  begin();
  engine_.containers[id].labels = {{"weir.service", "web"}};
  scale_.scale_to(1, 1s);
  pass(1s);
  EXPECT_EQ(asked("POST", "/stop"), 0u);
  EXPECT_EQ(asked("DELETE", "/"), 0u);
  EXPECT_EQ(members(), "w1:in w2:in");
}

TEST_F(Scaled, WhatWasCreatedWithoutAnAnswerIsTakenAway) {
  add(1);
  begin();
  bool is_silent = true;
  engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
    if (is_silent && line.contains("/create")) return "";
    return std::nullopt;
  };
  scale_.scale_to(2, 1s);
  lane_.run();
  EXPECT_EQ(engine_.containers.size(), 2u) << "the engine has made it and says nothing";
  pass(16s);
  EXPECT_EQ(engine_.containers.size(), 1u);
  EXPECT_EQ(scale_.wanted(), 1u);
}

TEST_F(Scaled, AModelThatIsGoneIsReplacedByAnother) {
  const std::string first = add(1);
  add(2);
  begin();
  engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
    if (!line.ends_with(first + "/json")) return std::nullopt;
    engine_.event(first, "die");
    return FakeEngine::answer(404, R"({"message":"No such container"})");
  };
  scale_.scale_to(3, 1s);
  lane_.run();
  EXPECT_EQ(asked("POST", "/create"), 1u);
}

TEST_F(Scaled, WithoutAContainerOrAnEngineItSaysWhy) {
  begin();
  EXPECT_EQ(scale_.obstacle(), "web has no container that could be copied; start one by hand");
  add(1);
  engine_.event(FakeEngine::id(1), "start");
  lane_.run();
  EXPECT_EQ(scale_.obstacle(), "");
  lane_.complete(engine_.stop());
  pass(3s);
  EXPECT_TRUE(scale_.obstacle().starts_with("the Docker engine does not answer: "));
  engine_.listen();
}

TEST_F(Scaled, AnEndOfWeirLeavesTheContainersThatDrain) {
  add(1, true);
  add(2, true);
  begin();
  endpoint("w1")->in_flight.fetch_add(1);
  endpoint("w2")->in_flight.fetch_add(1);
  scale_.scale_to(1, 60s);
  pass(1s);
  runtime::Gate gate;
  bool stopped = false;
  runtime::spawn(gate, "stop", note_stop(stopped));
  pass(1s);
  EXPECT_TRUE(stopped) << "it does not wait for the drain";
  EXPECT_EQ(asked("POST", "/stop"), 0u);
}

}  // namespace docker_scale_test
}  // namespace weir::control
