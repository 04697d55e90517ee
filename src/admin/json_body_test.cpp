#include "admin/json_body.hpp"

#include <gtest/gtest.h>

namespace weir::admin::json_body_test {

using base::Errc;

TEST(JsonBody, IsAnObjectWithKnownMembersOnly) {
  struct Row {
    std::string_view text;
    std::optional<Errc> error;
  };
  const Row rows[] = {
      {R"({"name":"x","flag":true})", {}},
      {"{}", {}},
      {"", Errc::bad_message},
      {"{", Errc::bad_message},
      {"[]", Errc::bad_message},
      {"null", Errc::bad_message},
      {R"("name")", Errc::bad_message},
      {R"({"other":1})", Errc::invalid_argument},
      {R"({} x)", Errc::bad_message},
      {R"({"Name":"x"})", Errc::invalid_argument},
  };
  for (const Row& row : rows) {
    const auto body = JsonBody::parse(row.text, {"name", "flag"});
    EXPECT_EQ(!body, row.error.has_value()) << row.text;
    if (!body && row.error) {
      EXPECT_EQ(body.error().code(), *row.error) << row.text;
    }
  }
  const auto unknown = JsonBody::parse(R"({"nmae":1})", {"name", "flag"});
  EXPECT_EQ(unknown.error().detail(), "nmae: no such member here; there are name, flag");
}

TEST(JsonBody, NamesWhatIsMissingOrOfAnotherKind) {
  const auto body = JsonBody::parse(R"({"a":"x","b":true,"c":null,"d":1})", {"a", "b", "c", "d"});
  ASSERT_TRUE(body);
  EXPECT_EQ(*body->text("a"), "x");
  EXPECT_EQ(*body->flag("b"), true);
  EXPECT_EQ(*body->text("c"), std::nullopt);
  EXPECT_EQ(*body->text("none"), std::nullopt);
  EXPECT_EQ(*body->need_text("a"), "x");
  for (const auto key : {"b", "d"}) EXPECT_FALSE(body->text(key)) << key;
  for (const auto key : {"a", "d"}) EXPECT_FALSE(body->flag(key)) << key;
  for (const auto key : {"c", "none", "d"}) {
    const auto missing = body->need_text(key);
    ASSERT_FALSE(missing) << key;
    EXPECT_EQ(missing.error().code(), Errc::invalid_argument);
    EXPECT_TRUE(missing.error().detail().starts_with(key));
  }
}

}  // namespace weir::admin::json_body_test
