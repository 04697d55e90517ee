#include "term/screen.hpp"

#include <gtest/gtest.h>

namespace weir::term::screen_test {

const Size kSmall{20, 3};

TEST(Screen, OnlyLinesThatDifferAreWritten) {
  Screen screen(false);
  const std::string first = screen.draw({Line("one"), Line("two")}, kSmall);
  EXPECT_EQ(first, "\x1b[0m\x1b[2J\x1b[1;1H\x1b[2Kone\x1b[2;1H\x1b[2Ktwo");
  EXPECT_EQ(screen.draw({Line("one"), Line("two")}, kSmall), "");
  EXPECT_EQ(screen.draw({Line("one"), Line("2"), Line("3")}, kSmall),
            "\x1b[2;1H\x1b[2K2\x1b[3;1H\x1b[2K3");
  EXPECT_EQ(screen.draw({Line("one")}, kSmall), "\x1b[2;1H\x1b[2K\x1b[3;1H\x1b[2K");
}

TEST(Screen, AnotherSizeOrAForgottenScreenIsDrawnAnew) {
  Screen screen(true);
  screen.draw({Line("one", Style::bold)}, kSmall);
  const std::string wide = screen.draw({Line("one", Style::bold)}, {21, 3});
  EXPECT_EQ(wide, "\x1b[0m\x1b[2J\x1b[1;1H\x1b[2K\x1b[1mone\x1b[0m");
  screen.forget();
  EXPECT_EQ(screen.draw({Line("one", Style::bold)}, {21, 3}), wide);
}

TEST(Screen, NothingIsWrittenBelowOrBesideIt) {
  Screen screen(false);
  const std::vector<Line> lines(9, Line("more than twenty columns of it"));
  const std::string out = screen.draw(lines, kSmall);
  EXPECT_EQ(out.find("\x1b[4;1H"), std::string::npos);
  EXPECT_NE(out.find("more than twenty co…"), std::string::npos);
  EXPECT_EQ(Screen(false).draw(lines, {0, 0}), "\x1b[0m\x1b[2J");
}

}  // namespace weir::term::screen_test
