#include "control/docker_json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace weir::control {
namespace docker_json_test {

const std::string kId(64, 'a');

// As Docker 20.10 wrote them, shortened.
const std::string kList =
    R"([{"Id":")" + kId + R"(","Names":["/api/alias","/w1"],"Image":"weir:dev",
  "Created":1795245047,"Ports":[{"PrivatePort":8080,"Type":"tcp"}],
  "Labels":{"weir.port":"8080","weir.service":"api"},"State":"running","Status":"Up 1 second",
  "HostConfig":{"NetworkMode":"back"},"NetworkSettings":{"Networks":{"back":{"IPAMConfig":null,
  "NetworkID":"c9179c47dfd5b6dd922e41923be5991d43a5a27728077b5eb033db4ae0be8e52",
  "IPAddress":"172.29.128.2","IPPrefixLen":24,"GlobalIPv6Address":""}}},"Mounts":[]}])";

std::string inspected(const std::string& state, const std::string& more = "") {
  return R"({"Id":")" + kId + R"(","Name":"/w1","State":{)" + state +
         R"(},"Config":{"ExposedPorts":{"8080/tcp":{},"53/udp":{}},"Env":null,
    "Labels":{"weir.service":"api"}},"NetworkSettings":{"Ports":{"8080/tcp":null,"9/tcp":null},
    "Networks":{"back":{"NetworkID":"","IPAddress":"172.29.128.2"}}})" +
         more + "}";
}

TEST(DockerJson, ReadsAList) {
  const auto list = parse_docker_list(kList);
  ASSERT_TRUE(list) << list.error().detail();
  ASSERT_EQ(list->rows.size(), 1u);
  const DockerRow& row = list->rows[0];
  EXPECT_EQ(row.id, kId);
  EXPECT_EQ(row.name, "w1") << "not a link's name";
  EXPECT_EQ(row.state, DockerState::running);
  EXPECT_EQ(row.labels, (DockerLabels{{"weir.port", "8080"}, {"weir.service", "api"}}));
  ASSERT_EQ(row.networks.size(), 1u);
  EXPECT_EQ(
      row.networks[0],
      (DockerNetwork{"back", "c9179c47dfd5b6dd922e41923be5991d43a5a27728077b5eb033db4ae0be8e52",
                     "172.29.128.2"}));
  EXPECT_EQ(list->refused, 0u);
}

TEST(DockerJson, ABadRowIsLeftOutAndCounted) {
  const auto rows = [](std::string_view text) {
    const auto list = parse_docker_list(text);
    return list ? fmt::format("{} rows, {} refused {}", list->rows.size(), list->refused,
                              list->first_refusal)
                : std::string(list.error().detail());
  };
  const std::string good = R"({"Id":")" + kId + R"("})";
  EXPECT_EQ(rows("[]"), "0 rows, 0 refused ");
  EXPECT_EQ(rows("[" + good + "]"), "1 rows, 0 refused ");
  EXPECT_EQ(rows("[7," + good + "]"), "1 rows, 1 refused Docker: a row of the list is no object");
  for (const std::string& id :
       {std::string("\"\""), std::string("7"), '"' + std::string(63, 'a') + '"',
        '"' + std::string(64, 'A') + '"', '"' + std::string(61, 'a') + "/.." + '"'}) {
    EXPECT_EQ(rows(R"([{"Id":)" + id + "}]"),
              "0 rows, 1 refused Docker: a row of the list has no id of 64 hex digits");
  }
  for (const char* text : {"", "{}", "null", "[", "[{}] x", "\"[]\"", "not found"}) {
    EXPECT_FALSE(parse_docker_list(text)) << text;
  }
  std::string many = "[" + good;
  for (std::size_t i = 0; i < kDockerRowsMax; ++i) many += "," + good;
  EXPECT_EQ(rows(many + "]"), "512 rows, 1 refused Docker: more than 512 containers");
}

TEST(DockerJson, ReadsAnInspectedContainer) {
  const auto found = parse_docker_container(
      inspected(R"("Status":"running","StartedAt":"2026-11-21T07:10:47.608272581Z","Pid":4711,)"
                R"("Health":{"Status":"healthy","Log":[]})"));
  ASSERT_TRUE(found) << found.error().detail();
  EXPECT_EQ(found->id, kId);
  EXPECT_EQ(found->name, "w1");
  EXPECT_EQ(found->state, DockerState::running);
  EXPECT_EQ(found->health, DockerHealth::healthy);
  EXPECT_EQ(found->pid, 4711);
  EXPECT_EQ(found->started_at, "2026-11-21T07:10:47.608272581Z");
  EXPECT_EQ(found->ports, (std::vector<std::uint16_t>{9, 8080})) << "published ones too, no UDP";
  EXPECT_EQ(found->networks.at(0).ip, "172.29.128.2");
}

