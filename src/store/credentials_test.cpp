#include "store/credentials.hpp"

#include <gtest/gtest.h>

#include <set>

namespace weir::store::credentials_test {

TEST(Passwords, AreProvedByTheirHashAlone) {
  const auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$")) << *hash;
  EXPECT_TRUE(is_password(*hash, "correct horse"));
  EXPECT_FALSE(is_password(*hash, "correct horsE"));
  EXPECT_FALSE(is_password(*hash, ""));
  EXPECT_FALSE(is_password(*hash, std::string(kPasswordBytesMax + 1, 'x')));
  const auto again = hash_password("correct horse");
  ASSERT_TRUE(again);
  EXPECT_NE(*hash, *again) << "each has a salt of its own";
  waste_password("anything");
  waste_password(std::string(100'000, 'x'));
}

TEST(Passwords, StrangeHashesProveNothing) {
  for (const std::string& hash :
       {std::string(), std::string("x"), std::string("$argon2id$v=19$m=65536,t=2,p=1$$"),
        std::string(5'000, 'a'), std::string("$argon2id$\0$", 12)}) {
    EXPECT_FALSE(is_password(hash, "correct horse")) << hash.substr(0, 40);
  }
}

TEST(Passwords, HaveBounds) {
  struct Row {
    std::string text;
    bool good;
  };
  const Row rows[] = {
      {"", false},
      {"1234567", false},
      {"12345678", true},
      {"p\xc3\xa4ssword", true},
      {"passw\xff"
       "ord",
       false},
      {"pass\nword", false},
      {std::string("pass\0word", 9), false},
      {std::string(kPasswordBytesMax, 'x'), true},
      {std::string(kPasswordBytesMax + 1, 'x'), false},
  };
  for (const Row& row : rows) EXPECT_EQ(!!check_password(row.text), row.good) << row.text;
  EXPECT_EQ(hash_password("short").error().code(), base::Errc::invalid_argument);
}

TEST(Tokens, AreLongRandomAndFoundByTheirDigest) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = new_token();
    EXPECT_TRUE(token.starts_with("weir_"));
    EXPECT_EQ(token.size(), 5 + 43u);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(seen.insert(token).second);
  }
  // BLAKE2b-256 of "abc", as the b2sum program prints it.
  EXPECT_EQ(secret_digest("abc"),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  EXPECT_TRUE(is_same_digest(secret_digest("abc"), secret_digest("abc")));
  EXPECT_FALSE(is_same_digest(secret_digest("abc"), secret_digest("abd")));
  EXPECT_FALSE(is_same_digest("", "a"));
  EXPECT_TRUE(is_same_digest("", ""));
}

}  // namespace weir::store::credentials_test
