#include "control/docker_client.hpp"

#include <gtest/gtest.h>

#include "control/fake_engine.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::control {
namespace docker_client_test {

using namespace std::chrono_literals;
using base::Errc;

class DockerClientTest : public testing::Test {
 protected:
  DockerClientTest() { engine_.containers[kOne] = {.name = "one"}; }
  void TearDown() override { lane_.complete(engine_.stop()); }

  base::Deadline soon() { return lane_.lane().after(1s); }
  template <class T>
  T run(runtime::Task<T> task) {
    return lane_.complete(std::move(task));
  }
  /// With the clock moving: for calls that end at their deadline.
  template <class T>
  T wait(runtime::Task<T> task, base::Duration time) {
    std::optional<T> out;
    runtime::Gate gate;
    runtime::spawn(gate, "wait", keep(std::move(task), out));
    lane_.run();
    if (!out) lane_.advance(time);
    lane_.run();
    return std::move(*out);
  }
  template <class T>
  static runtime::Task<void> keep(runtime::Task<T> task, std::optional<T>& out) {
    out.emplace(co_await task);
  }
  std::string error_of(const auto& result) {
    return result ? "none" : std::string(result.error().detail());
  }

  static inline const std::string kOne = FakeEngine::id(1);
  runtime::ManualLane lane_;
  http::LaneContext context_{lane_.lane()};
  http::SocketConnector connector_;
  FakeEngine engine_{lane_.lane()};
  DockerClient client_{context_, connector_, engine_.address()};
};

TEST(DockerSocket, IsAUnixSocketOnly) {
  EXPECT_EQ(docker_socket("")->text(), "unix:/var/run/docker.sock");
  EXPECT_EQ(docker_socket("unix:///run/user/1/docker.sock")->text(),
            "unix:/run/user/1/docker.sock");
  for (const char* bad :
       {"tcp://127.0.0.1:2375", "ssh://host", "/var/run/docker.sock", "unix:/x", "unix://"}) {
    EXPECT_EQ(docker_socket(bad).error().code(), Errc::invalid_argument) << bad;
  }
  EXPECT_EQ(docker_socket("tcp://h:1").error().detail(),
            "DOCKER_HOST is 'tcp://h:1': weir reaches the engine over a unix socket only, as in "
            "unix:///var/run/docker.sock; over TCP whoever reaches the port is root");
  EXPECT_FALSE(docker_socket("unix:///" + std::string(200, 'x')));
}

TEST_F(DockerClientTest, ListsByLabelAndNetwork) {
  const auto list = run(client_.list({.label = "weir.service=a b", .network = "back"}, soon()));
  ASSERT_TRUE(list) << list.error().detail();
  ASSERT_EQ(list->rows.size(), 1u);
  EXPECT_EQ(list->rows[0].id, kOne);
  EXPECT_EQ(engine_.requests,
            (std::vector<std::string>{
                "GET /_ping",
                "GET /v1.41/containers/json?filters=%7B%22label%22%3A%5B%22weir.service%3Da%20b%22"
                "%5D%2C%22network%22%3A%5B%22back%22%5D%7D"}));
  run(client_.list({}, soon()));
  EXPECT_EQ(engine_.requests.back(), "GET /v1.41/containers/json") << "and no second ping";
}

TEST_F(DockerClientTest, SpeaksNoNewerVersionThanItKnows) {
  struct Row {
    const char* engine;
    const char* used;
  };
  for (const Row& row : {Row{"1.24", "/v1.24/"}, {"1.41", "/v1.41/"}, {"1.43", "/v1.44/"}}) {
    engine_.version = row.engine;
    ASSERT_TRUE(run(client_.ping(soon())));
    run(client_.inspect(kOne, soon()));
    EXPECT_NE(engine_.requests.back().find(row.used), std::string::npos)
        << engine_.requests.back() << ": an engine that needs at least 1.44 gets that";
  }
  engine_.instead = [](const std::string& line) -> std::optional<std::string> {
    if (line != "GET /version") return std::nullopt;
    return FakeEngine::answer(200, R"({"MinAPIVersion":"1.12"})");
  };
  ASSERT_TRUE(run(client_.ping(soon())));
  run(client_.inspect(kOne, soon()));
  EXPECT_TRUE(engine_.requests.back().starts_with("GET /v1.41/")) << engine_.requests.back();
}

TEST_F(DockerClientTest, InspectsByIdOnly) {
  EXPECT_EQ(run(client_.inspect(kOne, soon()))->name, "one");
  EXPECT_EQ(run(client_.inspect(FakeEngine::id(2), soon())).error().code(), Errc::not_found);
  const std::size_t asked = engine_.requests.size();
  for (const char* bad : {"", "../../info", "a b", "x?y", "%2e%2e"}) {
    EXPECT_EQ(run(client_.inspect(bad, soon())).error().code(), Errc::invalid_argument) << bad;
  }
  EXPECT_EQ(engine_.requests.size(), asked) << "nothing was sent";
  engine_.containers[FakeEngine::id(2)] = {};
  engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
    if (line.find(FakeEngine::id(2)) == std::string::npos) return std::nullopt;
    return FakeEngine::answer(200, R"({"Id":")" + kOne + R"(","State":{}})");
  };
  EXPECT_EQ(run(client_.inspect(FakeEngine::id(2), soon())).error().code(), Errc::bad_message);
}