TEST(DockerJson, APidThatIsNoneIsNotKnown) {
  for (const char* each : {"0", "-1", "4294967296", "\"7\"", "null"}) {
    const auto found = parse_docker_container(
        inspected(std::string(R"("Status":"running","StartedAt":"T","Pid":)") + each));
    ASSERT_TRUE(found) << each;
    EXPECT_EQ(found->pid, 0) << each;
  }
}

TEST(DockerJson, StatesAndHealth) {
  struct Row {
    const char* state;
    DockerState expected;
    DockerHealth health = DockerHealth::none;
  };
  for (const Row& row : {
           Row{R"("Status":"created","StartedAt":"0001-01-01T00:00:00Z")", DockerState::created},
           {R"("Status":"paused")", DockerState::paused},
           {R"("Status":"restarting")", DockerState::restarting},
           {R"("Status":"removing")", DockerState::removing},
           {R"("Status":"exited")", DockerState::exited},
           {R"("Status":"dead")", DockerState::dead},
           {R"("Status":"hibernating")", DockerState::unknown},
           {R"("Status":7)", DockerState::unknown},
           {"", DockerState::unknown},
           {R"("Status":"running","Health":null)", DockerState::running},
           {R"("Status":"running","Health":{"Status":""})", DockerState::running},
           {R"("Status":"running","Health":{"Status":"starting"})", DockerState::running,
            DockerHealth::starting},
           {R"("Status":"running","Health":{"Status":"unhealthy"})", DockerState::running,
            DockerHealth::unhealthy},
       }) {
    const auto found = parse_docker_container(inspected(row.state));
    ASSERT_TRUE(found) << row.state;
    EXPECT_EQ(found->state, row.expected) << row.state;
    EXPECT_EQ(found->health, row.health) << row.state;
    EXPECT_EQ(found->started_at, "") << row.state;
  }
}

TEST(DockerJson, WhatIsNoContainerIsRefused) {
  for (const std::string& text :
       {std::string("{}"), std::string("[]"), std::string(R"({"Id":"x","State":{}})"),
        R"({"Id":")" + kId + R"("})", R"({"Id":")" + kId + R"(","State":[]})",
        std::string(R"({"State":{"Status":"running"}})"), std::string(100, '[')}) {
    EXPECT_FALSE(parse_docker_container(text)) << text;
  }
}

TEST(DockerJson, AddressesAreCheckedAndMadeCanonical) {
  const auto ip = [](const std::string& v4, const std::string& v6 = "") {
    const auto found = parse_docker_container(
        R"({"Id":")" + kId + R"(","State":{},"NetworkSettings":{"Networks":{"n":{"IPAddress":")" +
        v4 + R"(","GlobalIPv6Address":")" + v6 + R"("}}}})");
    return found->networks.at(0).ip;
  };
  EXPECT_EQ(ip("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(ip("10.0.0.1", "2001:DB8::0:1"), "10.0.0.1");
  EXPECT_EQ(ip("", "2001:DB8::0:1"), "2001:db8::1");
  for (const char* bad :
       {"", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "host", "10.0.0.1:80",
        "[::1]", "10.0.0", "010.0.0.1", "1.2.3.4 ", "fe80::1%eth0", "999.1.1.1"}) {
    EXPECT_EQ(ip(bad), "") << bad;
  }
}

TEST(DockerJson, EveryPartHasABound) {
  std::string labels =
      R"("big":")" + std::string(kDockerLabelValueMax + 1, 'v') + R"(","no":7,"":"e")";
  labels += R"(,")" + std::string(kDockerLabelKeyMax + 1, 'k') + R"(":"v")";
  std::string ports;
  std::string networks;
  for (int i = 0; i < 2000; ++i) {
    labels += fmt::format(R"(,"l{}":"v")", i);
    ports += fmt::format(R"({}"{}/tcp":{{}})", i == 0 ? "" : ",", i);
    networks += fmt::format(R"({}"n{}":{{}})", i == 0 ? "" : ",", i);
  }
  const auto found =
      parse_docker_container(R"({"Id":")" + kId + R"(","Name":"/)" + std::string(500, 'n') +
                             R"(","State":{"StartedAt":")" + std::string(500, '1') +
                             R"("},"Config":{"Labels":{)" + labels + R"(},"ExposedPorts":{)" +
                             ports + R"(}},"NetworkSettings":{"Networks":{)" + networks + "}}}");
  ASSERT_TRUE(found) << found.error().detail();
  EXPECT_EQ(found->labels.size(), kDockerLabelsMax);
  EXPECT_FALSE(found->labels.contains("big"));
  EXPECT_FALSE(found->labels.contains("no"));
  EXPECT_FALSE(found->labels.contains(""));
  EXPECT_EQ(found->ports.size(), kDockerPortsMax);
  EXPECT_EQ(found->networks.size(), kDockerNetworksMax);
  EXPECT_EQ(found->name, kId.substr(0, 12)) << "no name: the short id";
  EXPECT_EQ(found->started_at, "");
}

TEST(DockerJson, OddPortsAreNone) {
  const auto found = parse_docker_container(
      R"({"Id":")" + kId + R"(","State":{},"Config":{"ExposedPorts":{"0/tcp":{},"65536/tcp":{},
      "-1/tcp":{},"80-90/tcp":{},"/tcp":{},"80":{},"80/sctp":{},"65535/tcp":{}}}})");
  EXPECT_EQ(found->ports, (std::vector<std::uint16_t>{65535}));
}

