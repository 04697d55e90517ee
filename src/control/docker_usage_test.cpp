#include "control/docker_usage.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "control/discovery_docker.hpp"
#include "control/fake_engine.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::control {
namespace docker_usage_test {

using namespace std::chrono_literals;

// Files of a group for every pid but 7: no such machine.
std::string directory;
base::Result<supervise::CgroupReader> open_here(int pid, std::string_view) {
  if (pid == 7) return base::fail(base::Errc::not_found, "elsewhere");
  return supervise::CgroupReader::open({.cpu = directory, .memory = directory});
}

class Usage : public testing::Test {
 protected:
  Usage() {
    char path[] = "/tmp/weir-usage-XXXXXX";
    directory = ::mkdtemp(path);
    write(0, 0);
  }
  ~Usage() override { std::filesystem::remove_all(directory); }
  static void write(std::uint64_t cpu_us, std::uint64_t memory) {
    std::ofstream(directory + "/cpu.stat") << "usage_usec " << cpu_us << "\n";
    std::ofstream(directory + "/memory.current") << memory << "\n";
    std::ofstream(directory + "/memory.stat") << "inactive_file 100\n";
    std::ofstream(directory + "/memory.max") << "8192\n";
  }
  static DiscoveredView member(const std::string& id, int pid) {
    DiscoveredView out;
    out.container = {.id = id, .pid = pid, .cpu_share = std::nullopt};
    return out;
  }
  ContainerFacts facts(const std::string& id) {
    ContainerFacts out{.id = id, .cpu_share = std::nullopt};
    usage_.fill(out, now_);
    return out;
  }
  void sample(std::initializer_list<DiscoveredView> members, base::Duration later = 1s) {
    now_ += later;
    usage_.sample(members, now_);
  }

