#include "config/document.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "config/source.hpp"

namespace weir::config {
namespace {

std::string at(Place place) { return fmt::format("{}:{}", place.line, place.column); }

Node parse_clean(std::string_view text) {
  Problems problems("t.yaml");
  auto node = parse_document(text, problems);
  for (const Problem& problem : problems.take_errors()) ADD_FAILURE() << to_text(problem);
  return node ? *std::move(node) : Node{};
}

std::vector<Problem> problems_of(std::string_view text) {
  Problems problems("t.yaml");
  (void)parse_document(text, problems);
  return problems.take_errors();
}

TEST(Document, KeepsThePlaceOfEveryKeyAndValue) {
  const Node root = parse_clean(
      "\xef\xbb\xbf# comment\r\n"
      "admin:\r\n"
      "  bind: \"[::1]:80\"\r\n"
      "\r\n"
      "  hosts: [ a,  'b' ]\r\n"
      "empty:\r\n"
      "nothing: ~\r\n"
      "\xc3\xa9: { \xc3\xa9: 1 }\r\n");
  struct Row {
    std::initializer_list<Step> path;
    const char* key;
    const char* value;
  };
  const std::size_t second = 1;
  const Row rows[] = {
      {{"admin"}, "2:1", "3:3"},
      {{"admin", "bind"}, "3:3", "3:9"},
      {{"admin", "hosts"}, "5:3", "5:10"},
      {{"admin", "hosts", second}, "5:16", "5:16"},
      {{"empty"}, "6:1", "6:1"},
      {{"nothing"}, "7:1", "7:10"},
      {{"\xc3\xa9"}, "8:1", "8:4"},  // columns count characters
      {{"\xc3\xa9", "\xc3\xa9"}, "8:6", "8:9"},
  };
  for (const Row& row : rows) {
    EXPECT_TRUE(is_written(root, row.path));
    EXPECT_EQ(at(key_place_of(root, row.path)), row.key);
    EXPECT_EQ(at(place_of(root, row.path)), row.value);
  }
}

TEST(Document, APathThatTheFileDoesNotHaveEndsAtItsDeepestPart) {
  const Node root = parse_clean("a:\n  b: [1]\n");
  const std::size_t ninth = 9;
  EXPECT_FALSE(is_written(root, {"a", "b", ninth}));
  EXPECT_EQ(at(place_of(root, {"a", "b", ninth})), "2:6");
  EXPECT_EQ(at(key_place_of(root, {"a", "x", "y"})), "1:1");
  EXPECT_EQ(at(place_of(root, {"x"})), "1:1");
}

TEST(Document, RemembersQuotesAndOrder) {
  const Node root = parse_clean("b: 'true'\na: true\nc: |\n  two\n  lines\nd: \"\\u00e9\"\n");
  ASSERT_EQ(root.members.size(), 4u);
  EXPECT_EQ(root.members[0].key, "b");
  EXPECT_TRUE(root.members[0].value.quoted);
  EXPECT_FALSE(root.members[1].value.quoted);
  EXPECT_EQ(root.members[2].value.text, "two\nlines\n");
  EXPECT_EQ(root.members[3].value.text, "\xc3\xa9");
}

TEST(Document, ScalarsAreWhatTheCoreSchemaOfYaml12Says) {
  const std::pair<const char*, Core> rows[] = {
      {"true", Core::boolean}, {"False", Core::boolean}, {"yes", Core::text},
      {"no", Core::text},      {"on", Core::text},       {"off", Core::text},
      {"y", Core::text},       {"'true'", Core::text},   {"0", Core::integer},
      {"-7", Core::integer},   {"+7", Core::integer},    {"010", Core::integer},
      {"0o17", Core::integer}, {"0o8", Core::text},      {"0xfF", Core::integer},
      {"0xg", Core::text},     {"1_000", Core::text},    {"10:30", Core::text},
      {"1.5", Core::real},     {".5", Core::real},       {"5.", Core::real},
      {"1e3", Core::real},     {"-1.5E+3", Core::real},  {"1e", Core::text},
      {".", Core::text},       {"-.inf", Core::real},    {".NaN", Core::real},
      {"inf", Core::text},     {"1.2.3.4", Core::text},  {"10s", Core::text},
      {"~", Core::null},       {"Null", Core::null},     {"'~'", Core::text},
      {"''", Core::text},      {"[]", Core::text},       {"2001-01-01", Core::text},
  };
  for (const auto& [text, core] : rows) {
    const Node root = parse_clean(fmt::format("k: {}\n", text));
    EXPECT_EQ(core_type(root.members.at(0).value), core) << text;
  }
}

TEST(Document, AnEmptyTextIsNothing) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "\xef\xbb\xbf"}) {
    EXPECT_EQ(parse_clean(text).shape, Shape::null) << text;
  }
}

