#include "lab/data_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/json.hpp"

namespace weir::lab {
namespace {

std::string whole(std::size_t size) {
  std::string out(size, 'x');
  DataText(size).read(0, out);
  return out;
}

TEST(DataText, IsAJsonArrayOfAnyLengthFromTwo) {
  for (std::size_t size = 2; size < 600; ++size) {
    const std::string text = whole(size);
    const auto parsed = base::parse_json(text);
    ASSERT_TRUE(parsed) << size << ": " << text;
    ASSERT_TRUE(parsed->is_array()) << size;
  }
}

TEST(DataText, HoldsAsManyRowsAsFit) {
  EXPECT_EQ(base::parse_json(whole(1024))->get_array().size(), 22u);
  EXPECT_EQ(base::parse_json(whole(49))->get_array().size(), 0u);
  EXPECT_EQ(base::parse_json(whole(50))->get_array().size(), 1u);
  EXPECT_EQ(base::parse_json(whole(95))->get_array().size(), 1u);
  EXPECT_EQ(base::parse_json(whole(96))->get_array().size(), 2u);
}

TEST(DataText, TinyLengthsAreTheBeginning) {
  EXPECT_EQ(whole(0), "");
  EXPECT_EQ(whole(1), "[");
  EXPECT_EQ(whole(2), "[]");
}

TEST(DataText, PiecesMakeTheWhole) {
  const std::string expected = whole(1000);
  const DataText text(1000);
  for (const std::size_t step : {1u, 7u, 46u, 512u}) {
    std::string out(1000, 'x');
    for (std::size_t at = 0; at < out.size(); at += step) {
      text.read(at, std::span(out).subspan(at, std::min(step, out.size() - at)));
    }
    EXPECT_EQ(out, expected) << "in pieces of " << step;
  }
}

}  // namespace
}  // namespace weir::lab