  DockerUsage usage_{&open_here};
  base::Time now_{1h};
};

TEST_F(Usage, TheShareIsTimeUsedOverTimePassed) {
  write(1'000'000, 5100);
  sample({member("a", 1)});
  EXPECT_FALSE(facts("a").cpu_share) << "one reading says nothing";
  EXPECT_EQ(facts("a").memory_bytes, 5000u);
  EXPECT_EQ(facts("a").memory_max, 8192u);
  write(1'500'000, 5100);
  sample({member("a", 1)}, 2s);
  EXPECT_DOUBLE_EQ(facts("a").cpu_share.value(), 0.25);
  EXPECT_FALSE(facts("b").cpu_share) << "unknown";
}

TEST_F(Usage, AStartedAgainContainerBeginsAnew) {
  write(1'000'000, 1);
  sample({member("a", 1)});
  write(2'000'000, 1);
  sample({member("a", 2)});
  EXPECT_FALSE(facts("a").cpu_share);
}

TEST_F(Usage, OneThatIsGoneIsForgottenAndOneThatDoesNotRunIsNotMeasured) {
  sample({member("a", 1), member("b", 0)});
  EXPECT_EQ(usage_.next_hidden(), std::nullopt);
  sample({});
  write(9, 9);
  EXPECT_EQ(facts("a").memory_max, 0u);
}

TEST_F(Usage, HiddenOnesAreAskedAboutInTurnAndOldFiguresVanish) {
  sample({member("a", 7), member("b", 7), member("c", 1)});
  EXPECT_EQ(usage_.next_hidden(), "a");
  usage_.on_stats("a", supervise::CgroupUsage{1'000'000'000, 10, 0}, now_);
  EXPECT_EQ(usage_.next_hidden(), "b");
  usage_.on_stats("b", std::nullopt, now_);
  EXPECT_EQ(usage_.next_hidden(), "a") << "in vain is a turn too";
  sample({member("a", 7), member("b", 7), member("c", 1)});
  usage_.on_stats("a", supervise::CgroupUsage{2'500'000'000, 30, 0}, now_);
  EXPECT_DOUBLE_EQ(facts("a").cpu_share.value(), 1.5);
  EXPECT_EQ(facts("a").memory_bytes, 30u);
  EXPECT_EQ(facts("b").memory_bytes, 0u);
  now_ += 9s;
  EXPECT_EQ(facts("a").memory_bytes, 30u);
  now_ += 1s;
  EXPECT_EQ(facts("a").memory_bytes, 0u);
  EXPECT_FALSE(facts("a").cpu_share);
}

// A container whose process is in no group of this machine that names it.
class Asked : public testing::Test {
 protected:
  Asked() {
    registry_.add_service({.number = 1, .name = "web"});
    engine_.instead = [this](const std::string& line) -> std::optional<std::string> {
      if (!line.contains("/stats?")) return std::nullopt;
      ++asked_;
      return answer_;
    };
    engine_.containers[FakeEngine::id(1)] = {.name = "w1", .pid = ::getpid()};
    discovery_.start();
    lane_.run();
  }
  void TearDown() override {
    runtime::Gate gate;
    runtime::spawn(gate, "stop", discovery_.stop());
    for (int i = 0; i < 50; ++i) lane_.advance(100ms);
    lane_.complete(engine_.stop());
  }
  void say(std::uint64_t cpu_ns) {
    answer_ =
        FakeEngine::answer(200, fmt::format(R"({{"cpu_stats":{{"cpu_usage":{{"total_usage":{}}}}},)"
                                            R"("memory_stats":{{"usage":4096}}}})",
                                            cpu_ns));
  }
  ContainerFacts facts() { return discovery_.view().members.at(0).container; }

  runtime::ManualLane lane_;
  http::LaneContext context_{lane_.lane()};
  http::SocketConnector connector_;
  FakeEngine engine_{lane_.lane()};
  DockerClient client_{context_, connector_, engine_.address()};
  Registry registry_{1};
  telemetry::NullLog log_;
  DiscoveryDocker discovery_{context_, client_, connector_, registry_, log_, {}};
  int asked_ = 0;
  std::string answer_;
};

TEST_F(Asked, TheEngineIsAskedOnceASecondWhereFilesAreNotVisible) {
  say(1'000'000'000);
  lane_.advance(900ms);
  EXPECT_EQ(asked_, 0);
  lane_.advance(100ms);
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(facts().memory_bytes, 4096u);
  say(1'250'000'000);
  lane_.advance(1s);
  EXPECT_EQ(asked_, 2);
  EXPECT_DOUBLE_EQ(facts().cpu_share.value(), 0.25);
}

TEST_F(Asked, AStrangeAnswerIsNoFigure) {
  for (const char* each : {"", "[]", "{\"cpu_stats\":7}"}) {
    answer_ = FakeEngine::answer(200, each);
    lane_.advance(1s);
    EXPECT_FALSE(facts().cpu_share);
    EXPECT_EQ(facts().memory_bytes, 0u);
  }
  EXPECT_EQ(asked_, 3);
  EXPECT_EQ(discovery_.view().state, "ok");
}

TEST(DockerStats, BothVersionsAreRead) {
  const auto v1 = parse_docker_stats(
      R"({"cpu_stats":{"cpu_usage":{"total_usage":123}},"memory_stats":{"usage":1000,
          "stats":{"total_inactive_file":300,"inactive_file":1},"limit":65536}})");
  EXPECT_EQ(v1, (supervise::CgroupUsage{123, 700, 65536}));
  const auto v2 = parse_docker_stats(
      R"({"cpu_stats":{"cpu_usage":{"total_usage":123}},"memory_stats":{"usage":1000,
          "stats":{"inactive_file":200},"limit":9223372036854771712}})");
  EXPECT_EQ(v2, (supervise::CgroupUsage{123, 800, 0}));
  // One that has just ended.
  EXPECT_FALSE(parse_docker_stats(R"({"cpu_stats":{"cpu_usage":{}},"memory_stats":{}})"));
  EXPECT_FALSE(parse_docker_stats(R"({"cpu_stats":{"cpu_usage":{"total_usage":-1}},)"
                                  R"("memory_stats":{"usage":1}})"));
  EXPECT_FALSE(parse_docker_stats("[]"));
  EXPECT_FALSE(parse_docker_stats(""));
}

}  // namespace docker_usage_test
}  // namespace weir::control
