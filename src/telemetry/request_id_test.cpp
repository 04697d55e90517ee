#include "telemetry/request_id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

namespace weir::telemetry {
namespace {

TEST(RequestIds, AreVersion7Uuids) {
  RequestIds ids(1);
  // x: any digit, v: 8, 9, a or b; the rest stands for itself.
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 1000; ++i) {
    RequestId id;
    ids.next(1'763'681'112'345 + i, id);
    for (std::size_t k = 0; k < kForm.size(); ++k) {
      const std::string_view allowed = kForm[k] == 'x'   ? kDigits
                                       : kForm[k] == 'v' ? kDigits.substr(8, 4)
                                                         : kForm.substr(k, 1);
      ASSERT_NE(allowed.find(id[k]), std::string_view::npos) << view(id) << " at " << k;
    }
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
