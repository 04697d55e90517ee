#include "config/text_rule.hpp"

#include <gtest/gtest.h>

#include <regex.h>

namespace weir::config {
namespace text_rule_test {

struct Accepted {
  const TextRule& rule;
  std::string_view text;
  std::string_view stored;
};

// The patterns are written in what ECMA 262 and POSIX share, but for \u escapes.
bool matches(std::string_view pattern, std::string_view text) {
  regex_t compiled;
  if (regcomp(&compiled, std::string(pattern).c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool found = regexec(&compiled, std::string(text).c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

TEST(TextRule, StoresTheNormalForm) {
  const Accepted rows[] = {
      {kArgument, "", ""},
      {kArgument, "two\nlines", "two\nlines"},
      {kName, "web-server", "web-server"},
      {kName, "a", "a"},
      {kListenerChoice, "*", "*"},
      {kHostPattern, "*", "*"},
      {kHostPattern, "A.Example", "a.example"},
      {kHostPattern, "*.Example", "*.example"},
      {kHostPattern, "[::0:1]", "[::1]"},
      {kHostName, "::1", "[::1]"},
      {kHostName, "127.0.0.1", "127.0.0.1"},
      {kPath, "/", "/"},
      {kPath, "/app/;v=1/.well-known/%2F/...", "/app/;v=1/.well-known/%2F/..."},
      {kTarget, "/health?deep=1", "/health?deep=1"},
      {kMethod, "M-SEARCH", "M-SEARCH"},
      {kLocation, "https://a.example/b?c#d", "https://a.example/b?c#d"},
      {kFile, "/var/log/weir access.log", "/var/log/weir access.log"},
      {kHeaderName, "X-Team", "X-Team"},
      {kHeaderName, "!#$%&'*+-.^_`|~09azAZ", "!#$%&'*+-.^_`|~09azAZ"},
      {kHeaderValue, "", ""},
      {kHeaderValue, "max-age=0, \"caf\xc3\xa9\"", "max-age=0, \"caf\xc3\xa9\""},
      {kVariableName, "_A1", "_A1"},
  };
  for (const Accepted& row : rows) {
    const auto read = row.rule.read(row.text);
    ASSERT_TRUE(read) << row.text << ": " << read.error().message;
    EXPECT_EQ(*read, row.stored);
    EXPECT_EQ(*row.rule.read(*read), row.stored) << "not stable";
    if (row.rule.pattern.empty() || row.rule.pattern.contains("\\u")) continue;
    EXPECT_TRUE(matches(row.rule.pattern, row.text)) << row.text;
  }
}

TEST(TextRule, NoControlByteGetsThroughWhatReachesTheWire) {
  for (const TextRule* rule :
       {&kName, &kListenerChoice, &kHostPattern, &kHostName, &kPath, &kTarget, &kMethod, &kLocation,
        &kFile, &kHeaderName, &kHeaderValue, &kVariableName}) {
    for (int byte = 0; byte < 0x80; ++byte) {
      if (byte >= 0x20 && byte != 0x7f) continue;
      for (const std::string& text :
           {std::string("/a") + char(byte) + "b", std::string("a") + char(byte),
            std::string(1, char(byte)), std::string("A") + char(byte)}) {
        EXPECT_FALSE(rule->read(text)) << rule->expected << " took byte " << byte;
      }
    }
  }
}

TEST(TextRule, NamesAreBounded) {
  EXPECT_TRUE(kName.read("a" + std::string(62, '1')));
  for (const char* text : {"", "1", "123", "-a", "a_b", "A", "a.b", "\xc3\xa9"}) {
    EXPECT_FALSE(kName.read(text)) << text;
  }
  EXPECT_FALSE(kName.read("a" + std::string(63, '1')));
  EXPECT_EQ(kName.read("Web_Server").error().suggestion, "web-server");
  EXPECT_EQ(kName.read("_a").error().suggestion, "");
}

TEST(TextRule, WhatWeirSetsForEachHopIsReserved) {
  for (const char* name :
       {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "keep-alive", "te", "Trailer",
        "upgrade", "Proxy-Connection", "expect", "HTTP2-Settings"}) {
    EXPECT_FALSE(kHeaderName.read(name)) << name;
  }
}

}  // namespace text_rule_test
}  // namespace weir::config
