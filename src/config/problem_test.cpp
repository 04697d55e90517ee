#include "config/problem.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir::config {
namespace {

TEST(Problem, IsOneLineOfPrintableText) {
  Problems problems("weir.yaml");
  problems.error({3, 7}, "a\x1b[2Jb\n", "c\r");
  EXPECT_EQ(to_text(problems.take_errors().at(0)),
            "weir.yaml:3:7: a\\x1b[2Jb\\x0a (did you mean c\\x0d?)");
  EXPECT_FALSE(problems.has_errors());
}

TEST(Problem, IsShortHoweverLongTheValue) {
  Problems problems("f");
  problems.error({1, 1}, std::string(1'000'000, 'x'), std::string(1'000'000, 'y'));
  problems.error({1, 2}, std::string(kMessageMax - 1, 'x') + "\xc3\xa9", "y");
  const auto list = problems.take_errors();
  EXPECT_EQ(list[0].message.size(), kMessageMax + 3);
  EXPECT_EQ(list[1].message, std::string(kMessageMax - 1, 'x') + "... (did you mean y?)");
}

TEST(Problem, TheSameIsSaidOnceAndWarningsStayApart) {
  Problems problems("f");
  problems.error({2, 1}, "b");
  problems.warning({1, 1}, "w");
  problems.error({1, 1}, "a");
  problems.error({2, 1}, "b");
  EXPECT_EQ(problems.take_errors().size(), 2u);
  EXPECT_EQ(problems.take_warnings().size(), 1u);
}

TEST(Problem, OfThousandsTheFirstOfTheFileStay) {
  Problems problems("f");
  for (int line = 5000; line > 0; --line) problems.error({line, 1}, "x");
  const auto list = problems.take_errors();
  ASSERT_EQ(list.size(), kProblemsMax);
  EXPECT_EQ(list.front().line, 1);
  EXPECT_EQ(list.back().line, 50);
  EXPECT_TRUE(problems.crowded());
}

TEST(Suggest, FindsWhatIsNearOrBegun) {
  constexpr std::array<std::string_view, 4> kWords = {"round_robin", "random_two", "warn", "info"};
  const std::pair<std::string_view, const char*> rows[] = {
      {"roundrobin", "round_robin"},
      {"warning", "warn"},
      {"inf", "info"},
      {"rand", "random_two"},
      {"INFO", "info"},
      {"r", ""},
      {"xyz", ""},
      {"", ""},
  };
  for (const auto& [word, meant] : rows) EXPECT_EQ(suggest(word, kWords), meant) << word;
  EXPECT_EQ(suggest(std::string(100'000, 'r'), kWords), "");
  EXPECT_EQ(suggest("routes-a", std::array<std::string_view, 2>{"routes-a-long-name", "routes"}),
            "routes");
}

TEST(ListWords, ShowsTwelve) {
  const std::vector<std::string_view> many(13, "a");
  EXPECT_EQ(list_words(std::span(many).first(2)), "a, a");
  EXPECT_EQ(list_words(many), "a, a, a, a, a, a, a, a, a, a, a, a, ...");
}

}  // namespace
}  // namespace weir::config
