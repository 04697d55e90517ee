#include "control/docker_member.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace weir::control {
namespace docker_member_test {

DockerContainer good() {
  DockerContainer out;
  out.id = std::string(64, 'a');
  out.name = "w1";
  out.state = DockerState::running;
  out.started_at = "2026-11-21T07:10:47Z";
  out.labels = {{"weir.service", "api"}};
  out.networks = {{"back", "", "172.18.0.2"}};
  out.ports = {8080};
  return out;
}

TEST(DockerMember, AGoodContainerIsIn) {
  const DockerMember member = judge_docker(good(), {});
  EXPECT_EQ(member.standing, DockerStanding::in);
  EXPECT_EQ(member.kind, DockerKind::http);
  EXPECT_EQ(member.service, "api");
  EXPECT_EQ(member.address, "172.18.0.2:8080");
  EXPECT_EQ(member.weight, 1u);
  EXPECT_EQ(member.name, "w1");
  EXPECT_EQ(member.reason, "");
}

struct Row {
  const char* what;
  std::function<void(DockerContainer&, DockerSource&)> change;
  DockerStanding standing;
  std::string expected;  // the address when it is in, else the reason
};

using C = DockerContainer;
using S = DockerSource;

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    DockerContainer container = good();
    DockerSource source;
    row.change(container, source);
    const DockerMember member = judge_docker(container, source);
    EXPECT_EQ(member.standing, row.standing) << row.what;
    EXPECT_EQ(row.standing == DockerStanding::in ? member.address : member.reason, row.expected)
        << row.what;
    EXPECT_EQ(member.state.empty(), row.standing == DockerStanding::in) << row.what;
  }
}

TEST(DockerMember, WhereItIs) {
  const std::vector<Row> rows = {
      {"the port's label wins", [](C& c, S&) { c.labels["weir.port"] = "9000"; },
       DockerStanding::in, "172.18.0.2:9000"},
      {"and decides between many",
       [](C& c, S&) {
         c.ports = {80, 81};
         c.labels["weir.port"] = "81";
       },
       DockerStanding::in, "172.18.0.2:81"},
      {"IPv6 gets its brackets", [](C& c, S&) { c.networks[0].ip = "2001:db8::1"; },
       DockerStanding::in, "[2001:db8::1]:8080"},
      {"the network is chosen",
       [](C& c, S& s) {
         c.networks.push_back({"front", "", "172.19.0.2"});
         s.network = "front";
       },
       DockerStanding::in, "172.19.0.2:8080"},
      {"a network without an address does not count",
       [](C& c, S&) { c.networks.push_back({"other", "", ""}); }, DockerStanding::in,
       "172.18.0.2:8080"},
      {"the source's service wins",
       [](C& c, S& s) {
         c.labels.clear();
         s.service = "web";
       },
       DockerStanding::in, "172.18.0.2:8080"},
  };
  check(rows);
}

TEST(DockerMember, WhyItIsOut) {
  const std::vector<Row> rows = {
      {"its label names another service",
       [](C& c, S& s) {
         c.labels["weir.service"] = "api";
         s.service = "web";
         s.label = "app=db-backend";
       },
       DockerStanding::out, "its label weir.service='api' names another service"},
      {"no port", [](C& c, S&) { c.ports.clear(); }, DockerStanding::out,
       "it exposes no TCP port and has no weir.port label"},
      {"two ports", [](C& c, S&) { c.ports = {80, 81}; }, DockerStanding::out,
       "it exposes 2 TCP ports and has no weir.port label"},
      {"port 0", [](C& c, S&) { c.labels["weir.port"] = "0"; }, DockerStanding::out,
       "its label weir.port='0' is not a number from 1 to 65535"},
      {"port over", [](C& c, S&) { c.labels["weir.port"] = "65536"; }, DockerStanding::out,
       "its label weir.port='65536' is not a number from 1 to 65535"},
      {"no number", [](C& c, S&) { c.labels["weir.port"] = "80\r\nx"; }, DockerStanding::out,
       "its label weir.port='80??x' is not a number from 1 to 65535"},
      {"weight 0", [](C& c, S&) { c.labels["weir.weight"] = "0"; }, DockerStanding::out,
       "its label weir.weight='0' is not a number from 1 to 1000"},
      {"kind", [](C& c, S&) { c.labels["weir.kind"] = "tcp"; }, DockerStanding::out,
       "its label weir.kind='tcp' is neither http nor sql"},
      {"no service", [](C& c, S&) { c.labels.clear(); }, DockerStanding::out,
       "it has no weir.service label"},
      {"bad service", [](C& c, S&) { c.labels["weir.service"] = "a b"; }, DockerStanding::out,
       "its label weir.service='a b' names no service"},
      {"disconnected", [](C& c, S&) { c.networks.clear(); }, DockerStanding::out,
       "it is connected to no network with an address"},
      {"not on that network", [](C&, S& s) { s.network = "front"; }, DockerStanding::out,
       "it is not connected to network front"},
      {"two networks", [](C& c, S&) { c.networks.push_back({"front", "", "172.19.0.2"}); },
       DockerStanding::out, "it is on 2 networks; say which: docker: { network: back }"},
      {"paused", [](C& c, S&) { c.state = DockerState::paused; }, DockerStanding::out,
       "its container is paused"},
      {"paused, whatever else is wrong",
       [](C& c, S&) {
         c.state = DockerState::paused;
         c.ports.clear();
       },
       DockerStanding::out, "its container is paused"},
      {"unhealthy", [](C& c, S&) { c.health = DockerHealth::unhealthy; }, DockerStanding::out,
       "its container's own health check fails"},
      {"not healthy yet", [](C& c, S&) { c.health = DockerHealth::starting; }, DockerStanding::out,
       "its container's own health check has not passed yet"},
      {"exited", [](C& c, S&) { c.state = DockerState::exited; }, DockerStanding::gone,
       "its container is exited"},
      {"restarting", [](C& c, S&) { c.state = DockerState::restarting; }, DockerStanding::gone,
       "its container is restarting"},
      {"unknown", [](C& c, S&) { c.state = DockerState::unknown; }, DockerStanding::gone,
       "its container is unknown"},
  };
  check(rows);
}

TEST(DockerMember, APausedOneKeepsItsPlace) {
  DockerContainer container = good();
  container.labels["weir.weight"] = "7";
  const DockerMember before = judge_docker(container, {});
  container.state = DockerState::paused;
  const DockerMember paused = judge_docker(container, {});
  EXPECT_EQ(paused.address, before.address);
  EXPECT_EQ(paused.weight, 7u);
  EXPECT_EQ(paused.service, before.service);
}

TEST(DockerMember, SqlIsToldApart) {
  DockerContainer container = good();
  container.labels["weir.kind"] = "sql";
  EXPECT_EQ(judge_docker(container, {}).kind, DockerKind::sql);
}

TEST(DockerMember, LabelFilters) {
  const DockerLabels labels = {{"a", "1"}, {"b", "x=y"}};
  EXPECT_TRUE(matches_label(labels, "a"));
  EXPECT_TRUE(matches_label(labels, "a=1"));
  EXPECT_TRUE(matches_label(labels, "b=x=y"));
  EXPECT_FALSE(matches_label(labels, "a=2"));
  EXPECT_FALSE(matches_label(labels, "a="));
  EXPECT_FALSE(matches_label(labels, "c"));
}

}  // namespace docker_member_test
}  // namespace weir::control
