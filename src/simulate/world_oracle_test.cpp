// What each world is there to show, as figures.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "simulate/run.hpp"
#include "simulate/worlds.hpp"

namespace weir::simulate {
namespace world_oracle_test {

using balance::Algorithm;
using std::chrono::seconds;

Outcome played(char letter, Algorithm algorithm, std::uint64_t requests,
               std::vector<Algorithm> arms = kDefaultArms) {
  return run(make_world(letter, requests), {.algorithm = algorithm, .arms = std::move(arms)});
}

const std::vector<Algorithm> kFixed = {Algorithm::round_robin,       Algorithm::weighted,
                                       Algorithm::least_connections, Algorithm::least_response_time,
                                       Algorithm::ip_hash,           Algorithm::consistent_hash,
                                       Algorithm::random_two,        Algorithm::response_time};

Algorithm best_p99(char letter, std::uint64_t requests) {
  return *std::ranges::min_element(
      kFixed, {}, [&](Algorithm each) { return played(letter, each, requests).p99; });
}

double share_of(const Outcome& out, std::size_t endpoint) {
  return static_cast<double>(out.picks[endpoint]) / static_cast<double>(out.attempts);
}

TEST(WorldOracle, EqualEndpointsAreServedAlike) {
  const Outcome even = played('a', Algorithm::round_robin, 60'000);
  EXPECT_LT(even.imbalance, 0.001);
  for (const Algorithm arm : {Algorithm::random_two, Algorithm::least_response_time}) {
    const Outcome out = played('a', arm, 60'000);
    EXPECT_NEAR(base::to_ms(out.p95) / base::to_ms(even.p95), 1, 0.03) << balance::name(arm);
  }
}

TEST(WorldOracle, NothingIsSwitchedAmongEqualEndpoints) {
  const Outcome out = played('a', Algorithm::adaptive, 600'000);  // ten minutes, 60 windows
  EXPECT_EQ(out.switches.size(), 0u);
}

TEST(WorldOracle, RoundRobinIsLeftWithinThreeWindowsOfASlowOne) {
  const Outcome out =
      played('b', Algorithm::adaptive, 60'000,
             {Algorithm::round_robin, Algorithm::random_two, Algorithm::least_response_time});
  ASSERT_GE(out.switches.size(), 1u);
  EXPECT_EQ(out.switches[0].from, Algorithm::round_robin);
  EXPECT_LE(out.switches[0].at, seconds(31));
}

TEST(WorldOracle, ASlowOneGetsLessThanATwentiethOfLeastResponseTime) {
  const Outcome out = played('b', Algorithm::least_response_time, 60'000);
  EXPECT_LT(share_of(out, 0), 0.05);
  EXPECT_EQ(out.failed, 0u);
}

TEST(WorldOracle, CachesWantConsistentHash) {
  EXPECT_EQ(best_p99('c', 60'000), Algorithm::consistent_hash);
  const Outcome hashed = played('c', Algorithm::consistent_hash, 60'000);
  const Outcome spread = played('c', Algorithm::least_connections, 60'000);
  EXPECT_LT(hashed.p50 * 3, spread.p50 * 2);
}

TEST(WorldOracle, StreamsWantLeastConnections) {
  EXPECT_EQ(best_p99('d', 20'000), Algorithm::least_connections);
}

TEST(WorldOracle, AnOscillationDoesNotMakeAdaptiveFlap) {
  EXPECT_LE(played('e', Algorithm::adaptive, 300'000).switches.size(), 1u);
}

TEST(WorldOracle, AdaptiveFindsLeastConnectionsWhenItIsAnArm) {
  const Outcome out = played('e', Algorithm::adaptive, 60'000,
                             {Algorithm::random_two, Algorithm::least_response_time,
                              Algorithm::round_robin, Algorithm::least_connections});
  ASSERT_EQ(out.switches.size(), 1u);
  EXPECT_EQ(out.switches[0].to, Algorithm::least_connections);
  EXPECT_LE(out.switches[0].at, seconds(31));
}

TEST(WorldOracle, WhoFailsFastGetsNoMoreThanItsFairShare) {
  for (const Algorithm each : {Algorithm::least_response_time, Algorithm::response_time}) {
    const Outcome out = played('f', each, 60'000);
    EXPECT_LE(share_of(out, 0), 0.1) << balance::name(each);
    EXPECT_EQ(out.failed, 0u) << "all are repeated elsewhere";
  }
}

TEST(WorldOracle, AColdJoinerIsLedInSlowly) {
  World world = make_world('g', 60'000);
  world.resilience = {.checks = true};  // no breaker that would catch it
  const Outcome led = run(world, {.algorithm = Algorithm::round_robin});
  world.slow_start = {};
  const Outcome thrown = run(world, {.algorithm = Algorithm::round_robin});
  EXPECT_LT(led.p99, thrown.p99);
  EXPECT_LT(share_of(led, 9), share_of(thrown, 9));
  EXPECT_LT(led.failed, thrown.failed);
}

TEST(WorldOracle, AKillCostsNoExchange) {
  const Outcome out = played('h', Algorithm::random_two, 100'000);
  EXPECT_EQ(out.failed, 0u);
  EXPECT_GT(out.retries, 0u);
  EXPECT_LT(out.amplification(), 1.01);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(share_of(out, i), 0.06) << "it came back";
}

TEST(WorldOracle, ATailIsHeavyForWhoDoesNotLookAtLoad) {
  const Outcome blind = played('i', Algorithm::round_robin, 60'000);
  const Outcome seeing = played('i', Algorithm::least_connections, 60'000);
  EXPECT_LT(seeing.p95, blind.p95);
}

TEST(WorldOracle, WeightedServesByWeight) {
  const Outcome out = played('j', Algorithm::weighted, 70'000);
  EXPECT_NEAR(static_cast<double>(out.picks[0]), 50'000, 2);  // two lanes, each exact
  EXPECT_NEAR(static_cast<double>(out.picks[1]), 10'000, 2);
  EXPECT_NEAR(static_cast<double>(out.picks[2]), 10'000, 2);
  const Outcome drawn = played('j', Algorithm::round_robin, 70'000);
  EXPECT_NEAR(share_of(drawn, 0), 5.0 / 7, 0.01);
}

TEST(WorldOracle, AFlashCrowdIsServed) {
  const Outcome out = played('k', Algorithm::least_connections, 60'000);
  EXPECT_EQ(out.failed, 0u);
  EXPECT_LE(out.amplification(), 1.2);
}

TEST(WorldOracle, HalfOfTheEndpointsMayDieAtOnce) {
  const Outcome out = played('m', Algorithm::random_two, 80'000);
  EXPECT_LT(out.error_share(), 0.001);
  EXPECT_LE(out.amplification(), 1.2);
}

TEST(WorldOracle, TenThousandEndpointsAreManageable) {
  const Outcome out = played('n', Algorithm::least_response_time, 60'000);
  EXPECT_EQ(out.picks.size(), 10'000u);
  EXPECT_LT(out.p95, played('n', Algorithm::round_robin, 60'000).p95);
}

}  // namespace world_oracle_test
}  // namespace weir::simulate
