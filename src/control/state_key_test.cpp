#include "control/state_key.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace state_key_test {

TEST(StateKey, IsReadBackWhateverAnEndpointIsCalled) {
  struct Row {
    StateKey key;
    const char* text;
  };
  const Row rows[] = {
      {{StateKind::weight, "web", "10.0.0.1:80"}, "endpoints.web.10.0.0.1:80.weight"},
      {{StateKind::drain, "web", "a.weight.b"}, "endpoints.web.a.weight.b.drain"},
      {{StateKind::endpoint_breaker, "web", "web-1"}, "endpoints.web.web-1.breaker"},
      {{StateKind::service_breaker, "web", ""}, "breakers.web"},
      {{StateKind::arm, "web", ""}, "arms.web"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.key.text(), row.text);
    const auto parsed = StateKey::parse(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_EQ(parsed->kind, row.key.kind);
    EXPECT_EQ(parsed->service, row.key.service);
    EXPECT_EQ(parsed->endpoint, row.key.endpoint);
  }
  for (const char* text : {"", "endpoints", "endpoints.", "endpoints.web", "endpoints.web.weight",
                           "endpoints..a.drain", "endpoints.web.a.colour", "breakers.",
                           "breakers.a.b", "arms.", "services.web"}) {
    EXPECT_FALSE(StateKey::parse(text)) << text;
  }
}

TEST(StateKey, TheFileSaysTheWeightsOfItsEndpoints) {
  config::Settings settings;
  config::Service& web = settings.services.emplace_back();
  web.name = "web";
  web.endpoints = {{.address = {.host = "10.0.0.1", .port = 80}, .weight = 3},
                   {.address = {.host = "b.internal", .port = 81}}};
  const auto value = [&](StateKind kind, const char* endpoint) {
    return file_value({kind, "web", endpoint}, settings);
  };
  EXPECT_EQ(value(StateKind::weight, "10.0.0.1:80"), "3");
  EXPECT_EQ(value(StateKind::weight, "b.internal:81 10.0.0.7:81"), "1");
  EXPECT_EQ(value(StateKind::weight, "10.0.0.1:8"), "");
  EXPECT_EQ(value(StateKind::drain, "10.0.0.1:80"), "");
  EXPECT_EQ(file_value({StateKind::weight, "api", "10.0.0.1:80"}, settings), "");
}

}  // namespace state_key_test
}  // namespace weir::control
