#include "simulate/run.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "simulate/report.hpp"
#include "simulate/worlds.hpp"

namespace weir::simulate {
namespace run_test {

using balance::Algorithm;

Outcome played(char letter, Algorithm algorithm, std::uint64_t requests, std::uint64_t seed = 1,
               std::size_t lanes = 2) {
  return run(make_world(letter, requests), {.algorithm = algorithm, .lanes = lanes, .seed = seed});
}

std::string bytes(char letter, Algorithm algorithm, std::uint64_t requests, std::uint64_t seed) {
  const std::vector<WorldReport> reports = {
      {make_world(letter, requests), {played(letter, algorithm, requests, seed)}}};
  return base::to_text(to_json(reports, {.seed = seed, .lanes = 2}));
}

TEST(Run, TheSameSeedGivesTheSameBytes) {
  for (const WorldName& world : world_names()) {
    const std::string once = bytes(world.letter, Algorithm::adaptive, 4000, 5);
    EXPECT_EQ(once, bytes(world.letter, Algorithm::adaptive, 4000, 5)) << world.letter;
    EXPECT_NE(once, bytes(world.letter, Algorithm::adaptive, 4000, 6)) << world.letter;
  }
}

// To the last digit, on every machine: draws, arrivals and queues. Round robin, so that it does not
// change with the other policies.
TEST(Run, IsWhatItWas) {
  const Outcome out = played('i', Algorithm::round_robin, 30'000, 42);
  EXPECT_EQ(out.sent, 30'000u);
  EXPECT_EQ(out.length.count(), 30'082'038'779);
  EXPECT_EQ(out.p50.count(), 10'924'032);
  EXPECT_EQ(out.p95.count(), 56'770'560);
}

TEST(Run, EveryExchangeEndsOnceInEveryWorld) {
  for (const WorldName& world : world_names()) {
    for (const auto algorithm : {Algorithm::round_robin, Algorithm::least_response_time,
                                 Algorithm::consistent_hash, Algorithm::adaptive}) {
      SCOPED_TRACE(testing::Message() << world.name << ' ' << balance::name(algorithm));
      const Outcome out = played(world.letter, algorithm, 4000);
      EXPECT_EQ(out.sent, 4000u);
      EXPECT_EQ(out.sent, out.done + out.failed);
      EXPECT_LE(out.attempts, out.sent + out.retries);
      EXPECT_EQ(std::accumulate(out.picks.begin(), out.picks.end(), std::uint64_t{0}),
                out.attempts);
      EXPECT_LE(out.p50, out.p95);
      EXPECT_LE(out.p95, out.p99);
    }
  }
}

TEST(Run, OneRequestIsEnough) {
  const Outcome out = played('a', Algorithm::random_two, 1);
  EXPECT_EQ(out.done, 1u);
  EXPECT_EQ(out.attempts, 1u);
}

TEST(Run, LanesShareInFlightOnly) {
  for (const std::size_t lanes : {1u, 2u, 8u}) {
    const Outcome out = played('b', Algorithm::least_connections, 20'000, 1, lanes);
    EXPECT_LT(out.picks[0], 20'000u / 30) << lanes << " lanes: the slow one is seen by all";
  }
}

TEST(Run, ProgressRises) {
  double last = 0;
  int calls = 0;
  run(make_world('a', 5000),
      {.algorithm = Algorithm::round_robin, .on_progress = [&](double share) {
         EXPECT_GE(share, last);
         EXPECT_LE(share, 1);
         last = share;
         ++calls;
       }});
  EXPECT_GE(calls, 4);
}

}  // namespace run_test
}  // namespace weir::simulate
