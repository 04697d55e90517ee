#include "admin/service_body.hpp"

#include <gtest/gtest.h>

namespace weir::admin {
namespace service_body_test {

std::string text_of(const std::vector<config::OverlayEdit>& edits) {
  std::string out;
  for (const auto& each : edits) out += each.key + "=" + each.value.value_or("-") + "\n";
  return out;
}

std::string registered(std::string_view body) {
  const auto read = read_registration(body);
  return read ? text_of(read->edits) : std::string(read.error().detail());
}

TEST(ServiceBody, ARegistrationIsASectionAndARoute) {
  EXPECT_EQ(registered(R"({"name":"orders","endpoints":["10.0.0.7:80"]})"),
            "services.orders={\"discovery\":[{\"static\":[\"10.0.0.7:80\"]}]}\n");
  EXPECT_EQ(registered(R"({"name":"orders","endpoints":[{"address":"http://a:81/","weight":2}],
                           "path":"/o/","strip_prefix":true,"algorithm":"ip_hash"})"),
            "services.orders={\"discovery\":[{\"static\":[{\"address\":\"a:81\",\"weight\":2}]}],"
            "\"balance\":{\"algorithm\":\"ip_hash\"}}\n"
            "routes.orders={\"strip_prefix\":true,\"match\":{\"path\":\"/o/\"},"
            "\"service\":\"orders\"}\n");
}

TEST(ServiceBody, UrlsAreAddresses) {
  const auto endpoint = [](const char* text) {
    return registered(std::string(R"({"name":"a","endpoints":[")") + text + "\"]}");
  };
  EXPECT_NE(endpoint("http://h:81").find("[\"h:81\"]"), std::string::npos);
  EXPECT_NE(endpoint("http://h").find("[\"h:80\"]"), std::string::npos);
  EXPECT_NE(endpoint("http://[::1]/").find("[\"[::1]:80\"]"), std::string::npos);
  EXPECT_NE(endpoint("http://h/x").find("has no path"), std::string::npos);
  EXPECT_NE(endpoint("https://h").find("no TLS"), std::string::npos);
}

TEST(ServiceBody, MistakesAreNamed) {
  struct Row {
    const char* body;
    const char* text;
  };
  const Row rows[] = {
      {"[]", "must be a JSON object"},
      {"{", ""},
      {"{}", "name: missing"},
      {R"({"name":7})", "name: missing, or not a text"},
      {R"({"name":"7","endpoints":["a:1"]})", "name: '7' is not a name"},
      {R"({"name":"a.b","endpoints":["a:1"]})", "name: 'a.b' is not a name"},
      {R"({"name":"a"})", "endpoints: missing"},
      {R"({"name":"a","endpoints":[]})", "endpoints: not a list"},
      {R"({"name":"a","endpoints":[7]})", "endpoints: not a list"},
      {R"({"name":"a","endpoints":["a:1"],"discovery":[]})", "endpoints: discovery says"},
      {R"({"name":"a","endpoints":["a:1"],"host":"x"})", "path: missing"},
      {R"({"name":"a","endpoints":["a:1"],"process":{}})", "process: only the configuration file"},
      {R"({"name":"a","endpoint":["a:1"]})", "did you mean endpoints?"},
      {R"({"name":"a","endpoints":["a:1"],"algorithm":"x","balance":{"algorithm":"y"}})",
       "algorithm: balance.algorithm says another"},
      {R"({"name":"a","endpoints":["a:1"],"balance":{"a.b":1}})", "a.b: no such member"},
  };
  for (const Row& row : rows) {
    EXPECT_FALSE(read_registration(row.body)) << row.body;
    EXPECT_NE(registered(row.body).find(row.text), std::string::npos)
        << row.body << ": " << registered(row.body);
  }
}

std::string changed(std::string_view body, const Registered& now = {}) {
  const auto read = read_service_change(body, "web", now);
  return read ? text_of(*read) : std::string(read.error().detail());
}

TEST(ServiceBody, AChangeOfAFilesServiceIsOneEntryForEachValue) {
  EXPECT_EQ(changed(R"({"balance":{"algorithm":"ip_hash","slow_start":"5s"},
                        "breaker":{"failures":null},"health":{"outlier":{"enabled":false}}})"),
            "services.web.balance.algorithm=\"ip_hash\"\n"
            "services.web.balance.slow_start=\"5s\"\n"
            "services.web.breaker.failures=-\n"
            "services.web.health.outlier.enabled=false\n");
  EXPECT_EQ(changed(R"({"algorithm":"ip_hash"})"), "services.web.balance.algorithm=\"ip_hash\"\n");
  EXPECT_NE(changed(R"({"endpoints":["a:1"]})").find("configuration file"), std::string::npos);
  EXPECT_NE(changed(R"({"path":"/x/"})").find("configuration file"), std::string::npos);
  EXPECT_NE(changed("{}").find("nothing to change"), std::string::npos);
  EXPECT_NE(changed(R"({"name":"b"})").find("keeps its name"), std::string::npos);
}

TEST(ServiceBody, AChangeOfARegisteredServiceRewritesItsEntries) {
  const Registered now{
      true,
      R"({"discovery":[{"static":["a:1"]}],"balance":{"algorithm":"ip_hash","slow_start":"5s"}})",
      R"({"match":{"path":"/o/"},"service":"web"})"};
  EXPECT_EQ(changed(R"({"endpoints":["b:2"],"balance":{"slow_start":null}})", now),
            "services.web={\"discovery\":[{\"static\":[\"b:2\"]}],"
            "\"balance\":{\"algorithm\":\"ip_hash\"}}\n");
  EXPECT_NE(changed(R"({"host":"shop.example"})", now)
                .find(R"(routes.web={"match":{"path":"/o/","host":"shop.example"})"),
            std::string::npos);
  EXPECT_NE(changed(R"({"path":null})", now).find("routes.web=-"), std::string::npos);
  Registered routeless = now;
  routeless.route.clear();
  EXPECT_NE(changed(R"({"strip_prefix":true})", routeless).find("path: missing"),
            std::string::npos);
  EXPECT_NE(changed(R"({"path":"/n/"})", routeless).find(R"(routes.web={"match":{"path":"/n/"})"),
            std::string::npos);
}

}  // namespace service_body_test
}  // namespace weir::admin
