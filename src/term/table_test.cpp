#include "term/table.hpp"

#include <gtest/gtest.h>

namespace weir::term::table_test {

Table sample() {
  Table table;
  table.columns = {{.title = "name", .min = 6, .cut = Cut::middle},
                   {.title = "rate", .align = Align::right},
                   {.title = "words", .rank = 1, .min = 4},
                   {.title = "spare", .align = Align::right, .rank = 2}};
  table.rows = {{{{"web-server-1"}, {"12.5"}, {"a few words"}, {"7"}}, false},
                {{{"x"}, {"100.0"}}, false},
                {{{"   - a note over all of it"}}, true}};
  return table;
}

std::string text(std::size_t width) { return to_text(lines_of(sample(), width), false); }

TEST(Table, WithRoomEveryColumnIsAsWideAsItsWidestCell) {
  EXPECT_EQ(text(80),
            "name           rate  words        spare\n"
            "web-server-1   12.5  a few words      7\n"
            "x             100.0\n"
            "   - a note over all of it\n");
  EXPECT_EQ(natural_width(sample()), 39u);
}

TEST(Table, FirstTheGapsCloseThenColumnsShrinkThenTheLeastImportantGo) {
  EXPECT_EQ(text(36).substr(0, 36), "name          rate words       spare");
  EXPECT_EQ(text(30),
            "name          rate words spare\n"
            "web-server-1  12.5 a fe…     7\n"
            "x            100.0\n"
            "   - a note over all of it\n");
  EXPECT_EQ(text(22),
            "name         rate wor…\n"
            "web-s…ver-1  12.5 a f…\n"
            "x           100.0\n"
            "   - a note over all …\n"
            "not shown at this wid…\n");
  EXPECT_EQ(text(13).substr(0, 13), "name     rate");
}

TEST(Table, NoLineIsEverTooWide) {
  for (std::size_t width = 0; width < 60; ++width) {
    for (const Line& line : lines_of(sample(), width)) EXPECT_LE(columns_of(line), width);
  }
}

TEST(Table, WhatIsInACellCannotBreakTheTable) {
  Table table;
  table.columns = {{.title = "a", .max = 4}, {.title = "b"}};
  table.rows = {{{{"\x1b[2Jlong"}, {"x\ny"}}, false}, {{}, false}, {{}, true}};
  const Layout layout = lay_out(table, 20);
  ASSERT_EQ(layout.rows.size(), 3u);
  EXPECT_EQ(to_text(layout.rows[0], false), "[2J…  x y");
  EXPECT_EQ(to_text(layout.rows[1], false), "");
  EXPECT_TRUE(lay_out({}, 80).rows.empty());
}

}  // namespace weir::term::table_test
