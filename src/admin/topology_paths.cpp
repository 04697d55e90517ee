// AdminHandler, the paths that show all parts at once, and the API's own description.
#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/openapi.hpp"
#include "admin/topology_json.hpp"
#include "admin/view_json.hpp"

namespace weir::admin {

AdminHandler::Answer AdminHandler::topology(AdminRequest) {
  co_return json(topology_json(port_.traffic(), *port_.settings()));
}

AdminHandler::Answer AdminHandler::backends(AdminRequest request) {
  const auto page = page_in(request.query);
  if (!page) co_return from_error(page.error());
  const observe::TrafficView view = port_.traffic();
  const observe::ServiceView* only = nullptr;
  if (const auto id = query_parameter(request.query, "service"); id) {
    only = find_service(view, *id);
    if (only == nullptr) {
      std::vector<std::string> names;
      for (const auto& each : view.services) names.push_back(each.name);
      co_return problem(404, control::no_such("service", *id, names));
    }
  }
  co_return json(backends_json(view, only, *page));
}

AdminHandler::Answer AdminHandler::openapi(AdminRequest request) {
  const bool is_yaml = request.path.ends_with(".yaml");
  http::Response response;
  response.content_type = is_yaml ? "application/yaml" : "application/json";
  response.body = is_yaml ? openapi_yaml() : openapi_json();
  co_return response;
}

}  // namespace weir::admin
