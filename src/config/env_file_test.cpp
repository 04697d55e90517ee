#include "config/env_file.hpp"

#include <gtest/gtest.h>

#include "config/load.hpp"

namespace weir::config {
namespace env_file_test {

TEST(EnvFile, ReadsWhatDockerReads) {
  const EnvFile file = parse_env_file(
      "\xef\xbb\xbf# a comment\n"
      "\n"
      "   \t\n"
      "PORT=8080\n"
      "  INDENTED=1\r\n"
      "EMPTY=\n"
      "EQUALS=a=b=c\n"
      "SPACES= a # no comment \n"
      "DOLLAR=$PORT ${PORT}\n"
      "TWICE=1\nTWICE=2\n"
      "app.name-x=odd\n"
      "FROM_OUTSIDE\n"
      "LAST=é",
      "x.env");
  EXPECT_EQ(to_text(file.problems) + to_text(file.warnings), "");
  const Environment expected = {{"PORT", "8080"},
                                {"INDENTED", "1"},
                                {"EMPTY", ""},
                                {"EQUALS", "a=b=c"},
                                {"SPACES", " a # no comment "},
                                {"DOLLAR", "$PORT ${PORT}"},
                                {"TWICE", "2"},
                                {"app.name-x", "odd"},
                                {"LAST", "é"}};
  EXPECT_EQ(file.variables, expected);
}

TEST(EnvFile, MistakesHaveAPlaceAndRepeatNoValue) {
  const std::pair<const char*, const char*> rows[] = {
      {"A=1\n=hunter2", "x.env:2:1: a variable has no name: a line is NAME=VALUE\n"},
      {"A = hunter2",
       "x.env:1:2: a variable's name has no blanks; write NAME=VALUE without any "
       "around '='\n"},
      {"export A=hunter2",
       "x.env:1:7: a variable's name has no blanks; write NAME=VALUE without "
       "any around '='\n"},
      {"\n  A hunter2", "x.env:2:4: a line is NAME=VALUE\n"},
      {"A:hunter2", "x.env:1:1: a line is NAME=VALUE\n"},
      {"A=hunter2\x01", "x.env:1:10: control byte 0x01\n"},
      {"A=\xff", "x.env:1:3: byte 0xff: the file is not UTF-8\n"},
      {"é=\n=", "x.env:2:1: a variable has no name: a line is NAME=VALUE\n"},
  };
  for (const auto& [text, problems] : rows) {
    EXPECT_EQ(to_text(parse_env_file(text, "x.env").problems), problems) << text;
  }
  EXPECT_EQ(parse_env_file("A=1\nB 2\nC=3", "x.env").variables,
            (Environment{{"A", "1"}, {"C", "3"}}));
}

TEST(EnvFile, WarnsOfQuotesWhichDockerKeeps) {
  const EnvFile file = parse_env_file("A=\"1\"\nB='x y'\nC=\"\nD=it's\n", "x.env");
  EXPECT_EQ(to_text(file.warnings),
            "x.env:1:3: A: the quotes are part of the value\n"
            "x.env:2:3: B: the quotes are part of the value\n");
  EXPECT_EQ(file.variables.at("A"), "\"1\"");
}

TEST(EnvFile, ThatIsNotThereIsAProblem) {
  const EnvFile file = load_env_file("/tmp/weir-no-such-folder/x.env");
  EXPECT_EQ(to_text(file.problems),
            "/tmp/weir-no-such-folder/x.env:1:1: cannot read: No such file or directory\n");
}

}  // namespace env_file_test
}  // namespace weir::config
