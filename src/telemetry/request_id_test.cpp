#include "telemetry/request_id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <regex>
#include <set>
#include <string>

namespace weir::telemetry {
namespace {

TEST(RequestIds, AreVersion7Uuids) {
  RequestIds ids(1);
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 1000; ++i) {
    RequestId id;
    ids.next(1'763'681'112'345 + i, id);
    EXPECT_TRUE(std::regex_match(std::string(view(id)), form)) << view(id);
  }
}

TEST(RequestIds, BeginWithTheTime) {
  RequestIds ids(1);
  RequestId id;
  ids.next(0x0123'4567'89ab, id);
  EXPECT_TRUE(view(id).starts_with("01234567-89ab-7")) << view(id);
}

TEST(RequestIds, DifferWithinAMillisecondAndBetweenLanes) {
  RequestIds lane0(1);
  RequestIds lane1(2);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    RequestId id;
    lane0.next(7, id);
    EXPECT_TRUE(seen.emplace(view(id)).second);
    lane1.next(7, id);
    EXPECT_TRUE(seen.emplace(view(id)).second);
  }
}

TEST(RequestIds, SortByTime) {
  RequestIds ids(3);
  std::string last;
  for (std::int64_t ms = 1; ms < 1'000'000'000'000; ms *= 3) {
    RequestId id;
    ids.next(ms, id);
    EXPECT_LT(last, view(id));
    last = view(id);
  }
}

TEST(RequestIds, KernelSeedsDiffer) { EXPECT_NE(seed_from_kernel(), seed_from_kernel()); }

TEST(WriteHex, EqualsPrintf) {
  base::Rng rng(5);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = i == 0 ? 0 : i == 1 ? ~0ull : rng.next();
    char got[16];
    write_hex(value, got);
    char wanted[17];
    std::snprintf(wanted, sizeof wanted, "%016llx", static_cast<unsigned long long>(value));
    ASSERT_EQ(std::string_view(got, 16), std::string_view(wanted, 16));
  }
}

}  // namespace
}  // namespace weir::telemetry
