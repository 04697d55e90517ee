// Which route answers, and what a route changes on the way. The table is pure; what the origin and
// the client see goes through a whole gateway.
#include "gateway/route_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace route_table_test {

config::Route route(const std::string& host, const std::string& path,
                    std::vector<std::string> methods = {}, const std::string& listener = "*") {
  config::Route out;
  out.match = {.listener = listener, .host = host, .path = path, .methods = std::move(methods)};
  out.service = "origin";
  return out;
}

class RouteTableTest : public testing::Test {
 protected:
  void build(std::vector<config::Route> routes) {
    config::Settings settings;
    settings.listeners = {{.name = "web"}, {.name = "inner"}};
    settings.routes = std::move(routes);
    service_ = std::make_shared<upstream::Service>(1, "origin", 1);
    table_.emplace(settings, ServiceFinder{{"origin", service_}});
  }
  /// "host path" of the route that answers, "405", or "404".
  std::string find(const std::string& host, const std::string& path,
                   const std::string& method = "GET", std::size_t listener = 0) {
    const RouteMatch match = table_->find(listener, host, path, method);
    if (match.route == nullptr) return match.method_refused ? "405" : "404";
    return match.route->settings.match.host + " " + match.route->settings.match.path;
  }

  std::shared_ptr<upstream::Service> service_;
  std::optional<RouteTable> table_;
};

TEST_F(RouteTableTest, TheMostParticularHostWins) {
  build({route("*", "/"), route("*.example", "/"), route("*.shop.example", "/"),
         route("a.shop.example", "/")});
  EXPECT_EQ(find("a.shop.example", "/"), "a.shop.example /");
  EXPECT_EQ(find("A.Shop.EXAMPLE:8080", "/"), "a.shop.example /");
  EXPECT_EQ(find("a.shop.example.", "/"), "a.shop.example /");
  EXPECT_EQ(find("b.shop.example", "/"), "*.shop.example /");
  EXPECT_EQ(find("x.b.shop.example", "/"), "*.shop.example /");
  EXPECT_EQ(find("shop.example", "/"), "*.example /");
  EXPECT_EQ(find("example", "/"), "* /") << "a suffix needs a name before it";
  EXPECT_EQ(find(".example", "/"), "* /");
  EXPECT_EQ(find("evilexample", "/"), "* /");
  EXPECT_EQ(find("", "/"), "* /");
  EXPECT_EQ(find("[::1]:80", "/"), "* /");
  EXPECT_EQ(find(std::string(300, 'a') + ".shop.example", "/"), "* /");
}

TEST_F(RouteTableTest, TheLongestPrefixWinsWhateverTheOrder) {
  build({route("*", "/"), route("*", "/api"), route("*", "/api/v1/"), route("*", "/static/")});
  EXPECT_EQ(find("a", "/"), "* /");
  EXPECT_EQ(find("a", "/api"), "* /api");
  EXPECT_EQ(find("a", "/api/"), "* /api");
  EXPECT_EQ(find("a", "/api/v1"), "* /api");
  EXPECT_EQ(find("a", "/api/v1/"), "* /api/v1/");
  EXPECT_EQ(find("a", "/api/v1/x"), "* /api/v1/");
  EXPECT_EQ(find("a", "/apiary"), "* /") << "a prefix ends at a segment";
  EXPECT_EQ(find("a", "/static"), "* /");
  EXPECT_EQ(find("a", "/static/x"), "* /static/");
  EXPECT_EQ(find("a", "/API"), "* /") << "paths have case";
}

TEST_F(RouteTableTest, AHostsRoutesComeBeforeLongerPathsOfOthers) {
  build({route("*", "/api/v1"), route("a", "/")});
  EXPECT_EQ(find("a", "/api/v1"), "a /");
  EXPECT_EQ(find("b", "/api/v1"), "* /api/v1");
  EXPECT_EQ(find("b", "/"), "404");
}

TEST_F(RouteTableTest, WithoutAFittingPathALessParticularHostAnswers) {
  build({route("a", "/only"), route("*", "/")});
  EXPECT_EQ(find("a", "/only/x"), "a /only");
  EXPECT_EQ(find("a", "/other"), "* /");
}

