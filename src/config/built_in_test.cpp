#include "config/built_in.hpp"

#include <gtest/gtest.h>

#include "config/address.hpp"
#include "config/load.hpp"

namespace weir::config {
namespace {

TEST(BuiltIn, LoadsWithoutProblemsAndWarnings) {
  const LoadResult result = load_text(built_in_text(), "built-in");
  EXPECT_EQ(to_text(result.problems) + to_text(result.warnings), "");
  ASSERT_NE(result.settings, nullptr);
  const Settings& settings = *result.settings;
  EXPECT_EQ(to_text(settings.listeners.at(0).bind), "127.0.0.1:8080");
  EXPECT_EQ(to_text(settings.admin.bind), "127.0.0.1:9900");
  EXPECT_EQ(to_text(settings.trusted_proxies.at(0)), "127.0.0.1/32");
  ASSERT_EQ(settings.services.size(), 2u);
  EXPECT_EQ(settings.services[0].name, "web-server");
  EXPECT_EQ(settings.services[0].process->replicas, 3u);
  EXPECT_EQ(settings.services[1].name, "payment-service");
  EXPECT_EQ(settings.services[1].process->replicas, 2u);
  for (const Service& service : settings.services) EXPECT_EQ(service.health.check, Check{});
  ASSERT_EQ(settings.routes.size(), 2u);
  EXPECT_EQ(settings.routes[1].match.path, "/payments/");
  EXPECT_TRUE(settings.routes[1].strip_prefix);
}

TEST(BuiltIn, TakesItsAddressesFromTheOptions) {
  const LoadResult result =
      load_text(built_in_text({.gateway = "[::1]:0", .admin = "unix:/run/a b"}), "built-in");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(to_text(result.settings->listeners[0].bind), "[::1]:0");
  EXPECT_EQ(to_text(result.settings->admin.bind), "unix:/run/a b");
}

TEST(BuiltIn, AnAddressIsNeverMoreThanAValue) {
  for (const char* text : {"x\nadmin: {}", "@ADMIN@", "\"", "} #", ""}) {
    const LoadResult result = load_text(built_in_text({.gateway = text}), "built-in");
    ASSERT_EQ(result.problems.size(), 1u) << to_text(result.problems);
    EXPECT_NE(result.problems[0].message.find("bind: "), std::string::npos);
  }
}

}  // namespace
}  // namespace weir::config
