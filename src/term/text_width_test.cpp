#include "term/text_width.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace weir::term::text_width_test {

TEST(TextWidth, ControlCharactersNeverReachTheTerminal) {
  EXPECT_EQ(clean("a\x1b[31mb"), "a[31mb");
  EXPECT_EQ(clean("two\nlines\tand\rmore"), "two lines andmore");
  EXPECT_EQ(clean("c1:\xc2\x9b"
                  "2J del:\x7f"),
            "c1:2J del:");
  EXPECT_EQ(clean("é…"), "é…");
  EXPECT_TRUE(base::is_utf8(clean("broken \xff\xc3")));
}

TEST(TextWidth, CodePointsAreColumnsAndCombiningMarksAreNot) {
  EXPECT_EQ(columns_of(""), 0u);
  EXPECT_EQ(columns_of("zürich"), 6u);
  EXPECT_EQ(columns_of("zu\xcc\x88rich"), 6u);
  EXPECT_EQ(columns_of("▁▂█"), 3u);
}

TEST(TextWidth, ACutNeverSplitsACodePointAndIsNeverTooWide) {
  const std::string text = "zu\xcc\x88rich-gäste-東京-1";
  for (const Cut where : {Cut::end, Cut::middle}) {
    for (std::size_t width = 0; width < 25; ++width) {
      const std::string out = cut(text, width, where);
      EXPECT_LE(columns_of(out), width);
      EXPECT_TRUE(base::is_utf8(out)) << width;
      if (width >= columns_of(text)) {
        EXPECT_EQ(out, text);
      }
    }
  }
  EXPECT_EQ(cut("payment-service-2", 12), "payment-ser…");
  EXPECT_EQ(cut("payment-service-2", 12, Cut::middle), "paymen…ice-2");
  EXPECT_EQ(cut("abc", 1), "…");
}

TEST(TextWidth, FitGivesExactlyTheWidth) {
  EXPECT_EQ(fit("ab", 4, Align::left), "ab  ");
  EXPECT_EQ(fit("ab", 4, Align::right), "  ab");
  EXPECT_EQ(fit("abcdef", 4, Align::right), "abc…");
  EXPECT_EQ(fit("é", 2, Align::left), "é ");
}

}  // namespace weir::term::text_width_test
