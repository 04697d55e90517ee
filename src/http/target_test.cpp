// The one normaliser: what is matched is what is forwarded (http-rules.md, section 6, "Path").
#include "http/target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

struct TargetRow {
  const char* path;
  const char* expected;  // null: refused
  bool kept_escape = false;
};

TEST(Target, PathRows) {
  const TargetRow rows[] = {
      {"/", "/"},
      {"/a/b.c", "/a/b.c"},
      {"/a/", "/a/"},
      // dot segments and double slashes are resolved
      {"/./x", "/x"},
      {"/a/./b", "/a/b"},
      {"/a/.", "/a/"},
      {"/.", "/"},
      {"/a/../b", "/b"},
      {"/a/b/../../c", "/c"},
      {"/a/..", "/"},
      {"/a/b/..", "/a/"},
      {"/a/../", "/"},
      {"//", "/"},
      {"///", "/"},
      {"//a", "/a"},
      {"/a//b", "/a/b"},
      {"/a//", "/a/"},
      {"/a//../b", "/b"},
      {"/a/.//b", "/a/b"},
      // names with dots are names
      {"/...", "/..."},
      {"/.a", "/.a"},
      {"/..a", "/..a"},
      {"/a..", "/a.."},
      {"/a/.../b", "/a/.../b"},
      // above the root
      {"/..", nullptr},
      {"/../x", nullptr},
      {"/a/../..", nullptr},
      {"/a/../../b", nullptr},
      {"//..", nullptr},
      {"/./..", nullptr},
      // encoded dot segments, in any mixture
      {"/%2e", nullptr},
      {"/%2E", nullptr},
      {"/a/%2e%2e/b", nullptr},
      {"/a/.%2e/b", nullptr},
      {"/a/%2E./b", nullptr},
      {"/a/%2e", nullptr},
      {"/a/..;/b", nullptr},
      {"/a/.;x=1/b", nullptr},
      {"/a/%2e%2e;x/b", nullptr},
      {"/a%2eb", "/a%2eb"},
      {"/%2e%2e%2e", "/%2e%2e%2e"},
      {"/%2ea", "/%2ea"},
      // slashes and backslashes
      {"/a%2fb", "/a%2fb", true},
      {"/a%2Fb", "/a%2Fb", true},
      {"/a%5cb", "/a%5cb", true},
      {"/a%5Cb", "/a%5Cb", true},
      {"/a\\b", nullptr},
      {"/..%2fb", "/..%2fb", true},
      // escapes
      {"/%00", nullptr},
      {"/a%00b", nullptr},
      {"/%zz", nullptr},
      {"/%", nullptr},
      {"/%2", nullptr},
      {"/a%4", nullptr},
      {"/%4g", nullptr},
      {"/%%41", nullptr},
      {"/%25", "/%25"},
      {"/%252e%252e/", "/%252e%252e/"},
      {"/%41%c3%a9", "/%41%c3%a9"},
      {"/%e2%82%ac", "/%e2%82%ac"},
      {"/%f0%9f%98%80", "/%f0%9f%98%80"},
      {"/M%fcller", "/M%fcller"},
      // overlong UTF-8
      {"/%c0%af", nullptr},
      {"/%c0%80", nullptr},
      {"/%c1%9c", nullptr},
      {"/%e0%80%af", nullptr},
      {"/%e0%9f%bf", nullptr},
      {"/%e0%a0%80", "/%e0%a0%80"},
      {"/%f0%80%80%af", nullptr},
      {"/%f0%8f%bf%bf", nullptr},
      {"/%f8%80%80%80%af", nullptr},
      {"/%fc%80%80%80%80%af", nullptr},
      // parameters belong to their segment
      {"/a;a=b/c", "/a;a=b/c"},
      {"/a;x/../b", "/b"},
      {"/;/b", "/;/b"},
  };
  for (const TargetRow& row : rows) {
    const std::string path = row.path;
    std::vector<char> scratch(path.size());
    const PathResult result = normalise_path(path, scratch);
    EXPECT_EQ(result.ok, row.expected != nullptr) << path << ": " << result.why;
    if (!result.ok || row.expected == nullptr) {
      EXPECT_EQ(*result.why != '\0', !result.ok) << path;
      continue;
    }
    EXPECT_EQ(result.path, row.expected) << path;
    EXPECT_EQ(result.has_kept_escape, row.kept_escape) << path;
  }
}

TEST(Target, NormalisingTwiceChangesNothing) {
  const std::string alphabet[] = {"/", ".", "a", ";", "%2f", "%41"};
  std::vector<std::string> paths = {"/"};
  for (int length = 0; length < 5; ++length) {
    std::vector<std::string> longer;
    for (const std::string& path : paths) {
      for (const std::string& letter : alphabet) longer.push_back(path + letter);
    }
    for (const std::string& path : longer) {
      std::vector<char> scratch(path.size());
      const PathResult once = normalise_path(path, scratch);
      if (!once.ok) continue;
      ASSERT_TRUE(once.path.starts_with('/')) << path;
      const std::string result(once.path);
      std::vector<char> more(result.size());
      const PathResult twice = normalise_path(result, more);
      ASSERT_TRUE(twice.ok) << path;
      ASSERT_EQ(twice.path, result) << path;
      ASSERT_EQ(result.find("//"), std::string::npos) << path;
      ASSERT_EQ(("/" + result + "/").find("/../"), std::string::npos) << path;
    }
    paths = std::move(longer);
  }
}

TEST(Target, APlainPathIsNotCopied) {
  const std::string path = "/api/v1/items;x=1/file.txt";
  std::vector<char> scratch(path.size());
  EXPECT_EQ(normalise_path(path, scratch).path.data(), path.data());
}

TEST(Target, Authorities) {
  for (const char* text : {"a", "A-b.c_d~e", "127.0.0.1", "a:80", "a:0", "a:65535", "[::1]",
                           "[2001:db8::1]:443", "xn--bcher-kva.example", "a."}) {
    EXPECT_TRUE(is_authority(text)) << text;
  }
  for (const char* text :
       {"",     ":",    ":80", "a:",      "a:65536", "a:99999",   "a:123456",     "a:80:80", "a:8x",
        "a:-1", "[::1", "::1", "[::1]80", "[]",      "[1.2.3.4]", "[::1%25eth0]", "[v1.x]",  "a/b",
        "a,b",  "a b",  "a@b", "u:p@h",   "a%41",    "\xc3\xa9",  "[::1]:",       "a\t"}) {
    EXPECT_FALSE(is_authority(text)) << text;
  }
  EXPECT_FALSE(is_authority(std::string("a\0b", 3)));
  EXPECT_FALSE(is_authority("[" + std::string(50, ':') + "]"));
}

TEST(Target, HostOfAnAuthority) {
  EXPECT_EQ(host_of("a:80"), "a");
  EXPECT_EQ(host_of("a"), "a");
  EXPECT_EQ(host_of("[::1]:80"), "[::1]");
  EXPECT_EQ(host_of("[::1]"), "[::1]");
  EXPECT_EQ(host_of(""), "");
}

TEST(Target, TextIsVisibleAsciiWithoutFragment) {
  for (int c = 0; c < 256; ++c) {
    const std::string target = std::string("/") + static_cast<char>(c);
    EXPECT_EQ(is_target_text(target), c > 0x20 && c < 0x7f && c != '#') << c;
  }
  EXPECT_FALSE(is_target_text(""));
}

}  // namespace
}  // namespace weir::http