TEST_F(RouteTableTest, MethodsFallThroughAndAreNamed) {
  build({route("*", "/", {"GET", "HEAD"}), route("*", "/up", {"PUT"}),
         route("a", "/up", {"POST", "PUT"})});
  EXPECT_EQ(find("b", "/up", "PUT"), "* /up");
  EXPECT_EQ(find("b", "/up", "GET"), "* /") << "another route takes it";
  EXPECT_EQ(find("b", "/up", "DELETE"), "405");
  EXPECT_EQ(find("b", "/", "PUT"), "405");
  EXPECT_EQ(find("b", "/", "get"), "405") << "methods have case";
  EXPECT_EQ(table_->allowed_methods(0, "b", "/"), "GET, HEAD");
  EXPECT_EQ(table_->allowed_methods(0, "a", "/up"), "POST, PUT, GET, HEAD");
}

TEST_F(RouteTableTest, RoutesBelongToTheirListener) {
  build({route("*", "/", {}, "inner"), route("*", "/both")});
  EXPECT_EQ(find("a", "/", "GET", 0), "404");
  EXPECT_EQ(find("a", "/", "GET", 1), "* /");
  EXPECT_EQ(find("a", "/both", "GET", 0), "* /both");
  EXPECT_EQ(find("a", "/both", "GET", 7), "404") << "no such listener";
}

TEST_F(RouteTableTest, AsteriskAsksTheHostAsAWhole) {
  build({route("*", "/deep", {"OPTIONS"})});
  EXPECT_EQ(find("a", "*", "OPTIONS"), "* /deep");
}

// ---- what a route changes, through a whole gateway

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

struct Passed {
  std::string answer;
  std::string origin;
  bool closed = false;
};

Passed pass(config::Route with, const std::string& request,
            const std::string& response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.routes = {std::move(with)};
  InMemoryGateway gateway(std::move(settings));
  gateway.origin().response = response;
  gateway.connect();
  Passed out;
  out.answer = gateway.exchange(request);
  out.origin = gateway.origin().received();
  gateway.after(std::chrono::seconds(2));
  out.closed = gateway.client().peer_ended();
  return out;
}
std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string target_of(const std::string& origin) {
  const std::size_t space = origin.find(' ');
  return origin.substr(space + 1, origin.find(" HTTP/") - space - 1);
}

TEST(Route, PrefixesAreKeptStrippedOrRewritten) {
  struct Row {
    const char* path;
    bool strip;
    const char* rewrite;
    const char* asked;
    const char* forwarded;
  };
  const Row rows[] = {
      {"/api", false, "", "/api/x?q=1", "/api/x?q=1"},
      {"/api", true, "", "/api/x?q=1", "/x?q=1"},
      {"/api", true, "", "/api", "/"},
      {"/api", true, "", "/api/", "/"},
      {"/api", true, "", "/api?q", "/?q"},
      {"/payments/", true, "", "/payments/7", "/7"},
      {"/payments/", true, "", "/payments/", "/"},
      {"/", true, "", "/x/y", "/x/y"},
      {"/api", false, "/v2", "/api/x", "/v2/x"},
      {"/api", false, "/v2/", "/api/x", "/v2/x"},
      {"/api/", false, "/v2", "/api/x", "/v2/x"},
      {"/api/", false, "/v2/", "/api/x?y", "/v2/x?y"},
      {"/api", false, "/v2", "/api", "/v2"},
      {"/", false, "/base/", "/x", "/base/x"},
      {"/api", true, "", "/api/a/../b/./c//d", "/b/c/d"},
  };
  for (const Row& row : rows) {
    config::Route with = route("*", row.path);
    with.strip_prefix = row.strip;
    with.rewrite_prefix = row.rewrite;
    EXPECT_EQ(target_of(pass(with, get(row.asked)).origin), row.forwarded)
        << row.path << " " << row.asked;
  }
}

