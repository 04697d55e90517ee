#include "admin/auth.hpp"

#include <gtest/gtest.h>

namespace weir::admin::auth_test {

using store::Role;

Caller person(Role role) { return {.proof = Proof::login, .name = "ada", .role = role}; }

TEST(Needs, AreReadOffThePath) {
  struct Row {
    std::string_view method;
    std::string_view pattern;
    bool acts;
    Need need;
  };
  const Row rows[] = {
      {"GET", "/health", false, Need::nothing},
      {"HEAD", "/readyz", false, Need::nothing},
      {"GET", "/assets/status.css", false, Need::nothing},
      {"POST", "/api/login", false, Need::nothing},
      {"POST", "/api/logout", false, Need::nothing},
      {"GET", "/metrics", false, Need::metrics},
      {"GET", "/", false, Need::viewer},
      {"GET", "/api/me", false, Need::viewer},
      {"GET", "/api/services", false, Need::viewer},
      {"GET", "/api/live", true, Need::operator_},  // its caller knows that it does not act
      {"GET", "/request", true, Need::operator_},
      {"GET", "/algorithm/{id}", true, Need::operator_},
      {"POST", "/algorithm/{id}", false, Need::operator_},
      {"PATCH", "/api/endpoints/{id}", false, Need::operator_},
      {"DELETE", "/api/anything/new", false, Need::operator_},
      {"GET", "/api/anything/new", false, Need::viewer},
      {"GET", "/api/users", false, Need::admin},
      {"POST", "/api/users", false, Need::admin},
      {"DELETE", "/api/users/{id}", false, Need::admin},
      {"GET", "/api/tokens", false, Need::admin},
      {"DELETE", "/api/tokens/{id}", false, Need::admin},
      {"GET", "/api/store/{id}", false, Need::admin},
      {"GET", "/api/config", false, Need::viewer},
      {"PATCH", "/api/config", false, Need::admin},
      {"GET", "/healthy", false, Need::viewer},
      {"GET", "/health/x", false, Need::viewer},
      {"GET", "/api/userss", false, Need::viewer},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(need_of(row.method, row.pattern, row.acts), row.need)
        << row.method << ' ' << row.pattern;
  }
}

TEST(Access, GoesByRole) {
  const Caller nobody;
  const Caller local{.proof = Proof::no_users, .name = "local", .role = Role::admin};
  const Caller scraper{.proof = Proof::token, .name = "token:prom", .metrics_only = true};
  // A scraper whose row says admin is a scraper all the same.
  const Caller odd{
      .proof = Proof::token, .name = "token:prom", .role = Role::admin, .metrics_only = true};
  struct Row {
    const Caller caller;
    int nothing, metrics, viewer, operator_, admin;
  };
  const Row rows[] = {
      {nobody, 0, 401, 401, 401, 401},
      {local, 0, 0, 0, 0, 0},
      {scraper, 0, 0, 403, 403, 403},
      {odd, 0, 0, 403, 403, 403},
      {person(Role::viewer), 0, 0, 0, 403, 403},
      {person(Role::operator_), 0, 0, 0, 0, 403},
      {person(Role::admin), 0, 0, 0, 0, 0},
  };
  for (const Row& row : rows) {
    const auto status = [&](Need need) { return judge_access(need, row.caller).status; };
    EXPECT_EQ(status(Need::nothing), row.nothing) << row.caller.name;
    EXPECT_EQ(status(Need::metrics), row.metrics) << row.caller.name;
    EXPECT_EQ(status(Need::viewer), row.viewer) << row.caller.name;
    EXPECT_EQ(status(Need::operator_), row.operator_) << row.caller.name;
    EXPECT_EQ(status(Need::admin), row.admin) << row.caller.name;
  }
  EXPECT_NE(judge_access(Need::operator_, person(Role::viewer)).why.find("operator"),
            std::string::npos);
}

TEST(Credentials, AreReadFromTheFields) {
  struct Row {
    std::string_view authorization;
    std::string_view cookie;
    std::string_view token;
    std::string_view ours;
    bool strange;
  };
  const Row rows[] = {
      {"", "", "", "", false},
      {"Bearer weir_abc", "", "weir_abc", "", false},
      {"bearer   weir_abc ", "", "weir_abc", "", false},
      {"Bearer", "", "", "", true},
      {"Bearer ", "", "", "", true},
      {"Basic YTpi", "", "", "", true},
      {"weir_abc", "", "", "", true},
      {"", "weir-session=x", "", "x", false},
      {"", "a=b; weir-session=x; c=d", "", "x", false},
      {"", "a=b;weir-session=x", "", "x", false},
      {"", "weir-session", "", "", false},
      {"", "weir-session=", "", "", false},
      {"", "Weir-Session=x", "", "", false},
      {"", "xweir-session=x; =; ;;", "", "", false},
      {"", "weir-session=one; weir-session=two", "", "one", false},
      {"Bearer t", "weir-session=x", "t", "x", false},
  };
  for (const Row& row : rows) {
    const Credentials got = read_credentials(row.authorization, row.cookie);
    EXPECT_EQ(got.token, row.token) << row.authorization;
    EXPECT_EQ(got.cookie, row.ours) << row.cookie;
    EXPECT_EQ(got.is_strange, row.strange) << row.authorization;
  }
}

TEST(Cookies, AreForThisSiteAndNoScript) {
  EXPECT_EQ(session_cookie("abc", false),
            "weir-session=abc; HttpOnly; SameSite=Strict; Path=/; Max-Age=86400");
  EXPECT_EQ(session_cookie("", true),
            "weir-session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0; Secure");
}

}  // namespace weir::admin::auth_test
