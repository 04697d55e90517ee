#include "simulate/words.hpp"

#include <gtest/gtest.h>

#include "simulate/worlds.hpp"

namespace weir::simulate {
namespace words_test {

using balance::Algorithm;

TEST(Words, WorldsByLetterNameListAndAll) {
  EXPECT_EQ(parse_worlds("b"), (std::vector<char>{'b'}));
  EXPECT_EQ(parse_worlds("slow_one"), (std::vector<char>{'b'}));
  EXPECT_EQ(parse_worlds("h,a,h,equal"), (std::vector<char>{'h', 'a'}));
  EXPECT_EQ(parse_worlds("all")->size(), world_names().size());
}

TEST(Words, AnUnknownWorldIsSuggested) {
  EXPECT_EQ(
      parse_worlds("slow_on").error(),
      "there is no world 'slow_on' (did you mean slow_one?); weir simulate --list shows them");
  EXPECT_EQ(parse_worlds("z").error(), "there is no world 'z'; weir simulate --list shows them");
  EXPECT_FALSE(parse_worlds("").has_value());
  EXPECT_FALSE(parse_worlds("a,").has_value());
}

TEST(Words, Algorithms) {
  EXPECT_EQ(parse_algorithms("adaptive,round_robin,adaptive"),
            (std::vector{Algorithm::adaptive, Algorithm::round_robin}));
  EXPECT_EQ(parse_algorithms("all")->size(), balance::kAlgorithmNames.size());
  EXPECT_NE(parse_algorithms("random_too").error().find("did you mean random_two?"),
            std::string::npos);
}

TEST(Words, Arms) {
  EXPECT_TRUE(parse_arms("random_two,round_robin").has_value());
  EXPECT_FALSE(parse_arms("random_two").has_value());
  EXPECT_FALSE(parse_arms("random_two,random_two").has_value());
  EXPECT_FALSE(parse_arms("random_two,adaptive").has_value());
  EXPECT_FALSE(parse_arms("all").has_value());
}

}  // namespace words_test
}  // namespace weir::simulate
