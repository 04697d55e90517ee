#include "control/registry.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace {

constexpr base::Time kNow{std::chrono::seconds(100)};

config::Service web() { return {.number = 1, .name = "web"}; }
Registry::NewEndpoint endpoint(const std::string& name) {
  return {.service = "web", .name = name, .address = "127.0.0.1:1", .at_start = true};
}

TEST(Registry, OnlyEligibleEndpointsArePublished) {
  Registry registry(2);
  const auto service = registry.add_service(web());
  const auto first = registry.add_endpoint(endpoint("web-1"), kNow).value();
  const auto second = registry.add_endpoint(endpoint("web-2"), kNow).value();
  EXPECT_TRUE(service->endpoints.load()->ids.empty());
  registry.set_ready(second->id, true, "eligible", "", kNow);
  registry.set_ready(first->id, true, "eligible", "", kNow);
  EXPECT_EQ(service->endpoints.load()->ids, (std::vector{first->id, second->id}));
  registry.set_ready(first->id, false, "down", "its process died", kNow);
  EXPECT_EQ(service->endpoints.load()->ids, (std::vector{second->id}));
  EXPECT_EQ(registry.services(kNow)[0].endpoints[0].reason, "its process died");
}

TEST(Registry, AnIdIsNeverUsedAgain) {
  Registry registry(1);
  const auto service = registry.add_service(web());
  const auto first = registry.add_endpoint(endpoint("web-1"), kNow).value();
  registry.set_ready(first->id, true, "eligible", "", kNow);
  registry.remove_endpoint(first->id, kNow);
  EXPECT_TRUE(service->endpoints.load()->ids.empty());
  const auto again = registry.add_endpoint(endpoint("web-1"), kNow).value();
  EXPECT_GT(again->id, first->id);
  registry.set_ready(first->id, true, "eligible", "", kNow);  // late news of what has left
  EXPECT_TRUE(service->endpoints.load()->ids.empty());
}

TEST(Registry, AnUnknownServiceIsAnError) {
  Registry registry(1);
  EXPECT_EQ(registry.add_endpoint({.service = "nope", .name = "x", .address = "127.0.0.1:1"}, kNow)
                .error()
                .code(),
            base::Errc::not_found);
}

}  // namespace
}  // namespace weir::control
