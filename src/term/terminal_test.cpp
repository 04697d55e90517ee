#include "term/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace weir::term::terminal_test {

// Both ends of a terminal that nobody sits at.
struct Pair {
  int far = -1;
  int near = -1;

  Pair() {
    far = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (far < 0 || ::grantpt(far) != 0 || ::unlockpt(far) != 0) return;
    near = ::open(::ptsname(far), O_RDWR | O_NOCTTY);
  }
  ~Pair() {
    if (near >= 0) ::close(near);
    if (far >= 0) ::close(far);
  }
  void resize(unsigned short columns, unsigned short rows) const {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::ioctl(far, TIOCSWINSZ, &size), 0);
  }
  std::string shown() const {
    char bytes[4096];
    const ssize_t count = ::read(far, bytes, sizeof bytes);
    return {bytes, count > 0 ? static_cast<std::size_t>(count) : 0};
  }
  tcflag_t local_flags() const {
    termios now{};
    EXPECT_EQ(::tcgetattr(near, &now), 0);
    return now.c_lflag;
  }
};

#define NEEDS_A_TERMINAL(pair) \
  if ((pair).near < 0) GTEST_SKIP() << "skipped: needs /dev/ptmx"

TEST(Terminal, ItsSizeIsTheTerminalsElseTheEnvironmentsElse80By24) {
  Pair pair;
  NEEDS_A_TERMINAL(pair);
  ::setenv("COLUMNS", "90", 1);
  ::unsetenv("LINES");
  pair.resize(133, 44);
  EXPECT_EQ(size_of(pair.near), (Size{133, 44}));
  EXPECT_EQ(output_of(pair.near).columns, 133u);
  const int file = ::open("/dev/null", O_RDWR);
  EXPECT_EQ(size_of(file), (Size{90, 24}));
  EXPECT_EQ(output_of(file).columns, 90u);
  for (const char* wrong : {"", "wide", "-3", "99999999"}) {
    ::setenv("COLUMNS", wrong, 1);
    EXPECT_EQ(size_of(file), (Size{80, 24})) << wrong;
    EXPECT_GE(output_of(file).columns, 1000u) << wrong;  // a program reads it: nothing is cut
  }
  ::unsetenv("COLUMNS");
  ::close(file);
}

TEST(Terminal, ColourIsForTerminalsWithoutNoColor) {
  Pair pair;
  NEEDS_A_TERMINAL(pair);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(output_of(pair.near).styled);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(output_of(pair.near).styled);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(output_of(pair.near).styled);
  const int file = ::open("/dev/null", O_RDWR);
  EXPECT_FALSE(output_of(file).styled);
  ::close(file);
}

TEST(Terminal, TheLiveViewTakesItAndGivesItBack) {
  Pair pair;
  NEEDS_A_TERMINAL(pair);
  const tcflag_t before = pair.local_flags();
  {
    auto live = LiveTerminal::open(pair.near, pair.near);
    ASSERT_TRUE(live) << live.error().detail();
    EXPECT_EQ(pair.local_flags() & (ICANON | ECHO), 0u);
    EXPECT_NE(pair.local_flags() & ISIG, 0u);  // Ctrl-C stays a signal
    EXPECT_NE(pair.shown().find("\x1b[?1049h"), std::string::npos);
    ASSERT_EQ(::write(pair.far, "q", 1), 1);
    EXPECT_EQ((*live)->wait(std::chrono::seconds(5)).bytes, "q");
    EXPECT_EQ((*live)->wait(base::Duration{}).bytes, "");
  }
  EXPECT_EQ(pair.local_flags(), before);
  EXPECT_NE(pair.shown().find("\x1b[?1049l"), std::string::npos);
}

TEST(Terminal, SignalsAreToldAndDoNotEndTheProcess) {
  Pair pair;
  NEEDS_A_TERMINAL(pair);
  auto live = LiveTerminal::open(pair.near, pair.near);
  ASSERT_TRUE(live);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    ::raise(number);
    EXPECT_EQ((*live)->wait(std::chrono::seconds(5)).signal, number);
  }
  ::raise(SIGWINCH);
  const auto event = (*live)->wait(std::chrono::seconds(5));
  EXPECT_TRUE(event.is_redraw);
  EXPECT_EQ(event.signal, 0);
}

TEST(Terminal, ALostTerminalEndsTheView) {
  Pair pair;
  NEEDS_A_TERMINAL(pair);
  auto live = LiveTerminal::open(pair.near, pair.near);
  ASSERT_TRUE(live);
  ::close(pair.far);
  pair.far = -1;
  EXPECT_TRUE((*live)->wait(std::chrono::seconds(5)).is_over);
}

TEST(Terminal, WithoutATerminalThereIsNoLiveView) {
  const int file = ::open("/dev/null", O_RDWR);
  EXPECT_FALSE(LiveTerminal::open(file, file));
  ::close(file);
}

TEST(TerminalDeathTest, ACrashPutsTheTerminalBack) {
  Pair pair;
  NEEDS_A_TERMINAL(pair);
  const tcflag_t before = pair.local_flags();
  EXPECT_DEATH(
      {
        auto live = LiveTerminal::open(pair.near, pair.near);
        if (live) std::abort();
      },
      "");
  EXPECT_EQ(pair.local_flags(), before);
}

}  // namespace weir::term::terminal_test
