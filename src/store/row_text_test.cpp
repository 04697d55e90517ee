#include "store/row_text.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"
#include "store/circuit_breakers.hpp"
#include "store/metrics.hpp"
#include "store/overlay.hpp"
#include "store/plain_rows.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"

namespace weir::store::row_text_test {

using base::Errc;

TEST(RowText, CutsBetweenCharactersAndRepairs) {
  EXPECT_EQ(clean_text("plain"), "plain");
  EXPECT_EQ(clean_text("abcdef", 4), "abcd");
  EXPECT_EQ(clean_text("ab\xc3\xa4", 3), "ab");
  EXPECT_EQ(clean_text("ab\xc3\xa4", 4), "ab\xc3\xa4");
  EXPECT_EQ(clean_text("\xff\xff", 3), "\xef\xbf\xbd");
  EXPECT_EQ(clean_text("\x80\x80\x80", 2), "");
  EXPECT_EQ(clean_text(std::string_view("a\0b", 3)),
            "a\xef\xbf\xbd"
            "b");
}

TEST(RowText, NamesAreShortAndPrintable) {
  EXPECT_TRUE(check_name("it", "services.app/10.0.0.1:80"));
  EXPECT_TRUE(check_name("it",
                         "Gr\xc3\xb6\xc3\x9f"
                         "e"));
  const std::string_view bad[] = {"", " a", "a ", "a\nb", "a\x7f", "\xff"};
  for (const auto name : bad) {
    const auto checked = check_name("the key", name);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code(), Errc::invalid_argument);
    EXPECT_TRUE(checked.error().detail().starts_with("the key "));
  }
  EXPECT_FALSE(check_name("it", std::string(201, 'x')));
}

TEST(RowText, PatternsMatchTheirTextAsItIs) {
  EXPECT_EQ(like_pattern("50%_\\"), "%50\\%\\_\\\\%");
  EXPECT_TRUE(check_document("it", R"({"a":[1]})"));
  EXPECT_FALSE(check_document("it", "{a:1}"));
  EXPECT_FALSE(check_document("it", '"' + std::string(kDocumentBytesMax, 'x') + '"'));
}

TEST(Repositories, RefuseWhatMakesNoSense) {
  const Actor by{"test", 1'000};
  const base::Result<Write> refused[] = {
      set(OverlayRow{"", "1", "api", "me", 1}),
      set(OverlayRow{"key", "not json", "api", "me", 1}),
      insert(MetricSample{1, "weir", "rate", 0.0 / 0.0}),
      insert(MetricSample{1, "weir", "rate", 1.0 / 0.0}),
      insert(MetricSample{1, "", "rate", 1}),
      save_service("123", "{}", 1),
      save_service("app", "{", 1),
      save_breaker({.service = "app", .state = "ajar"}),
      create_user({.name = "two words", .password_hash = "h"}, by),
      create_user({.name = "me"}, by),
      set_password_hash("me", "", by),
      create_token({.user = "me", .name = "ci"}, by),
      create_token({.user = "me", .name = "ci", .hash = "h", .expires_at_ms = 999}, by),
      save(FaultRow{.id = "f1", .parameters = "nope"}),
      save(LoadTestRow{.id = ""}),
      insert(ScalerDecisionRow{.service = ""}),
  };
  for (std::size_t i = 0; i < std::size(refused); ++i) {
    ASSERT_FALSE(refused[i]) << i;
    EXPECT_EQ(refused[i].error().code(), Errc::invalid_argument) << i;
  }
}

TEST(Tokens, AreGoodUntilTheyExpireOrAreRevokedOrTheirUserIsDisabled) {
  struct Row {
    std::int64_t expires;
    std::int64_t revoked;
    bool disabled;
    bool good;
  };
  const Row rows[] = {{0, 0, false, true},   {101, 0, false, true}, {100, 0, false, false},
                      {0, 50, false, false}, {0, 0, true, false},   {99, 0, false, false}};
  for (const Row& row : rows) {
    TokenOwner owner;
    owner.token.expires_at_ms = row.expires;
    owner.token.revoked_at_ms = row.revoked;
    owner.disabled = row.disabled;
    EXPECT_EQ(is_good(owner, 100), row.good) << row.expires << ' ' << row.revoked;
  }
}

TEST(Roles, HaveNamesThatAreReadBack) {
  for (const Role role : {Role::viewer, Role::operator_, Role::admin}) {
    EXPECT_EQ(parse_role(name(role)), role);
  }
  EXPECT_EQ(parse_role("root"), std::nullopt);
}

}  // namespace weir::store::row_text_test
