#include "term/figures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "term/text_width.hpp"

namespace weir::term::figures_test {

TEST(Figures, NumbersKeepTheirColumn) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(0.01), "0.1");  // it is not nothing
  EXPECT_EQ(rate_text(25.04), "25.0");
  EXPECT_EQ(rate_text(1525.3), "1525");
  EXPECT_EQ(rate_text(12'345), "12.3k");
  EXPECT_EQ(rate_text(999'999), "1.0M");
  EXPECT_EQ(rate_text(-3), "0");
  EXPECT_EQ(rate_text(std::nan("")), "0");
  EXPECT_EQ(count_text(99'999), "99999");
  EXPECT_EQ(count_text(123'456), "123k");
  EXPECT_EQ(ms_text(0), "-");
  EXPECT_EQ(ms_text(0.001), "0.01");
  EXPECT_EQ(ms_text(9.994), "9.99");
  EXPECT_EQ(ms_text(9.996), "10.0");
  EXPECT_EQ(ms_text(431.2), "431");
  EXPECT_EQ(ms_text(12'345), "12.3s");
  EXPECT_EQ(percent_text(0), "0");
  EXPECT_EQ(percent_text(0.00001), "0.1");
  EXPECT_EQ(percent_text(0.043), "4.3");
  EXPECT_EQ(percent_text(1), "100");
  for (double number = 0.001; number < 1e10; number *= 1.37) {
    EXPECT_LE(rate_text(number).size(), 6u) << number;
    if (number < 1e7) {
      EXPECT_LE(ms_text(number).size(), 6u) << number;
    }
  }
}

TEST(Figures, SizesAndAges) {
  EXPECT_EQ(memory_text(512), "512 B");
  EXPECT_EQ(memory_text(47185920), "45 MiB");
  EXPECT_EQ(memory_text(1.25 * (1u << 30)), "1.2 GiB");
  EXPECT_EQ(age_text(12.9), "12 s");
  EXPECT_EQ(age_text(185), "3 min 5 s");
  EXPECT_EQ(age_text(3788), "1 h 3 min");
  EXPECT_EQ(age_text(100 * 3600), "4 d 4 h");
}

TEST(Figures, ABarIsExactlyAsWideAsAsked) {
  EXPECT_EQ(bar(0, 4), "    ");
  EXPECT_EQ(bar(0.5, 4), "██  ");
  EXPECT_EQ(bar(1.7, 4), "████");
  EXPECT_EQ(bar(0.03, 4), "▏   ");
  for (double share = 0; share < 1.2; share += 0.01) EXPECT_EQ(columns_of(bar(share, 7)), 7u);
}

TEST(Figures, ASparklineHasTheNewestAtItsRightAndBlanksWhereNothingWas) {
  const std::array<double, 4> values = {0, 1, 2, 4};
  EXPECT_EQ(sparkline(values, 4, 4), "▁▃▅█");
  EXPECT_EQ(sparkline(values, 8, 8), "    ▁▃▅█");
  EXPECT_EQ(sparkline(values, 4, 6), "  ▁▃▅█");  // one column a value at most
  EXPECT_EQ(sparkline(values, 4, 2), "▂█");      // means of two
  EXPECT_EQ(sparkline({}, 60, 3), "   ");
  EXPECT_EQ(sparkline(values, 2, 2), "▅█");  // the last two
  const std::array<double, 2> nothing = {0, 0};
  EXPECT_EQ(sparkline(nothing, 2, 2), "▁▁");
  for (std::size_t width = 0; width < 80; ++width) {
    const std::vector<double> some(37, 2.5);
    EXPECT_EQ(columns_of(sparkline(some, 60, width)), width);
  }
}

}  // namespace weir::term::figures_test
