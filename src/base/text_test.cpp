#include "base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir::base {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsUnitsAndFractions) {
  EXPECT_EQ(parse_duration("250us").value(), 250us);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("5m").value(), 300s);
  EXPECT_EQ(parse_duration("0").value(), 0s);
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const char* text : {"", "10", "s", "-1s", "1 s", "1sec", "1.s", "99999999999999999999s",
                           "10000000000d", "1e3s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, FormatIsReadBack) {
  for (const auto value : {Duration(1), Duration(1500ms), Duration(90s), Duration(2h)}) {
    EXPECT_EQ(parse_duration(format_duration(value)).value(), value);
  }
}

TEST(Bytes, ReadsUnits) {
  EXPECT_EQ(parse_bytes("64KiB").value(), 65536u);
  EXPECT_EQ(parse_bytes("1MB").value(), 1'000'000u);
  EXPECT_EQ(format_bytes(65536), "64KiB");
  EXPECT_FALSE(parse_bytes("64K"));
  EXPECT_FALSE(parse_bytes("9999999999GiB"));
}

TEST(Uint, IsStrict) {
  EXPECT_EQ(parse_uint("0005"), 5u);
  EXPECT_EQ(parse_uint("18446744073709551615"), 18446744073709551615ull);
  for (const char* text : {"", "+5", "-5", "0x5", "0_5", "18446744073709551616", " 5", "5 "}) {
    EXPECT_FALSE(parse_uint(text)) << text;
  }
}

TEST(Nearest, FindsWhatWasMeantAndNothingElse) {
  constexpr std::array<std::string_view, 3> kWords = {"listeners", "services", "routes"};
  EXPECT_EQ(nearest("listners", kWords), "listeners");
  EXPECT_EQ(nearest("servcies", kWords), "services");
  EXPECT_EQ(nearest("database", kWords), "");
}

}  // namespace
}  // namespace weir::base