TEST_F(DockerClientTest, CreatesStartsStopsAndRemovesItsOwn) {
  EXPECT_EQ(run(client_.create("weir-web-1", R"({"Image":"x"})", soon())).value(),
            FakeEngine::id(999));
  EXPECT_EQ(engine_.requests.back(), "POST /v1.41/containers/create?name=weir-web-1");
  EXPECT_EQ(engine_.bodies.back(), R"({"Image":"x"})");
  engine_.containers[kOne].labels["weir.managed-by"] = "weir";
  EXPECT_TRUE(run(client_.start(kOne, soon())));
  EXPECT_TRUE(run(client_.stop(kOne, 1500ms, soon())));
  EXPECT_TRUE(engine_.requests.back().ends_with("/stop?t=2")) << engine_.requests.back();
  EXPECT_EQ(engine_.containers[kOne].state, "exited");
  EXPECT_TRUE(run(client_.remove(kOne, soon())));
  EXPECT_FALSE(engine_.containers.contains(kOne));
  EXPECT_TRUE(run(client_.remove(kOne, soon()))) << "gone already";
  EXPECT_EQ(run(client_.create("no/name", "{}", soon())).error().code(), Errc::invalid_argument);
}

TEST_F(DockerClientTest, WhatWeirDidNotMakeItNeitherStopsNorRemoves) {
  for (const char* owner : {"", "Weir", "other"}) {
    if (*owner != 0) engine_.containers[kOne].labels["weir.managed-by"] = owner;
    for (const auto& done :
         {run(client_.remove(kOne, soon())), run(client_.stop(kOne, 1s, soon()))}) {
      ASSERT_FALSE(done) << owner;
      EXPECT_EQ(done.error().code(), Errc::conflict);
    }
  }
  EXPECT_EQ(error_of(run(client_.remove(kOne, soon()))),
            "container one was not made by weir: it has no label weir.managed-by=weir");
  for (const std::string& line : engine_.requests) EXPECT_TRUE(line.starts_with("GET ")) << line;
}

TEST_F(DockerClientTest, StatusesBecomeErrors) {
  struct Row {
    int status;
    Errc code;
  };
  for (const Row row : {Row{400, Errc::invalid_argument},
                        {404, Errc::not_found},
                        {409, Errc::conflict},
                        {500, Errc::system},
                        {301, Errc::system}}) {
    engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
      if (line == "GET /_ping") return std::nullopt;
      return FakeEngine::answer(row.status, R"({"message":"no"})");
    };
    const auto list = run(client_.list({}, soon()));
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().code(), row.code) << row.status;
    EXPECT_EQ(list.error().detail(), fmt::format("Docker answered {}: no", row.status));
  }
  engine_.instead = [](const std::string&) { return FakeEngine::answer(304, ""); };
  EXPECT_TRUE(run(client_.start(kOne, soon()))) << "it runs already";
}

TEST_F(DockerClientTest, NoEngineIsNoSurprise) {
  ASSERT_TRUE(run(client_.ping(soon())));
  run(engine_.stop());
  EXPECT_EQ(run(client_.list({}, soon())).error().code(), Errc::unreachable) << "no such socket";
  engine_.listen();
  engine_.version = "1.30";
  EXPECT_TRUE(run(client_.list({}, soon())));
  EXPECT_EQ(engine_.requests.back(), "GET /v1.30/containers/json") << "another engine is there now";
}

