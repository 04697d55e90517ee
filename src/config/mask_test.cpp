#include "config/mask.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace weir::config {
namespace mask_test {

TEST(Mask, HidesThePasswordsOfUrls) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"no URL: a:b@c", "no URL: a:b@c"},
      {"sqlite:weir.db", "sqlite:weir.db"},
      {"postgres://db/weir", "postgres://db/weir"},
      {"postgres://me@db:5432/weir", "postgres://me@db:5432/weir"},
      {"postgres://db:5432/weir", "postgres://db:5432/weir"},
      {"postgres://db:1,db2:2/weir", "postgres://db:1,db2:2/weir"},
      {"postgres://[::1]:5432/weir", "postgres://[::1]:5432/weir"},
      {"postgres://me:hunter2@db/weir", "postgres://me:***@db/weir"},
      {"postgres://me:@db/weir", "postgres://me:***@db/weir"},
      {"postgres://:hunter2@/weir", "postgres://:***@/weir"},
      {"postgres://me:12345@db:1/weir", "postgres://me:***@db:1/weir"},
      // Not percent-encoded.
      {"postgres://me:h@nt:r/2?x@db/weir", "postgres://me:***@db/weir"},
      {"postgres://me:hun ter@db/weir is wrong", "postgres://me:***@db/weir is wrong"},
      // Cut off, as a message does it.
      {"found 'postgres://me:hunter2", "found 'postgres://me:***"},
      {"found 'postgres://me:123456'", "found 'postgres://me:***"},
      {"found 'http://10.0.0.1:80'", "found 'http://10.0.0.1:80'"},
      {"http://10.0.0.1:80/ (did you mean 10.0.0.1:80?)",
       "http://10.0.0.1:80/ (did you mean 10.0.0.1:80?)"},
      // In the query.
      {"postgres://db/weir?sslmode=require&password=hunter2",
       "postgres://db/weir?sslmode=require&password=***"},
      {"postgres://db/weir?%70assword=x&sslPassword=y&a",
       "postgres://db/weir?%70assword=***&sslPassword=***&a"},
      {"https://a.example/new/?a=b#c", "https://a.example/new/?a=b#c"},
      // Two in one text: rather too much.
      {"http://a/ and postgres://me:x@db/", "http://a/ and postgres:***@db/"},
  };
  for (const auto& [text, shown] : rows) {
    EXPECT_EQ(masked(text), shown);
    EXPECT_EQ(masked(shown), shown);
  }
}

}  // namespace mask_test
}  // namespace weir::config
