#include "config/scalar_text.hpp"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

TEST(ScalarText, DecimalsComeBackAsTheyWere) {
  const std::pair<const char*, const char*> rows[] = {
      {"0", "0"},
      {"0.0", "0"},
      {"007", "7"},
      {"1.25", "1.25"},
      {"1.250", "1.25"},
      {"0.000001", "0.000001"},
      {"999999999.999999", "999999999.999999"},
  };
  for (const auto& [text, printed] : rows) {
    const auto millionths = parse_millionths(text);
    ASSERT_TRUE(millionths) << text;
    EXPECT_EQ(format_millionths(*millionths), printed);
    EXPECT_EQ(decimal_text(decimal_of(*millionths)), printed);
    EXPECT_EQ(share_text(share_of(*millionths)), std::string(printed) + "%");
  }
  for (const char* text :
       {"", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0x1", "1.0000001", "1234567890", " 1"}) {
    EXPECT_FALSE(parse_millionths(text)) << text;
  }
}

TEST(ScalarText, EveryShareOfAPercentComesBack) {
  for (std::uint64_t millionths = 0; millionths <= 100'000'000; millionths += 99'991) {
    ASSERT_EQ(share_text(share_of(millionths)), format_millionths(millionths) + "%");
    const double rate = decimal_of(millionths * 7919);
    ASSERT_EQ(per_second_text(rate), format_millionths(millionths * 7919) + "/s");
  }
}

TEST(ScalarText, NegativeNumbersPrintAsZero) { EXPECT_EQ(share_text(-1), "0%"); }

TEST(ScalarText, KeysComeBackAsTheyWere) {
  for (const char* text : {"client_ip", "path", "header:x-user", "cookie:Session_1"}) {
    const auto key = parse_hash_key(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(to_text(*key), text);
  }
  EXPECT_EQ(parse_hash_key("header:X-User")->name, "x-user");
  EXPECT_EQ(to_text(HashKey{}), "");
  const std::pair<const char*, const char*> wrong[] = {
      {"Path", "path"},
      {"url", "path"},
      {"header x-a", "header:x-a"},
      {"Cookie:a", "cookie:a"},
      {"header: ", ""},
      {"", ""},
      {"none", ""},
  };
  for (const auto& [text, meant] : wrong) {
    const auto key = parse_hash_key(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().suggestion, meant) << text;
  }
}

TEST(ScalarText, EveryCauseThatMayBeNamedHasAWord) {
  const std::vector<std::string_view> words = {"connect", "reset",  "timeout", "429",
                                               "500",     "502",    "503",     "504",
                                               "grpc 4",  "grpc 8", "grpc 14"};
  EXPECT_EQ(every_cause_word(), words);
  balance::CauseSet back;
  for (const std::string_view word : cause_words(balance::kBreakerCauses)) {
    back.add(balance::cause_named(word).value());
  }
  EXPECT_EQ(back, balance::kBreakerCauses);
  EXPECT_TRUE(is_status_word("503"));
  EXPECT_FALSE(is_status_word("grpc 4"));
}

}  // namespace
}  // namespace weir::config
