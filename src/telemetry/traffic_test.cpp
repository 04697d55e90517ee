#include "telemetry/traffic.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::telemetry {
namespace {

using namespace std::chrono_literals;

TEST(Counter, CountsAndGaugeGoesBothWays) {
  Counter counter;
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42u);
  Gauge gauge;
  gauge.add(2);
  gauge.subtract(3);
  EXPECT_EQ(gauge.value(), -1);
}

TEST(Traffic, LanesDoNotShareCacheLines) {
  Traffic traffic(3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&traffic.lane(i)) % 64, 0u);
  }
  EXPECT_EQ(sizeof(TrafficCounters) % 64, 0u);
}

TEST(Traffic, StatusClassOfAnythingIsInRange) {
  EXPECT_EQ(status_class(0), 0u);
  EXPECT_EQ(status_class(99), 0u);
  EXPECT_EQ(status_class(101), 1u);
  EXPECT_EQ(status_class(204), 2u);
  EXPECT_EQ(status_class(599), 5u);
  EXPECT_EQ(status_class(600), 0u);
  EXPECT_EQ(status_class(4'000'000'000u), 0u);
}

TEST(Traffic, FinishCountsEverythingOnce) {
  Traffic traffic(2);
  TrafficCounters& lane = traffic.lane(1);
  lane.begin();
  lane.begin();
  lane.finish({.status = 200, .duration = 2ms, .bytes_in = 10, .bytes_out = 100});
  const TrafficSnapshot total = traffic.total();
  EXPECT_EQ(total.in_flight, 1);
  EXPECT_EQ(total.requests, 1u);
  EXPECT_EQ(total.errors, 0u);
  EXPECT_EQ(total.bytes_in, 10u);
  EXPECT_EQ(total.bytes_out, 100u);
  EXPECT_EQ(total.by_class[2], 1u);
  EXPECT_EQ(total.by_reason[static_cast<std::size_t>(Reason::ok)], 1u);
  EXPECT_EQ(total.latency.count(), 1u);
  EXPECT_EQ(total.latency.sum(), 2ms);
}

TEST(Traffic, ErrorsAreFailuresOfTheServiceOnly) {
  struct Row {
    unsigned status;
    Reason reason;
    bool error;
  };
  for (const Row& row :
       {Row{200, Reason::ok, false}, Row{404, Reason::ok, false}, Row{500, Reason::ok, true},
        Row{200, Reason::body_broken, true}, Row{502, Reason::connect_failed, true},
        Row{0, Reason::client_gone, false}, Row{404, Reason::no_route, false},
        Row{429, Reason::rate_limit, false}, Row{400, Reason::client_protocol, false}}) {
    Traffic traffic(1);
    traffic.lane(0).begin();
    traffic.lane(0).finish({.status = row.status, .reason = row.reason});
    EXPECT_EQ(traffic.total().errors, row.error ? 1u : 0u) << row.status << code(row.reason);
  }
}

TEST(Traffic, WindowIsTheDifferenceAndKeepsTheGauge) {
  Traffic traffic(1);
  TrafficCounters& lane = traffic.lane(0);
  lane.begin();
  lane.finish({.status = 200, .duration = 1ms});
  const TrafficSnapshot before = traffic.total();
  lane.begin();
  lane.begin();
  lane.finish({.status = 503, .reason = Reason::no_host, .duration = 3ms});
  lane.connects.add();
  TrafficSnapshot window = traffic.total();
  EXPECT_FALSE(window.is_behind(before));
  EXPECT_TRUE(before.is_behind(window));
  window.subtract(before);
  EXPECT_EQ(window.requests, 1u);
  EXPECT_EQ(window.errors, 1u);
  EXPECT_EQ(window.connects, 1u);
  EXPECT_EQ(window.by_class[2], 0u);
  EXPECT_EQ(window.by_class[5], 1u);
  EXPECT_EQ(window.in_flight, 1);
  EXPECT_EQ(window.latency.count(), 1u);
}

TEST(Traffic, EachLaneCountsOnItsOwnThread) {
  constexpr std::size_t kLanes = 4;
  constexpr std::uint64_t kEach = 20'000;
  Traffic traffic(kLanes);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kLanes; ++i) {
    threads.emplace_back([&lane = traffic.lane(i)] {
      for (std::uint64_t n = 0; n < kEach; ++n) {
        lane.begin();
        lane.finish({.status = 200, .duration = 50us, .bytes_out = 2});
      }
    });
  }
  std::uint64_t last = 0;
  while (last < kLanes * kEach) {
    const std::uint64_t now = traffic.total().requests;
    ASSERT_GE(now, last);
    last = now;
  }
  for (auto& thread : threads) thread.join();
  const TrafficSnapshot total = traffic.total();
  EXPECT_EQ(total.requests, kLanes * kEach);
  EXPECT_EQ(total.bytes_out, kLanes * kEach * 2);
  EXPECT_EQ(total.latency.count(), kLanes * kEach);
  EXPECT_EQ(total.in_flight, 0);
}

TEST(ListenerTraffic, SumsLanes) {
  ListenerTraffic traffic(2);
  traffic.lane(0).accepted.add(3);
  traffic.lane(1).accepted.add(4);
  traffic.lane(1).open.add(2);
  traffic.lane(0).malformed.add();
  traffic.lane(0).refused.add(5);
  const ListenerSnapshot total = traffic.total();
  EXPECT_EQ(total.accepted, 7u);
  EXPECT_EQ(total.open, 2);
  EXPECT_EQ(total.malformed, 1u);
  EXPECT_EQ(total.refused, 5u);
}

}  // namespace
}  // namespace weir::telemetry
