#include "admin/idempotency.hpp"

#include <gtest/gtest.h>

namespace weir::admin::idempotency_test {

using Standing = Idempotency::Standing;
using std::chrono::minutes;

constexpr base::Time kStart{std::chrono::hours(1)};

http::Response answer(std::string body, std::uint16_t status = 200) {
  return http::json_response(status, std::move(body));
}

TEST(Idempotency, TheFirstAnswerIsGivenAgainForTenMinutes) {
  Idempotency table;
  EXPECT_EQ(table.begin("k", "d", kStart).standing, Standing::first);
  EXPECT_EQ(table.begin("k", "d", kStart).standing, Standing::under_way);
  EXPECT_EQ(table.begin("k", "other", kStart).standing, Standing::other);
  EXPECT_EQ(table.begin("another", "d", kStart).standing, Standing::first);
  table.finish("k", answer("once", 201), kStart);
  const auto seen = table.begin("k", "d", kStart + minutes(9));
  ASSERT_EQ(seen.standing, Standing::known);
  EXPECT_EQ(seen.answer->body, "once");
  EXPECT_EQ(seen.answer->status, 201);
  EXPECT_EQ(table.begin("k", "other", kStart).standing, Standing::other);
  EXPECT_EQ(table.begin("k", "d", kStart + minutes(10)).standing, Standing::first);
  EXPECT_EQ(table.begin("another", "d", kStart + minutes(60)).standing, Standing::under_way)
      << "what is under way is not forgotten";
}

TEST(Idempotency, AFailureOfOursMayBeTriedAgain) {
  Idempotency table;
  table.begin("k", "d", kStart);
  table.finish("k", answer("no", 503), kStart);
  EXPECT_EQ(table.begin("k", "d", kStart).standing, Standing::first);
  table.finish("k", answer("no such name", 404), kStart);
  EXPECT_EQ(table.begin("k", "d", kStart).standing, Standing::known);
  table.finish("unknown", answer("x"), kStart);
  EXPECT_EQ(table.size(), 1u);
}

TEST(Idempotency, HasBounds) {
  Idempotency table;
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = std::to_string(i);
    table.begin(name, "d", kStart + std::chrono::milliseconds(i));
    if (i > 0) table.finish(name, answer("x"), kStart + std::chrono::milliseconds(i));
  }
  EXPECT_EQ(table.size(), Idempotency::kEntriesMax);
  EXPECT_EQ(table.begin("0", "d", kStart + minutes(1)).standing, Standing::under_way);
  EXPECT_EQ(table.begin("2999", "d", kStart + minutes(1)).standing, Standing::known);
  EXPECT_EQ(table.begin("1", "d", kStart + minutes(1)).standing, Standing::first);

  Idempotency large;
  for (int i = 0; i < 20; ++i) {
    large.begin(std::to_string(i), "d", kStart + std::chrono::seconds(i));
    large.finish(std::to_string(i), answer(std::string(1 << 20, 'x')),
                 kStart + std::chrono::seconds(i));
    EXPECT_LE(large.bytes(), Idempotency::kBytesMax);
  }
  EXPECT_EQ(large.begin("19", "d", kStart + minutes(1)).standing, Standing::known);
  large.begin("huge", "d", kStart + minutes(2));
  large.finish("huge", answer(std::string(5 << 20, 'x')), kStart + minutes(2));
  EXPECT_EQ(large.size(), 0u);
  EXPECT_EQ(large.bytes(), 0u);
}

TEST(Idempotency, KeysAreVisibleAscii) {
  struct Row {
    std::string text;
    bool good;
  };
  const Row rows[] = {{"a", true},           {"", false},
                      {"a b", false},        {"a\tb", false},
                      {"\xc3\xa4", false},   {std::string(128, '~'), true},
                      {"x\x7f", false},      {std::string(129, '~'), false},
                      {"5f3b-!#%/{}", true}, {std::string("a\0b", 3), false}};
  for (const Row& row : rows) EXPECT_EQ(Idempotency::is_key(row.text), row.good) << row.text;
}

}  // namespace weir::admin::idempotency_test