TEST(Document, SeveralProblemsAreReportedInTheOrderOfTheFile) {
  const auto problems = problems_of("a: &x 1\nb: *x\na: !t 2\nc: { d: 1, d: 2, d: 3 }\n");
  std::vector<std::string> places;
  for (const Problem& problem : problems) places.push_back(at({problem.line, problem.column}));
  EXPECT_EQ(places, (std::vector<std::string>{"1:4", "2:4", "3:1", "3:4", "4:12", "4:18"}));
}

TEST(Document, ARefusedContainerIsFaultyAndItsRepeatedKeysAreDropped) {
  Problems problems("t.yaml");
  const auto root = parse_document("a: &x [1, [2]]\nb: !t { c: { d: 1 } }\na: 3\n", problems);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->members.size(), 2u);
  EXPECT_EQ(root->find("a")->shape, Shape::faulty);
  EXPECT_EQ(root->find("b")->shape, Shape::faulty);
  EXPECT_TRUE(root->find("b")->members.empty());
}

TEST(Document, ReportsAtMostFiftyAndTheFirstOnes) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("k{}: *a\n", i);
  // The library knows no alias that has no anchor: it stops at the first.
  EXPECT_EQ(problems_of(text).size(), 1u);
  text = "a: &a 1\n" + text;
  const auto problems = problems_of(text);
  ASSERT_EQ(problems.size(), kProblemsMax);
  EXPECT_EQ(problems.front().line, 1);
  EXPECT_EQ(problems.back().line, 50);
}

TEST(Document, DepthIsBounded) {
  const auto flow = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(problems_of(flow(32)).empty());
  ASSERT_EQ(problems_of(flow(33)).size(), 1u);
  EXPECT_EQ(to_text(problems_of(flow(33))[0]), "t.yaml:1:33: nested more than 32 deep");
  std::string dashes, keys, questions;
  for (int i = 0; i < 100'000; ++i) dashes += "- ", questions += "? ";
  for (int i = 0; i < 500; ++i) keys += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  for (const std::string& text : {flow(100'000), dashes, questions, keys}) {
    ASSERT_EQ(problems_of(text).size(), 1u);
    EXPECT_NE(problems_of(text)[0].message.find("nested more than 32"), std::string::npos)
        << problems_of(text)[0].message;
  }
}

TEST(Document, SizeAndNumberOfValuesAreBounded) {
  const std::string large(kSourceMax + 1, ' ');
  ASSERT_EQ(problems_of(large).size(), 1u);
  EXPECT_EQ(to_text(problems_of(large)[0]), "t.yaml:1:1: the file is larger than 4 MiB");
  std::string many = "[";
  for (std::size_t i = 0; i < kNodesMax + 1; ++i) many += "1,";
  ASSERT_EQ(problems_of(many + "]").size(), 1u);
  EXPECT_NE(problems_of(many + "]")[0].message.find("more than 200000 values"), std::string::npos);
}

// Nothing here may cost more than its length: 4 MiB of each take 0.3 to 2.3 s.
TEST(Document, HostileTextsTakeLinearTime) {
  const auto repeat = [](std::string_view piece) {
    std::string text;
    while (text.size() + piece.size() <= kSourceMax / 8) text += piece;
    return text;
  };
  for (const char* piece :
       {"[",    "{",     "- ",     "? ",      "a: ",  "\"",     "'",       "&a ",  "!a ",
        "\n",   ":",     "a\n",    "\"a\": ", "{a: ", "- - \n", "|\n",     "[]\n", "#",
        "%a\n", "---\n", "a: b\n", "*a ",     "\\",   ",",      "\xc3\xa9"}) {
    const auto start = std::chrono::steady_clock::now();
    (void)problems_of(repeat(piece));
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took, std::chrono::seconds(10)) << piece;
  }
}

TEST(Source, KnowsWhereBytesAreNotText) {
  const std::pair<std::string_view, const char*> rows[] = {
      {"a\xc3", "1:2"},        {"\n\xe0\x80\x80", "2:1"},
      {"\xed\xa0\x80", "1:1"}, {"\xf4\x90\x80\x80", "1:1"},
      {"\xc0\xaf", "1:1"},     {"\xf0\x80\x80\x80", "1:1"},
      {"\xc3\xa9\x80", "1:2"}, {"\xff\xfe\x61", "1:1"},
      {"a\r", "1:2"},          {"a\n\rb", "2:1"},
      {"\x7f", "1:1"},         {{"a\0b", 3}, "1:2"},
      {"\xe2\x82\x28", "1:1"}, {"\xf8\x88\x80\x80", "1:1"},
  };
  for (const auto& [text, place] : rows) {
    const auto problems = problems_of(text);
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(at({problems[0].line, problems[0].column}), place) << problems[0].message;
  }
  EXPECT_TRUE(problems_of("\xe2\x82\xac\xf0\x9f\x98\x80: \xc2\xa0\n").empty());
}

}  // namespace
}  // namespace weir::config
