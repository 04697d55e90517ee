// Retries, budget, breakers and timeouts as a whole, in worlds of two to ten endpoints.
#include "simulate/exchanges.hpp"

#include <gtest/gtest.h>

#include "simulate/run.hpp"
#include "simulate/worlds.hpp"

namespace weir::simulate {
namespace exchanges_test {

using balance::Algorithm;
using std::chrono::milliseconds;

World small_world(std::size_t endpoints, std::uint64_t requests) {
  World world;
  world.endpoints.assign(endpoints, {.mean_ms = 10, .servers = 8});
  world.work = {.kind = WorkShape::Kind::constant};
  world.per_second = 100;
  world.requests = requests;
  return world;
}

Outcome round_robin(const World& world) {
  return run(world, {.algorithm = Algorithm::round_robin});
}

TEST(Exchanges, AnAnswerTakesWhatItsWorkTakes) {
  const Outcome out = round_robin(small_world(4, 2000));
  EXPECT_EQ(out.done, 2000u);
  EXPECT_NEAR(base::to_ms(out.p50), 10, 0.01);
  EXPECT_NEAR(base::to_ms(out.p99), 10, 0.01);
}

TEST(Exchanges, WhatFailedIsTriedElsewhere) {
  World world = small_world(2, 1000);
  world.script = {{{}, change::Failing{{0, 1}, 1}}};
  EXPECT_NEAR(round_robin(world).error_share(), 0.5, 0.01);
  world.resilience.retries = true;
  world.requests = 29;  // which the budget's least of 30 in ten seconds allows, if all fail
  const Outcome repeated = round_robin(world);
  EXPECT_EQ(repeated.failed, 0u);
  EXPECT_GE(repeated.retries, 14u);
  EXPECT_EQ(repeated.attempts, 29 + repeated.retries);
}

// balancing.md, section 5: 100/s all failing for 60 s. Poisson arrivals: the budget follows the
// last ten seconds' requests, which are sometimes more than the next ones; hence the last
// thousandths.
TEST(Exchanges, RetriesStayInTheirBudget) {
  World world = small_world(10, 6000);
  world.script = {{{}, change::Failing{{0, 10}, 1}}};
  world.resilience.retries = true;
  const Outcome out = round_robin(world);
  EXPECT_EQ(out.failed, 6000u);
  EXPECT_GT(out.amplification(), 1.1);
  EXPECT_LE(out.amplification(), 1.205);
}

TEST(Exchanges, AnOpenBreakerKeepsAFailingOneOut) {
  World world = small_world(10, 3000);
  world.script = {{{}, change::Failing{{0, 1}, 1}}};
  world.resilience = {.retries = true, .breaker = true};
  const Outcome out = round_robin(world);
  EXPECT_EQ(out.failed, 0u);
  EXPECT_LE(out.picks[0], 10u) << "five failures, and a probe after 30 s";
  EXPECT_GE(out.picks[0], 5u);
}

TEST(Exchanges, TheServiceBreakerRefusesWhatCannotSucceed) {
  World world = small_world(4, 2000);
  world.script = {{{}, change::Failing{{0, 4}, 1}}};
  world.resilience = {.breaker = true};
  const Outcome out = round_robin(world);
  EXPECT_EQ(out.failed, 2000u);
  EXPECT_LT(out.attempts, 20u);
}

TEST(Exchanges, SilenceEndsAtTheAttemptTimeout) {
  World world = small_world(2, 400);
  world.script = {{{}, change::Frozen{{0, 1}}}};
  const Outcome out = round_robin(world);
  EXPECT_NEAR(out.error_share(), 0.5, 0.01);
  EXPECT_NEAR(base::to_ms(out.p99), 2000, 2);
}

TEST(Exchanges, AKillResetsWhatWasUnderWay) {
  World world = small_world(2, 300);
  world.endpoints.assign(2, {.mean_ms = 200, .servers = 50});
  world.script = {{milliseconds(1500), change::Killed{.who = {0, 1}}}};
  const Outcome cut = round_robin(world);
  EXPECT_GT(cut.failed, 75u) << "half of the second half is refused";
  world.resilience = {.retries = true, .breaker = true, .checks = true};
  EXPECT_LT(round_robin(world).failed, 5u);
}

TEST(Exchanges, AStreamThatBreaksHasFailed) {
  World world = small_world(1, 200);
  world.endpoints[0].servers = 1000;
  world.streams = {.share = 1, .mean_s = 1000};
  world.script = {{milliseconds(1000), change::Killed{.who = {0, 1}}},
                  {milliseconds(1001), change::Back{{0, 1}}}};
  const Outcome out = round_robin(world);
  EXPECT_NEAR(static_cast<double>(out.failed), 100, 40);
  EXPECT_EQ(out.retries, 0u) << "its answer had begun";
}

TEST(Exchanges, WithoutAnybodyItFails) {
  World world = small_world(1, 50);
  world.endpoints[0].joins_later = true;
  const Outcome out = round_robin(world);
  EXPECT_EQ(out.failed, 50u);
  EXPECT_EQ(out.attempts, 0u);
}

}  // namespace exchanges_test
}  // namespace weir::simulate
