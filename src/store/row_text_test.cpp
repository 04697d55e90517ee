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
      create_token({.name = "ci"}, by),
      create_token({.name = "ci", .hash = "h", .expires_at_ms = 999}, by),
      create_token({.name = "", .hash = "h"}, by),
      save(FaultRow{.id = "f1", .parameters = "nope"}),
      save(LoadTestRow{.id = ""}),
      insert(ScalerDecisionRow{.service = ""}),
  };
  for (std::size_t i = 0; i < std::size(refused); ++i) {
    ASSERT_FALSE(refused[i]) << i;
    EXPECT_EQ(refused[i].error().code(), Errc::invalid_argument) << i;
  }
}

TEST(TokenRows, AreGoodUntilTheyExpireOrAreRevoked) {
  struct Row {
    std::int64_t expires;
    std::int64_t revoked;
    bool good;
  };
  const Row rows[] = {
      {0, 0, true}, {101, 0, true}, {100, 0, false}, {0, 50, false}, {99, 0, false}};
  for (const Row& row : rows) {
    Token token;
    token.expires_at_ms = row.expires;
    token.revoked_at_ms = row.revoked;
    EXPECT_EQ(is_good(token, 100), row.good) << row.expires << ' ' << row.revoked;
  }
  for (const TokenKind kind : {TokenKind::api, TokenKind::metrics}) {
    EXPECT_EQ(parse_token_kind(name(kind)), kind);
  }
  EXPECT_EQ(parse_token_kind("root"), std::nullopt);
}

TEST(Users, NobodyTakesTheLastAdminAway) {
  const User ann{.name = "ann", .role = Role::admin};
  const User ben{.name = "ben", .role = Role::admin};
  const User off{.name = "off", .role = Role::admin, .disabled = true};
  const User eve{.name = "eve", .role = Role::viewer};
  struct Row {
    std::vector<User> users;
    std::string_view name;
    std::optional<Role> role;
    bool good;
  };
  const Row rows[] = {
      {{}, "ann", Role::admin, true},           {{}, "ann", Role::operator_, false},
      {{ann}, "eve", Role::viewer, true},       {{ann}, "ann", Role::viewer, false},
      {{ann}, "ann", std::nullopt, false},      {{ann}, "ann", Role::admin, true},
      {{ann, off}, "ann", std::nullopt, false}, {{ann, off}, "off", std::nullopt, true},
      {{ann, ben}, "ann", std::nullopt, true},  {{ann, ben}, "ben", Role::viewer, true},
      {{ann, eve}, "eve", std::nullopt, true},  {{ann, eve}, "eve", Role::admin, true},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const Row& row = rows[i];
    const auto done = check_admin_left(row.users, row.name, row.role);
    EXPECT_EQ(!!done, row.good) << i;
    if (!done) {
      EXPECT_EQ(done.error().code(), Errc::conflict);
    }
  }
}

TEST(Roles, HaveNamesThatAreReadBack) {
  for (const Role role : {Role::viewer, Role::operator_, Role::admin}) {
    EXPECT_EQ(parse_role(name(role)), role);
  }
  EXPECT_EQ(parse_role("root"), std::nullopt);
}

}  // namespace weir::store::row_text_test
