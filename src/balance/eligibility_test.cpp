#include "balance/eligibility.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace eligibility_test {

using enum HostReason;
using Indices = std::vector<std::uint32_t>;

const Standing kGood;
Standing out(HostReasons reasons, std::uint32_t group = 0) {
  return {.reasons = reasons, .group = group};
}
Standing backup(HostReasons reasons = {}) { return out(reasons, 1); }

TEST(Eligibility, PanicAndGroups) {
  struct Row {
    const char* what;
    std::vector<Standing> endpoints;
    Indices in;
    bool is_panic;
    std::uint32_t group;
  };
  const Row rows[] = {
      {"no endpoints", {}, {}, false, 0},
      {"all good", {kGood, kGood}, {0, 1}, false, 0},
      {"half is enough", {kGood, out({ejected})}, {0}, false, 0},
      {"below half: ejected, failed and unknown serve",
       {kGood, out({ejected}), out({check_failed}), out({unknown})},
       {0, 1, 2, 3},
       true,
       0},
      {"breaker-open, half-open without permit, forced-open and draining stay out",
       {out({breaker_open}), out({probes_used}), out({forced_open}), out({draining}), out({gone}),
        out({maintenance}), out({ejected})},
       {6},
       true,
       0},
      {"two reasons, one of them not ignored",
       {out({ejected, breaker_open}), out({ejected})},
       {1},
       true,
       0},
      {"leavers are not missing capacity",
       {kGood, out({draining}), out({draining}), out({gone})},
       {0},
       false,
       0},
      {"full limits are no panic", {kGood, out({limit_full}), out({limit_full})}, {0}, false, 0},
      {"all full", {out({limit_full}), out({limit_full})}, {}, false, 0},
      {"the only endpoint failed its check", {out({check_failed})}, {0}, true, 0},
      {"all breakers open", {out({breaker_open}), out({breaker_open})}, {}, true, 0},
      {"backups idle while a primary is eligible", {kGood, backup(), backup()}, {0}, false, 0},
      {"no primary: backups", {out({ejected}), backup(), backup()}, {1, 2}, false, 1},
      {"full primaries spill over", {out({limit_full}), backup()}, {1}, false, 1},
      {"nobody anywhere: panic among primaries",
       {out({ejected}), backup({check_failed})},
       {0},
       true,
       0},
      {"primaries' breakers open: panic among backups",
       {out({breaker_open}), backup({check_failed})},
       {1},
       true,
       1},
      {"backups only", {out({}, 7), out({}, 9)}, {0}, false, 7},
  };
  for (const Row& row : rows) {
    const Eligibility got = decide_eligibility(row.endpoints, {});
    EXPECT_EQ(got.in, row.in) << row.what;
    EXPECT_EQ(got.is_panic, row.is_panic) << row.what;
    EXPECT_EQ(got.group, row.group) << row.what;
    EXPECT_EQ(got.weights.size(), got.in.size()) << row.what;
  }
}

TEST(Eligibility, PanicCanBeOff) {
  const std::vector<Standing> endpoints = {kGood, out({ejected}), out({check_failed})};
  const Eligibility got = decide_eligibility(endpoints, {.panic_below = 0});
  EXPECT_EQ(got.in, Indices{0});
  EXPECT_FALSE(got.is_panic);
  EXPECT_NEAR(got.share, 1.0 / 3, 1e-9);
  EXPECT_TRUE(decide_eligibility(std::vector{out({ejected})}, {.panic_below = 0}).in.empty());
}

TEST(Eligibility, WeightsCarrySlowStart) {
  const std::vector<Standing> endpoints = {
      {.weight = 2}, {.weight = 2, .ramp = 0.25}, {.weight = 0}, {.weight = -1}, {.weight = 1}};
  const Eligibility got = decide_eligibility(endpoints, {});
  EXPECT_EQ(got.in, (Indices{0, 1, 4}));
  EXPECT_EQ(got.weights, (std::vector<float>{2, 0.5, 1}));
}

}  // namespace eligibility_test
}  // namespace weir::balance