TEST(DockerJson, ReadsEvents) {
  const auto container = [](const char* action) {
    return parse_docker_event(fmt::format(
        R"({{"status":"x","id":"{}","Type":"container","Action":"{}","Actor":{{"ID":"{}",
        "Attributes":{{"exitCode":"137","name":"w1","weir.service":"api"}}}},"time":1}})",
        kId, action, kId));
  };
  struct Row {
    const char* word;
    DockerAction action;
  };
  for (const Row& row : {Row{"start", DockerAction::start},
                         {"die", DockerAction::die},
                         {"pause", DockerAction::pause},
                         {"unpause", DockerAction::unpause},
                         {"destroy", DockerAction::destroy},
                         {"health_status: healthy", DockerAction::healthy},
                         {"health_status: unhealthy", DockerAction::unhealthy}}) {
    const auto event = container(row.word);
    ASSERT_TRUE(event) << row.word;
    EXPECT_EQ(event->action, row.action) << row.word;
    EXPECT_EQ(event->container, kId);
    EXPECT_EQ(event->labels.at("weir.service"), "api");
  }
  for (const char* other : {"exec_start: sh", "kill", "kill: 15", "", "health_status", "connect"}) {
    EXPECT_EQ(container(other)->action, DockerAction::other) << other;
  }
}

TEST(DockerJson, ASignalThatAsksForTheEndIsStopping) {
  const auto kill = [](const std::string& attributes) {
    return parse_docker_event(R"({"Type":"container","Action":"kill","Actor":{"ID":")" + kId +
                              R"(","Attributes":{)" + attributes + "}}}")
        ->action;
  };
  for (const char* ends : {"15", "2", "3", "28"}) {
    EXPECT_EQ(kill(fmt::format(R"("signal":"{}")", ends)), DockerAction::stopping) << ends;
  }
  for (const char* not_so : {R"("signal":"1")", R"("signal":"9")", R"("signal":15)", ""}) {
    EXPECT_EQ(kill(not_so), DockerAction::other) << not_so;
  }
}

TEST(DockerJson, ReadsNetworkEvents) {
  const auto network = [](const std::string& attributes, const char* action = "disconnect") {
    return parse_docker_event(R"({"Type":"network","Action":")" + std::string(action) +
                              R"(","Actor":{"ID":"c9","Attributes":{)" + attributes + "}}}");
  };
  const std::string good = R"("container":")" + kId + R"(","name":"back")";
  EXPECT_EQ(network(good)->action, DockerAction::disconnect);
  EXPECT_EQ(network(good)->container, kId);
  EXPECT_EQ(network(good)->network, "back");
  EXPECT_EQ(network(good, "connect")->action, DockerAction::connect);
  EXPECT_EQ(network(good, "create")->action, DockerAction::other);
  EXPECT_EQ(network(R"("container":")" + kId + R"(","name":"a b")")->network, "");
  EXPECT_FALSE(network(R"("container":"../x","name":"back")"));
  EXPECT_FALSE(network(""));
}

TEST(DockerJson, WhatIsNoEventIsRefused) {
  for (const char* text : {"", "{", "{}", "[]", "7", R"({"Type":"container","Action":"die"})",
                           R"({"Type":"container","Action":"die","Actor":7})",
                           R"({"Type":"container","Action":"die","Actor":{"ID":"short"}})",
                           R"({"Type":"container","Action":"die","Actor":{"ID":7}})"}) {
    EXPECT_FALSE(parse_docker_event(text)) << text;
  }
  EXPECT_EQ(parse_docker_event(R"({"Type":"image","Action":"pull","Actor":{}})")->action,
            DockerAction::other);
}