TEST(Route, FieldsAreRemovedSetAndAdded) {
  config::Route with = route("*", "/");
  with.request_headers = {.set = {{"X-Set", "s"}}, .add = {{"X-Add", "a"}}, .remove = {"X-Gone"}};
  with.response_headers = {
      .set = {{"Server", "weir"}}, .add = {{"X-More", "m"}}, .remove = {"X-Powered-By"}};
  const Passed passed = pass(
      with, get("/", "x-set: old\r\nX-SET: older\r\nX-Add: own\r\nx-gone: g\r\nX-Kept: k\r\n"),
      "HTTP/1.1 200 OK\r\nserver: nginx\r\nX-Powered-By: php\r\nX-More: own\r\nContent-Length: "
      "0\r\n\r\n");
  EXPECT_FALSE(has(passed.origin, "old"));
  EXPECT_FALSE(has(passed.origin, "x-gone"));
  for (const char* line : {"X-Set: s\r\n", "X-Add: own\r\n", "X-Add: a\r\n", "X-Kept: k\r\n"}) {
    EXPECT_TRUE(has(passed.origin, line)) << line;
  }
  EXPECT_FALSE(has(passed.answer, "nginx"));
  EXPECT_FALSE(has(passed.answer, "php"));
  for (const char* line : {"Server: weir\r\n", "X-More: own\r\n", "X-More: m\r\n"}) {
    EXPECT_TRUE(has(passed.answer, line)) << line;
  }
}

TEST(Route, RequestIdIsOursOrTheClients) {
  config::Route with = route("*", "/");
  Passed passed = pass(with, get("/", "X-Request-Id: mine\r\n"));
  EXPECT_FALSE(has(passed.origin, "mine"));
  const std::size_t at = passed.origin.find("X-Request-Id: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_TRUE(has(passed.answer, passed.origin.substr(at, 14 + 36))) << "the client can name it";
  with.request_id = false;
  passed = pass(with, get("/", "X-Request-Id: mine\r\n"));
  EXPECT_TRUE(has(passed.origin, "X-Request-Id: mine\r\n"));
  EXPECT_FALSE(has(passed.answer, "X-Request-Id"));
}

TEST(Route, RedirectsAnswerThemselves) {
  config::Route with = route("*", "/old");
  with.service.clear();
  with.redirect = {.status = 308, .location = "https://a/new"};
  const Passed passed = pass(with, get("/old/x"));
  EXPECT_EQ(status_of(passed.answer), 308);
  EXPECT_TRUE(has(passed.answer, "Location: https://a/new\r\n"));
  EXPECT_EQ(passed.origin, "");
}

TEST(Route, NoRouteIs404AndWrongMethod405) {
  const Passed missing = pass(route("*", "/only"), get("/other"));
  EXPECT_EQ(status_of(missing.answer), 404);
  EXPECT_TRUE(has(missing.answer, "\"reason\":\"NR\""));
  EXPECT_TRUE(has(missing.answer, "\"requestId\":\""));
  const Passed wrong = pass(route("*", "/", {"POST", "PUT"}), get("/"));
  EXPECT_EQ(status_of(wrong.answer), 405);
  EXPECT_TRUE(has(wrong.answer, "Allow: POST, PUT\r\n")) << wrong.answer;
  EXPECT_EQ(wrong.origin, "");
}

TEST(Route, BodyLimits) {
  config::Route with = route("*", "/");
  with.body_max = 10;
  const auto length = [](std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  const auto chunks = [](const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
  };
  for (const std::string& fits : {length(9), length(10), chunks("a\r\n0123456789\r\n0\r\n\r\n")}) {
    EXPECT_EQ(status_of(pass(with, fits).answer), 200) << fits;
  }
  for (const std::string& large : {length(11), chunks("b\r\n0123456789a\r\n0\r\n\r\n"),
                                   chunks("6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")}) {
    const Passed passed = pass(with, large);
    EXPECT_EQ(status_of(passed.answer), 413) << large;
    EXPECT_EQ(passed.origin, "") << large;
    EXPECT_TRUE(has(passed.answer, "Connection: close\r\n"));
    EXPECT_TRUE(passed.closed);
  }
}

TEST(Route, EscapedSlashesOnlyWhereTheyAreKept) {
  config::Route with = route("*", "/");
  EXPECT_EQ(status_of(pass(with, get("/a%2fb")).answer), 400);
  with.escapes = config::Escapes::keep;
  EXPECT_EQ(target_of(pass(with, get("/a%2Fb%5c")).origin), "/a%2Fb%5c");
}

}  // namespace route_table_test
}  // namespace weir::gateway
