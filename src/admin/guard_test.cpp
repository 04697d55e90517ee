#include "admin/guard.hpp"

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

const AllowedHosts& hosts() {
  static const AllowedHosts allowed("127.0.0.1", 9900, {"localhost", "weir.internal"});
  return allowed;
}

TEST(Guard, OnlyAllowedHosts) {
  struct Row {
    const char* authority;
    bool allowed;
  };
  for (const Row& row :
       {Row{"127.0.0.1:9900", true}, Row{"127.0.0.1", true}, Row{"LOCALHOST:9900", true},
        Row{"weir.internal", true}, Row{"evil.example", false}, Row{"evil.example:9900", false},
        Row{"127.0.0.1:80", false}, Row{"localhost.evil.example", false}, Row{"", false},
        Row{"127.0.0.1.evil.example:9900", false}, Row{"[::1]:9900", false}}) {
    const GuardVerdict verdict = judge({.method = "GET", .authority = row.authority}, hosts());
    EXPECT_EQ(verdict.status, row.allowed ? 0u : 421u) << row.authority;
  }
}

TEST(Guard, AGetThatActsIsRefusedToOtherSites) {
  const auto status = [](GuardFacts facts) {
    facts.method = facts.method.empty() ? "GET" : facts.method;
    facts.authority = "127.0.0.1:9900";
    facts.guarded = true;
    return judge(facts, hosts()).status;
  };
  EXPECT_EQ(status({}), 0u);  // a command line
  EXPECT_EQ(status({.sec_fetch_site = "same-origin"}), 0u);
  EXPECT_EQ(status({.sec_fetch_site = "none"}), 0u);
  EXPECT_EQ(status({.sec_fetch_site = "cross-site"}), 403u);
  EXPECT_EQ(status({.sec_fetch_site = "same-site"}), 403u);  // another port of localhost
  EXPECT_EQ(status({.origin = "http://evil.example"}), 403u);
  EXPECT_EQ(status({.origin = "null"}), 403u);
  EXPECT_EQ(status({.origin = "http://127.0.0.1:9900"}), 0u);
  EXPECT_EQ(status({.origin = "http://127.0.0.1:3000"}), 403u);
  EXPECT_EQ(status({.origin = "http://127.0.0.1"}), 403u);
  EXPECT_EQ(status({.origin = "https://127.0.0.1:9900"}), 403u);
  EXPECT_EQ(status({.referer = "http://evil.example/x"}), 403u);
  EXPECT_EQ(status({.referer = "http://localhost:9900/x"}), 0u);
  EXPECT_EQ(status({.sec_purpose = "prefetch;prerender"}), 403u);
  EXPECT_EQ(status({.method = "HEAD"}), 405u);
  EXPECT_EQ(status({.referer = "http://localhost:9900/", .sec_fetch_site = "cross-site"}), 403u);
}

TEST(Guard, ChangesNeedJsonAndBrowsersOurHeader) {
  const auto status = [](GuardFacts facts) {
    facts.method = "POST";
    facts.authority = "localhost:9900";
    return judge(facts, hosts()).status;
  };
  EXPECT_EQ(status({}), 0u);  // a bare command-line POST
  EXPECT_EQ(status({.content_type = "application/json", .has_body = true}), 0u);
  EXPECT_EQ(status({.content_type = "application/json; charset=utf-8", .has_body = true}), 0u);
  EXPECT_EQ(status({.content_type = "text/plain", .has_body = true}), 415u);
  EXPECT_EQ(status({.has_body = true}), 415u);
  EXPECT_EQ(status({.origin = "http://localhost:9900"}), 403u);
  EXPECT_EQ(status({.origin = "http://localhost:9900", .own_header = "1"}), 0u);
  EXPECT_EQ(status({.origin = "http://evil.example", .own_header = "1"}), 403u);
  EXPECT_EQ(status({.sec_fetch_site = "cross-site", .own_header = "1"}), 403u);
  EXPECT_EQ(status({.sec_fetch_site = "same-site", .own_header = "1"}), 403u);
  EXPECT_EQ(status({.sec_fetch_site = "same-origin", .own_header = "1"}), 0u);
  EXPECT_EQ(status({.has_cookie = true}), 403u);
  EXPECT_EQ(status({.has_sec_fetch = true}), 403u);
  EXPECT_EQ(status({.own_header = "1", .has_cookie = true}), 0u);
}

}  // namespace
}  // namespace weir::admin