TEST_F(DockerClientTest, StrangeAnswersAreErrors) {
  struct Row {
    std::string answer;
    Errc code;
  };
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const Row& row :
       {Row{"SSH-2.0-OpenSSH\r\n", Errc::bad_message},
        {FakeEngine::answer(200, "<html>"), Errc::bad_message},
        {FakeEngine::answer(200, "{}"), Errc::bad_message},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]", Errc::closed},
        {chunked + "zz\r\n", Errc::bad_message},
        {chunked + "2\r\n[]\r\n", Errc::closed},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + std::string(9 << 20, ' '),
         Errc::too_large}}) {
    ASSERT_TRUE(run(client_.ping(soon())));
    engine_.instead = [&](const std::string& line) -> std::optional<std::string> {
      if (line == "GET /_ping") return std::nullopt;
      return row.answer;
    };
    const auto list = run(client_.list({}, soon()));
    ASSERT_FALSE(list) << row.answer.substr(0, 60);
    EXPECT_EQ(list.error().code(), row.code) << row.answer.substr(0, 60) << error_of(list);
  }
  engine_.instead = [](const std::string&) { return FakeEngine::answer(200, "OK"); };
  EXPECT_EQ(run(client_.ping(soon())).error().code(), Errc::bad_message) << "no Api-Version";
}

TEST_F(DockerClientTest, ASilentEngineEndsAtTheDeadline) {
  engine_.instead = [](const std::string&) { return std::string(); };
  EXPECT_EQ(wait(client_.list({}, soon()), 1s).error().code(), Errc::deadline);
}

// ---- events

class DockerEventsTest : public DockerClientTest {
 protected:
  void subscribe() {
    auto events = run(client_.events(soon()));
    ASSERT_TRUE(events) << events.error().detail();
    events_ = std::move(*events);
  }
  base::Result<std::string> next() { return run(events_->next_line(soon())); }

  std::unique_ptr<DockerEvents> events_;
};

TEST_F(DockerEventsTest, LinesComeWholeHoweverTheyAreCut) {
  subscribe();
  EXPECT_NE(engine_.requests.back().find("GET /v1.41/events?filters=%7B%22type%22"),
            std::string::npos);
  const std::string text = "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    if (cut > 0) engine_.send_chunk(text.substr(0, cut));
    lane_.run();
    if (cut < text.size()) engine_.send_chunk(text.substr(cut));
    for (const char* expected : {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}) {
      EXPECT_EQ(next().value(), expected) << "cut at " << cut;
    }
  }
}

TEST_F(DockerEventsTest, ByteByByte) {
  subscribe();
  for (const char c : std::string("{\"x\":\"y\"}\n")) {
    engine_.send_chunk(std::string(1, c));
    lane_.run();
  }
  EXPECT_EQ(next().value(), "{\"x\":\"y\"}");
}

TEST_F(DockerEventsTest, ADeadlineLosesNothing) {
  subscribe();
  engine_.send_chunk("{\"a\"");
  EXPECT_EQ(wait(events_->next_line(soon()), 1s).error().code(), Errc::deadline);
  engine_.send_chunk(":1}\n");
  EXPECT_EQ(next().value(), "{\"a\":1}");
}

TEST_F(DockerEventsTest, AStreamThatIsCutInALineSaysSo) {
  subscribe();
  engine_.send_chunk("{\"a\":1}\n{\"b\"");
  EXPECT_EQ(next().value(), "{\"a\":1}");
  engine_.drop_streams();
  EXPECT_EQ(next().error().code(), Errc::closed);
}

TEST_F(DockerEventsTest, AnEndlessLineIsRefused) {
  subscribe();
  for (int i = 0; i < 70; ++i) {
    engine_.send_chunk(std::string(1024, 'x'));
    lane_.run();
  }
  EXPECT_EQ(next().error().code(), Errc::too_large);
}

TEST_F(DockerEventsTest, TheLastChunkEndsTheStream) {
  subscribe();
  engine_.send_chunk("{}\n");
  engine_.send_chunk("");
  EXPECT_EQ(next().value(), "{}");
  EXPECT_EQ(next().error().code(), Errc::closed);
}

TEST_F(DockerEventsTest, CancelEndsTheWait) {
  subscribe();
  std::optional<base::Result<std::string>> out;
  runtime::Gate gate;
  runtime::spawn(gate, "next", keep(events_->next_line({}), out));
  lane_.run();
  EXPECT_FALSE(out);
  events_->cancel();
  lane_.run();
  ASSERT_TRUE(out);
  EXPECT_EQ(out->error().code(), Errc::cancelled);
}

TEST_F(DockerEventsTest, ARefusedSubscriptionIsAnError) {
  engine_.instead = [](const std::string& line) -> std::optional<std::string> {
    if (line == "GET /_ping") return std::nullopt;
    return FakeEngine::answer(500, "{}");
  };
  EXPECT_EQ(run(client_.events(soon())).error().code(), Errc::system);
}

}  // namespace docker_client_test
}  // namespace weir::control
