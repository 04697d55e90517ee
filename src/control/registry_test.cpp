#include "control/registry.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace {

TEST(Registry, OnlyEligibleEndpointsArePublished) {
  Registry registry(2);
  const auto service = registry.add_service(1, "web");
  const auto first = registry.add_endpoint("web", "web-1", "127.0.0.1:1", 1, {}).value();
  const auto second = registry.add_endpoint("web", "web-2", "127.0.0.1:2", 1, {}).value();
  EXPECT_TRUE(service->endpoints.load()->ids.empty());
  registry.set_state(second->id, true, "eligible", "");
  registry.set_state(first->id, true, "eligible", "");
  EXPECT_EQ(service->endpoints.load()->ids, (std::vector{first->id, second->id}));
  registry.set_state(first->id, false, "down", "its process died");
  EXPECT_EQ(service->endpoints.load()->ids, (std::vector{second->id}));
  EXPECT_EQ(registry.services()[0].endpoints[0].reason, "its process died");
}

TEST(Registry, AnIdIsNeverUsedAgain) {
  Registry registry(1);
  const auto service = registry.add_service(1, "web");
  const auto first = registry.add_endpoint("web", "web-1", "127.0.0.1:1", 1, {}).value();
  registry.set_state(first->id, true, "eligible", "");
  registry.remove_endpoint(first->id);
  EXPECT_TRUE(service->endpoints.load()->ids.empty());
  const auto again = registry.add_endpoint("web", "web-1", "127.0.0.1:1", 1, {}).value();
  EXPECT_GT(again->id, first->id);
  registry.set_state(first->id, true, "eligible", "");  // late news of what has left
  EXPECT_TRUE(service->endpoints.load()->ids.empty());
}

TEST(Registry, AnUnknownServiceIsAnError) {
  Registry registry(1);
  EXPECT_EQ(registry.add_endpoint("nope", "x", "127.0.0.1:1", 1, {}).error().code(),
            base::Errc::not_found);
}

}  // namespace
}  // namespace weir::control
