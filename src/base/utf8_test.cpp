#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace weir::base::utf8_test {

using std::string_view_literals::operator""sv;

TEST(Utf8, TakesWhatTheStandardTakesAndRepairsTheRest) {
  struct Row {
    std::string_view text;
    bool valid;
    std::string_view repaired;
  };
  const Row rows[] = {
      {"", true, ""},
      {"plain", true, "plain"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8a", true, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8a"},
      {"a\0b"sv, true,
       "a\xef\xbf\xbd"
       "b"},
      {"\xff", false, "\xef\xbf\xbd"},
      {"cut\xe2\x82", false, "cut\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xc0\xaf", false, "\xef\xbf\xbd\xef\xbf\xbd"},                  // overlong
      {"\xed\xa0\x80", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // surrogate
      {"\xf4\x90\x80\x80x", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(is_utf8(row.text), row.valid) << row.repaired;
    EXPECT_EQ(printable_utf8(row.text), row.repaired);
    EXPECT_TRUE(is_utf8(printable_utf8(row.text)));
  }
}

}  // namespace weir::base::utf8_test
