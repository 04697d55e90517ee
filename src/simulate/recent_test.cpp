#include "simulate/recent.hpp"

#include <gtest/gtest.h>

namespace weir::simulate {
namespace recent_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Recent, CountsAndRanksAWindow) {
  Recent recent(1000);
  const base::Time begin{seconds(100)};
  for (int i = 1; i <= 100; ++i) {
    recent.add(begin + milliseconds(i), milliseconds(i), Ending::answered);
  }
  recent.add(begin, milliseconds(1), Ending::error);
  recent.add(begin + milliseconds(50), milliseconds(1), Ending::broken);
  const RecentWindow all = recent.after(begin - seconds(1));
  EXPECT_EQ(all.attempts, 102u);
  EXPECT_EQ(all.failures(), 2u);
  EXPECT_EQ(all.p50, milliseconds(50));
  EXPECT_EQ(all.p95, milliseconds(95));
  const RecentWindow half = recent.after(begin + milliseconds(50));
  EXPECT_EQ(half.attempts, 50u);
  EXPECT_EQ(half.p50, milliseconds(75));
  EXPECT_EQ(recent.after(begin + seconds(1)).p95, base::Duration{});
}

TEST(Recent, KeepsTheNewest) {
  Recent recent(10);
  for (int i = 1; i <= 25; ++i) {
    recent.add(base::Time(seconds(i)), seconds(i), Ending::answered);
  }
  const RecentWindow window = recent.after(base::Time{});
  EXPECT_EQ(window.attempts, 10u);
  EXPECT_EQ(window.p50, seconds(20));
}

}  // namespace recent_test
}  // namespace weir::simulate
