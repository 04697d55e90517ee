// AdminHandler, the paths that scale a service.
#include <fmt/format.h>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/scale_json.hpp"
#include "admin/view_json.hpp"

namespace weir::admin {

AdminHandler::Answer AdminHandler::scale_to(AdminRequest request, std::string service,
                                            control::ScaleWish wish) {
  auto scaling = port_.scale(std::move(service), wish, request.by);
  const auto done = co_await scaling;
  if (!done) co_return from_error(done.error());
  if (done->kind == control::ScaleAnswer::Kind::done) {
    request.trail->add("service.scale", done->service, std::to_string(done->from),
                       std::to_string(done->to));
  }
  co_return scale_response(*done);
}

AdminHandler::Answer AdminHandler::scale_service(AdminRequest request) {
  const control::ScaleWish wish{.replicas = std::nullopt,
                                .step = request.action == "scale-up" ? 1 : -1};
  const std::string id = request.id;
  auto scaling = scale_to(std::move(request), id, wish);
  co_return co_await scaling;
}

// Without a service: the only one that can be scaled.
AdminHandler::Answer AdminHandler::scale(AdminRequest request) {
  auto parsed = parse_scale(request.body);
  if (!parsed) co_return from_error(parsed.error());
  std::string service = parsed->service;
  if (service.empty()) {
    std::string names;
    std::size_t count = 0;
    for (const auto& each : port_.traffic().services) {
      if (!each.scaling.enabled) continue;
      ++count;
      service = each.name;
      names += (names.empty() ? "" : ", ") + each.name;
    }
    if (count != 1) {
      co_return problem(422, names.empty()
                                 ? "service: there is none that can be scaled"
                                 : "service: name one of those that can be scaled: " + names);
    }
  }
  auto scaling = scale_to(std::move(request), std::move(service), parsed->wish);
  co_return co_await scaling;
}

}  // namespace weir::admin
