#include "term/line.hpp"

#include <gtest/gtest.h>

namespace weir::term::line_test {

TEST(Line, StylesAreOnlyWrittenWhenAskedForAndAlwaysEnded) {
  Line line("a", Style::bad);
  line.add("b").add("", Style::bold).add("c", Style::reverse);
  EXPECT_EQ(to_text(line, false), "abc");
  EXPECT_EQ(to_text(line, true), "\x1b[31ma\x1b[0mb\x1b[7mc\x1b[0m");
  EXPECT_EQ(to_text(std::vector<Line>{Line("x"), Line()}, true), "x\n\n");
}

TEST(Line, ACutGoesThroughThePieces) {
  Line line("abc", Style::bad);
  line.add("def");
  EXPECT_EQ(to_text(cut(line, 6), false), "abcdef");
  EXPECT_EQ(to_text(cut(line, 5), false), "abcd…");
  EXPECT_EQ(to_text(cut(line, 3), false), "ab…");
  EXPECT_EQ(to_text(cut(line, 0), false), "");
  for (std::size_t width = 0; width < 8; ++width) EXPECT_LE(columns_of(cut(line, width)), width);
}

}  // namespace weir::term::line_test
