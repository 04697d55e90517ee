#include <gtest/gtest.h>

#include <array>

#include "base/clock.hpp"
#include "base/deadline.hpp"
#include "base/json.hpp"
#include "base/ring.hpp"
#include "base/rng.hpp"

namespace weir::base {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, HandingDownOnlyShortens) {
  const Time now{};
  const Deadline outer = Deadline::after(now, 10s);
  EXPECT_EQ(outer.shortened(Deadline::after(now, 20s)), outer);
  EXPECT_EQ(outer.shortened(Deadline::after(now, 5s)).at(), now + 5s);
  EXPECT_EQ(outer.shortened(Deadline()), outer);
}

TEST(Deadline, ExpiresAtItsInstantAndNotBefore) {
  const Time now{};
  const Deadline deadline = Deadline::after(now, 1s);
  EXPECT_FALSE(deadline.expired(now + 1s - 1ns));
  EXPECT_TRUE(deadline.expired(now + 1s));
  EXPECT_EQ(deadline.left(now + 2s), 0s);
}

TEST(Deadline, HugeTimeoutMeansNever) {
  EXPECT_TRUE(Deadline::after(Time(1s), Duration::max()).never());
}

TEST(Rng, SameSeedSameNumbersAndBelowIsUniform) {
  Rng a(7);
  Rng b(7);
  std::array<int, 5> seen{};
  for (int i = 0; i < 50'000; ++i) {
    const auto value = a.below(5);
    EXPECT_EQ(value, b.below(5));
    ++seen[value];
  }
  double chi = 0;
  for (const int count : seen) chi += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi, 18.5);  // 4 degrees of freedom, p = 0.001
}

TEST(Ring, ForgetsTheOldest) {
  Ring<int> ring(3);
  for (int i = 0; i < 5; ++i) ring.push(i);
  EXPECT_EQ(ring.size(), 3u);
  EXPECT_EQ(ring[0], 2);
  EXPECT_EQ(ring.back(), 4);
}

TEST(Json, RefusesExtraTextAndDepth) {
  EXPECT_TRUE(parse_json(R"({"a":[1,2]})"));
  EXPECT_TRUE(parse_json("{} \n"));
  EXPECT_FALSE(parse_json("{} x"));
  EXPECT_FALSE(parse_json("{"));
  EXPECT_FALSE(parse_json(""));
  EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']')));
}

TEST(Json, EscapingAlwaysGivesValidJson) {
  std::string out = "\"";
  append_json_escaped(out, "a\"b\\c\n\x01\x7f\xff\xc0\xaf\xed\xa0\x80 \xc3\xa9");
  out += '"';
  const auto parsed = parse_json(out);
  ASSERT_TRUE(parsed) << out;
  EXPECT_TRUE(out.ends_with("\xc3\xa9\""));
}

TEST(Json, NumbersAreWrittenPlainly) {
  const auto value = parse_json(R"({"a":4.31,"b":[0.5,1000000.0,-3],"c":"x\"y"})").value();
  EXPECT_EQ(to_text(value), R"({"a":4.31,"b":[0.5,1000000,-3],"c":"x\"y"})");
  EXPECT_EQ(pretty_json(parse_json(R"({"a":[]})").value()), "{\n  \"a\": []\n}\n");
}

TEST(Clock, Rfc3339) { EXPECT_STREQ(rfc3339(1'763'681'112'345).text, "2025-11-20T23:25:12.345Z"); }

TEST(Clock, Rfc3339IsReadAsItIsWrittenAndNothingElse) {
  EXPECT_EQ(parse_rfc3339("2025-11-20T23:25:12.345Z"), 1'763'681'112'345);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00.5Z"), 1'709'164'800'500);
  for (const char* wrong : {"", "Z", "2025-11-20", "2025-11-20T23:25:12", "2025-11-20 23:25:12Z",
                            "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-01T24:00:00Z",
                            "2025-01-01T00:00:00+01:00", "2025-01-01T00:00:00.Z",
                            "20251-1-1T0:0:0Z",
                            "2025-01-01T00:00:00.1234567890Z", "2025-01-01T00:00:6zZ"}) {
    EXPECT_EQ(parse_rfc3339(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace weir::base
