#include "admin/topology_json.hpp"

#include <gtest/gtest.h>

namespace weir::admin::topology_json_test {
namespace {

observe::ServiceView service(std::uint32_t number, std::string name) {
  observe::ServiceView out;
  out.number = number;
  out.name = std::move(name);
  out.state = "healthy";
  out.load.rps = 12.5;
  return out;
}

config::Route route(std::string listener, std::string to) {
  config::Route out;
  out.match.listener = std::move(listener);
  out.service = std::move(to);
  return out;
}

observe::TrafficView two_listeners() {
  observe::TrafficView view;
  view.listeners = {{.name = "web"}, {.name = "inner"}};
  view.services = {service(1, "shop"), service(2, "pay")};
  return view;
}

const base::json::object& named(const base::json::object& graph, std::string_view list,
                                std::string_view id) {
  for (const auto& each : graph.at(list).as_array()) {
    if (each.at("id").as_string() == id) return each.as_object();
  }
  static const base::json::object kNone;
  ADD_FAILURE() << "no " << id << " in " << base::to_text(graph.at(list));
  return kNone;
}

TEST(TopologyJson, FiguresAreGivenWhereOneListenerLeads) {
  config::Settings settings;
  settings.routes = {route("*", "shop"), route("web", "pay"), route("web", "gone")};
  const auto graph = topology_json(two_listeners(), settings);
  EXPECT_EQ(graph.at("edges").as_array().size(), 3u);  // none to what the view does not know
  EXPECT_EQ(named(graph, "edges", "listener:web>service:2").at("requestsPerSecond").as_double(),
            12.5);
  for (const char* each : {"listener:web>service:1", "listener:inner>service:1"}) {
    EXPECT_TRUE(named(graph, "edges", each).at("requestsPerSecond").is_null());
  }
}

TEST(TopologyJson, AServiceSaysWhatIsWrongTheStrongestFirst) {
  struct Row {
    const char* state;
    const char* breaker;
    bool forced;
    bool panic;
    int out;  // of two endpoints; -1: there are none
    const char* reason;
  };
  for (const Row& row :
       {Row{"healthy", "closed", false, false, 0, ""},
        Row{"degraded", "closed", false, false, 1, "1 of 2 endpoints out (e0: ejected)"},
        Row{"degraded", "closed", false, false, 0, "fewer endpoints than it should have"},
        Row{"unhealthy", "closed", false, false, -1, "it has no endpoint"},
        Row{"degraded", "closed", false, true, 2,
            "too few endpoints are fit, so that their health is ignored"},
        Row{"unhealthy", "open", true, true, 2, "its circuit breaker is open (forced)"},
        Row{"degraded", "half-open", false, false, 0, "its circuit breaker is half-open"}}) {
    observe::TrafficView view;
    view.services = {service(1, "shop")};
    auto& shop = view.services[0];
    shop.state = row.state;
    shop.breaker.state = row.breaker;
    shop.breaker.forced = row.forced;
    shop.panic = row.panic;
    for (int i = 0; row.out >= 0 && i < 2; ++i) {
      observe::EndpointView endpoint;
      endpoint.id = static_cast<std::uint32_t>(i + 1);
      endpoint.name = "e" + std::to_string(i);
      endpoint.healthy = i >= row.out;
      endpoint.state = endpoint.healthy ? "eligible" : "ejected";
      shop.endpoints.push_back(std::move(endpoint));
    }
    const auto graph = topology_json(view, {});
    EXPECT_EQ(named(graph, "nodes", "service:1").at("reason").as_string(), row.reason);
  }
}

}  // namespace
}  // namespace weir::admin::topology_json_test