TEST(DockerJson, ReadsVersions) {
  EXPECT_EQ(parse_docker_version("1.41").value(), (DockerApiVersion{1, 41}));
  EXPECT_LT(parse_docker_version("1.9").value(), parse_docker_version("1.41").value());
  for (const char* bad : {"", "1", "1.", ".41", "v1.41", "1.41.2", "1.4x", "-1.2", "1.1000"}) {
    EXPECT_FALSE(parse_docker_version(bad)) << bad;
  }
  EXPECT_EQ(parse_docker_min_version(R"({"ApiVersion":"1.52","MinAPIVersion":"1.44"})").value(),
            (DockerApiVersion{1, 44}));
  EXPECT_FALSE(parse_docker_min_version("{}"));
  EXPECT_FALSE(parse_docker_min_version("[]"));
}

TEST(DockerJson, ReadsMessagesAndCreatedIds) {
  EXPECT_EQ(docker_message(R"({"message":"No such container: x\n\u001b[31m"})"),
            "No such container: x??[31m");
  EXPECT_EQ(docker_message(R"({"message":")" + std::string(999, 'm') + R"("})").size(), 200u);
  for (const char* none : {"", "{}", "[]", R"({"message":7})", "404 page not found"}) {
    EXPECT_EQ(docker_message(none), "") << none;
  }
  EXPECT_EQ(parse_docker_created(R"({"Id":")" + kId + R"(","Warnings":[]})").value(), kId);
  EXPECT_FALSE(parse_docker_created("{}"));
  EXPECT_FALSE(parse_docker_created(R"({"Id":"x"})"));
}

// Good documents with bytes changed, dropped and doubled: whatever comes of it keeps the bounds.
TEST(DockerJson, DamagedDocumentsKeepTheBounds) {
  constexpr std::uint64_t kSeed = 20261121;
  base::Rng rng(kSeed);
  const std::string event = R"({"Type":"network","Action":"connect","Actor":{"ID":"c9",)"
                            R"("Attributes":{"container":")" +
                            kId + R"(","name":"back"}}})";
  const std::vector<std::string> good = {
      kList, inspected(R"("Status":"running","StartedAt":"T","Health":{"Status":"healthy"})"),
      event};
  constexpr std::string_view kBytes = "{}[]\",:0-1.eE\\/\x01\x7f\xff an";
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good[rng.below(3)];
    for (std::uint32_t changes = 1 + rng.below(4); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = rng.below(static_cast<std::uint32_t>(text.size()));
      const std::size_t length = rng.below(40);
      switch (rng.below(4)) {
        case 0:
          text[at] = kBytes[rng.below(static_cast<std::uint32_t>(kBytes.size()))];
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(rng.below(static_cast<std::uint32_t>(text.size())), length));
          break;
        default:
          text.resize(at);
      }
    }
    if (const auto list = parse_docker_list(text)) {
      for (const DockerRow& row : list->rows) EXPECT_TRUE(is_docker_id(row.id)) << kSeed;
      accepted += list->rows.size();
    }
    if (const auto found = parse_docker_container(text)) {
      ++accepted;
      EXPECT_TRUE(is_docker_id(found->id)) << "seed " << kSeed << ", round " << round;
      EXPECT_TRUE(is_docker_name(found->name)) << "seed " << kSeed << ", round " << round;
      for (const DockerNetwork& each : found->networks) EXPECT_TRUE(is_docker_name(each.name));
    }
    if (const auto one = parse_docker_event(text); one && one->action != DockerAction::other) {
      ++accepted;
      EXPECT_TRUE(is_docker_id(one->container)) << "seed " << kSeed << ", round " << round;
    }
    docker_message(text);
  }
  EXPECT_GT(accepted, 500u) << "or the damage is too great to mean anything";
}

TEST(DockerJson, NamesAndIds) {
  for (const char* good : {"a", "w1", "web_1.x-y", "0"}) EXPECT_TRUE(is_docker_name(good)) << good;
  for (const char* bad : {"", ".", "-a", "_a", "a/b", "a b", "a?b", "a%2f", "\xc3\xa4"}) {
    EXPECT_FALSE(is_docker_name(bad)) << bad;
  }
  EXPECT_FALSE(is_docker_name(std::string(129, 'a')));
  EXPECT_TRUE(is_docker_id(kId));
  EXPECT_FALSE(is_docker_id(std::string(64, 'g')));
}

}  // namespace docker_json_test
}  // namespace weir::control
