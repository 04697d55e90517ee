#include "simulate/fleet.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "simulate/lru_keys.hpp"

namespace weir::simulate {
namespace fleet_test {

base::Time at_ms(double ms) { return base::Time(from_ms(ms)); }

/// One endpoint with one server and constant times of 10 ms.
struct OneEndpoint {
  explicit OneEndpoint(const World& like = {}) : world(like) {
    world.endpoints = {{.mean_ms = 10, .servers = 1}};
    fleet.emplace(world, events,
                  [this](std::uint32_t, std::uint64_t serial) { return !gone.contains(serial); });
  }
  void send(std::uint64_t serial, double ms, std::uint32_t key = 0) {
    fleet->send(0, {.serial = serial, .luck = serial, .key = key}, at_ms(ms));
  }
  /// The next event is of this attempt, at this time.
  void expect(EventKind kind, std::uint64_t serial, double ms, bool is_stream_head = false) {
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.next_time(), at_ms(ms));
    const Event event = events.take();
    EXPECT_EQ(event.kind, kind);
    EXPECT_EQ(event.serial, serial);
    if (kind == EventKind::served) {
      EXPECT_TRUE(fleet->finish(event, is_stream_head, at_ms(ms)));
    }
  }

  World world;
  EventQueue events;
  std::set<std::uint64_t> gone;
  std::optional<Fleet> fleet;
};

TEST(Fleet, ServesInOrderOneAtATime) {
  OneEndpoint it;
  it.send(1, 0);
  it.send(2, 1);
  it.send(3, 2);
  it.expect(EventKind::served, 1, 10);
  it.expect(EventKind::served, 2, 20);
  it.expect(EventKind::served, 3, 30);
  EXPECT_TRUE(it.events.empty());
}

TEST(Fleet, SkipsWhoeverDoesNotWaitAnyMore) {
  OneEndpoint it;
  it.send(1, 0);
  it.send(2, 1);
  it.send(3, 2);
  it.gone = {2};
  it.expect(EventKind::served, 1, 10);
  it.expect(EventKind::served, 3, 20);
}

TEST(Fleet, AStreamHoldsItsServer) {
  OneEndpoint it;
  it.send(1, 0);
  it.send(2, 1);
  it.expect(EventKind::served, 1, 10, true);
  EXPECT_TRUE(it.events.empty());
  EXPECT_TRUE(it.fleet->finish({.kind = EventKind::stream_over, .serial = 1}, false, at_ms(500)));
  it.expect(EventKind::served, 2, 510);
}

TEST(Fleet, MoreServersTakeFromTheQueue) {
  OneEndpoint it;
  it.send(1, 0);
  it.send(2, 1);
  it.fleet->set_servers({0, 1}, 2, at_ms(5));
  it.expect(EventKind::served, 1, 10);
  it.expect(EventKind::served, 2, 15);
}

TEST(Fleet, TheDeadRefuseAndLoseWhatTheyHad) {
  OneEndpoint it;
  it.send(1, 0);
  it.fleet->stop({0, 1}, Condition::dead);
  it.send(2, 1);
  it.expect(EventKind::refused, 2, 1.5);
  EXPECT_FALSE(it.fleet->finish(it.events.take(), false, at_ms(10)));
  it.fleet->start({0, 1}, at_ms(20));
  it.send(3, 20);
  it.expect(EventKind::served, 3, 30);
}

TEST(Fleet, TheFrozenSayNothing) {
  OneEndpoint it;
  it.fleet->stop({0, 1}, Condition::frozen);
  it.send(1, 0);
  EXPECT_TRUE(it.events.empty());
}

TEST(Fleet, TheSameAttemptsFailWhateverHappensBefore) {
  for (int round = 0; round < 2; ++round) {
    OneEndpoint it;
    it.world.endpoints[0].servers = 1;
    it.fleet->set_failing({0, 1}, 0.5);
    if (round == 1) it.send(99, 0);
    int failed = 0;
    std::uint64_t sum = 0;
    for (std::uint64_t serial = 100; serial < 1100; ++serial) it.send(serial, 1);
    while (!it.events.empty() && it.events.next_time() <= at_ms(2)) {
      const Event event = it.events.take();
      if (event.kind != EventKind::failed_fast || event.serial < 100) continue;
      ++failed;
      sum += event.serial;
    }
    EXPECT_NEAR(failed, 500, 60);
    static std::uint64_t first_sum = 0;
    if (round == 0) first_sum = sum;
    EXPECT_EQ(sum, first_sum);
  }
}

TEST(Fleet, AColdProcessWarmsUp) {
  World world;
  world.cold_factor = 5;
  world.warm_up = std::chrono::seconds(10);
  OneEndpoint it(world);
  it.fleet->stop({0, 1}, Condition::dead);
  it.fleet->start({0, 1}, at_ms(0));
  it.send(1, 0);
  it.expect(EventKind::served, 1, 50);
  it.send(2, 5000);
  it.expect(EventKind::served, 2, 5030);
  it.send(3, 10'000);
  it.expect(EventKind::served, 3, 10'010);
}

TEST(Fleet, AMissTakesLonger) {
  World world;
  world.cache = {.entries = 1, .miss_factor = 4};
  OneEndpoint it(world);
  it.send(1, 0, 7);
  it.expect(EventKind::served, 1, 40);
  it.send(2, 100, 7);
  it.expect(EventKind::served, 2, 110);
  it.send(3, 200, 8);
  it.expect(EventKind::served, 3, 240);
  it.send(4, 300, 7);
  it.expect(EventKind::served, 4, 340);
}

TEST(LruKeys, TheLeastRecentlyUsedGoesFirst) {
  LruKeys keys(2);
  EXPECT_FALSE(keys.touch(1));
  EXPECT_FALSE(keys.touch(2));
  EXPECT_TRUE(keys.touch(1));
  EXPECT_FALSE(keys.touch(3));
  EXPECT_TRUE(keys.touch(1));
  EXPECT_FALSE(keys.touch(2));
  EXPECT_EQ(keys.size(), 2u);
}

TEST(EventQueue, OrdersByTimeThenByAddition) {
  EventQueue events;
  events.add(at_ms(2), {.serial = 1});
  events.add(at_ms(1), {.serial = 2});
  events.add(at_ms(2), {.serial = 3});
  EXPECT_EQ(events.take().serial, 2u);
  EXPECT_EQ(events.take().serial, 1u);
  EXPECT_EQ(events.take().serial, 3u);
}

}  // namespace fleet_test
}  // namespace weir::simulate
