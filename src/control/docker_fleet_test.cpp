#include "control/docker_fleet.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::control {
namespace docker_fleet_test {

constexpr base::Time kNow{std::chrono::seconds(100)};
const std::string kId(64, 'a');

class Fleet : public testing::Test {
 protected:
  Fleet() { service_ = registry_.add_service({.number = 1, .name = "web"}); }

  static DockerContainer running(const std::string& started_at = "T1") {
    DockerContainer out;
    out.id = kId;
    out.name = "w1";
    out.state = DockerState::running;
    out.started_at = started_at;
    out.labels = {{"weir.service", "web"}};
    out.networks = {{"back", "", "172.18.0.2"}};
    out.ports = {8080};
    return out;
  }
  static DockerEvent event(DockerAction action) {
    return {
        .action = action, .container = kId, .network = "back", .labels = {{"weir.service", "web"}}};
  }
  void inspected(const DockerContainer& container) {
    fleet_.on_inspected(kId, &container, fleet_.news_of(kId), kNow);
  }
  void accept_all() {
    for (const auto& probe : fleet_.take_probes()) {
      fleet_.on_accepting(probe.id, probe.number, kNow);
    }
  }
  std::size_t routed() { return service_->endpoints.load()->ids.size(); }

  Registry registry_{1};
  telemetry::NullLog log_;
  std::shared_ptr<upstream::Service> service_;
  DockerFleet fleet_{registry_, log_, {}};
};

TEST_F(Fleet, AnInspectionAskedBeforeBadNewsIsDroppedAndAskedAgain) {
  for (const DockerAction bad :
       {DockerAction::die, DockerAction::destroy, DockerAction::pause, DockerAction::stopping,
        DockerAction::unhealthy, DockerAction::disconnect}) {
    DockerFleet fleet(registry_, log_, {});
    fleet.on_event(event(DockerAction::start), kNow);
    ASSERT_EQ(fleet.take_pending(), kId);
    const std::uint64_t news = fleet.news_of(kId);
    fleet.on_event(event(bad), kNow);
    fleet.take_pending();
    const DockerContainer before = running();
    fleet.on_inspected(kId, &before, news, kNow);
    EXPECT_EQ(fleet.set().size(), 0u);
    EXPECT_TRUE(fleet.take_probes().empty());
    EXPECT_EQ(fleet.take_pending(), kId) << static_cast<int>(bad);
  }
}

TEST_F(Fleet, AProbeOfAnEarlierTimeIsVoid) {
  inspected(running());
  const auto first = fleet_.take_probes();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].address, "172.18.0.2:8080");
  fleet_.on_event(event(DockerAction::pause), kNow);
  EXPECT_FALSE(fleet_.is_wanted(first[0]));
  fleet_.on_accepting(first[0].id, first[0].number, kNow);
  EXPECT_EQ(routed(), 0u) << "a paused container accepts connections, too";
  inspected(running());
  accept_all();
  EXPECT_EQ(routed(), 1u);
  inspected(running());
  EXPECT_TRUE(fleet_.take_probes().empty()) << "no need to try it again";
}

TEST_F(Fleet, ANewStartIsANewEndpoint) {
  inspected(running("T1"));
  accept_all();
  const std::uint32_t first = service_->endpoints.load()->ids.at(0);
  inspected(running("T2"));
  EXPECT_EQ(routed(), 0u) << "the old one has died, the new one is not tried yet";
  accept_all();
  EXPECT_GT(service_->endpoints.load()->ids.at(0), first);
}

TEST_F(Fleet, EventsOfOthersAreIgnored) {
  DockerEvent other = event(DockerAction::start);
  other.labels = {{"other", "x"}};
  fleet_.on_event(other, kNow);
  EXPECT_FALSE(fleet_.take_pending());
  other = event(DockerAction::connect);
  other.labels.clear();
  fleet_.on_event(other, kNow);
  EXPECT_FALSE(fleet_.take_pending());
  inspected(running());
  fleet_.on_event(other, kNow);
  EXPECT_TRUE(fleet_.take_pending()) << "network events have no labels, but it is known";
}

TEST_F(Fleet, IsBoundedWhateverIsStarted) {
  DockerEvent each = event(DockerAction::start);
  for (int i = 0; i < 3000; ++i) {
    each.container = fmt::format("{:064x}", i);
    fleet_.on_event(each, kNow);
  }
  EXPECT_TRUE(fleet_.take_lost());
  int pending = 0;
  while (fleet_.take_pending()) ++pending;
  EXPECT_EQ(pending, 1024);
  fleet_.begin_cycle();
  fleet_.on_listed({}, true, kNow);
  EXPECT_TRUE(fleet_.view().empty());
  each.container = kId;
  fleet_.on_event(each, kNow);
  EXPECT_EQ(fleet_.take_pending(), kId) << "a list makes room again";
}

TEST_F(Fleet, AnIncompleteListTakesNobodyAway) {
  inspected(running());
  accept_all();
  for (int i = 0; i < 3; ++i) {
    fleet_.begin_cycle();
    EXPECT_FALSE(fleet_.on_listed({}, false, kNow));
  }
  EXPECT_EQ(routed(), 1u);
  EXPECT_FALSE(fleet_.note().empty());
}

}  // namespace docker_fleet_test
}  // namespace weir::control
