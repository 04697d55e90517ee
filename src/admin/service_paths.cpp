// AdminHandler, the paths that register, change and remove services, and take such changes back.
#include <fmt/format.h>

#include <algorithm>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/page.hpp"
#include "admin/report_json.hpp"
#include "admin/service_body.hpp"
#include "admin/view_json.hpp"
#include "base/text.hpp"

namespace weir::admin {
namespace {

const store::OverlayRow* row_named(const std::vector<store::OverlayRow>& rows,
                                   const std::string& key) {
  const auto found = std::ranges::find(rows, key, &store::OverlayRow::key);
  return found == rows.end() ? nullptr : &*found;
}

Registered registered_now(const std::vector<store::OverlayRow>& rows, const std::string& name) {
  Registered out;
  if (const auto* row = row_named(rows, "services." + name)) {
    out.is = true;
    out.definition = row->value;
  }
  if (const auto* row = row_named(rows, "routes." + name)) out.route = row->value;
  return out;
}

// By number or name, of the settings in force: the view is up to a second old.
const config::Service* service_named(const config::Settings& settings, std::string_view id) {
  const auto number = base::parse_uint(id);
  for (const config::Service& service : settings.services) {
    if (service.name == id || (number && *number == service.number)) return &service;
  }
  return nullptr;
}

http::Response missing_service(const config::Settings& settings, std::string_view id) {
  std::vector<std::string> names;
  for (const config::Service& service : settings.services) names.push_back(service.name);
  return problem(404, control::no_such("service", id, names), "GET /api/services lists them.");
}

base::json::object changed_json(const config::Service& service, const ReloadReport& report) {
  base::json::array plan;
  for (const std::string& line : report.plan) plan.emplace_back(line);
  return {{"id", service.number},
          {"name", service.name},
          {"registered", service.registered},
          {"plan", std::move(plan)}};
}

}  // namespace

AdminHandler::Answer AdminHandler::services(AdminRequest request) {
  if (request.method != "POST") {
    const auto page = page_in(request.query);
    if (!page) co_return from_error(page.error());
    co_return json(services_json(port_.traffic(), *page));
  }
  auto wanted = read_registration(request.body);
  if (!wanted) co_return from_error(wanted.error());
  const std::string name = wanted->name;
  if (service_named(*port_.settings(), name) != nullptr) {
    co_return problem(409, fmt::format("there is a service '{}' already", name),
                      fmt::format("PATCH /api/services/{} changes it.", name));
  }
  auto changing = port_.change(std::move(wanted->edits), request.by);
  const auto report = co_await changing;
  if (!report) co_return from_error(report.error());
  request.trail->is_noted = true;
  if (!report->problems.empty()) co_return refused_report(*report, "Nothing was changed.");
  request.trail->add("service.register", name, {}, request.body);
  const auto settings = port_.settings();
  const config::Service* service = service_named(*settings, name);
  if (service == nullptr) co_return problem(409, fmt::format("{} was removed meanwhile", name));
  http::Response response = json(changed_json(*service, *report));
  response.status = 201;
  response.fields.emplace_back("Location", fmt::format("/api/services/{}", name));
  co_return response;
}

AdminHandler::Answer AdminHandler::service(AdminRequest request) {
  if (request.method == "PATCH" || request.method == "DELETE") {
    auto changing = change_service(std::move(request));
    co_return co_await changing;
  }
  const observe::TrafficView view = port_.traffic();
  const observe::ServiceView* service = find_service(view, request.id);
  if (service == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : view.services) names.push_back(each.name);
    co_return problem(404, control::no_such("service", request.id, names),
                      "GET /api/services lists them.");
  }
  co_return json(service_json(*service));
}

AdminHandler::Answer AdminHandler::change_service(AdminRequest request) {
  const auto before = port_.settings();
  const config::Service* service = service_named(*before, request.id);
  if (service == nullptr) co_return missing_service(*before, request.id);
  const std::string name = service->name;
  const bool is_removal = request.method == "DELETE";
  std::vector<config::OverlayEdit> edits;
  if (is_removal) {
    if (!service->registered) {
      co_return problem(409, fmt::format("{} is in the configuration file", name),
                        "Take it out there, with the routes that lead to it, then weir reload.");
    }
    edits.push_back({"services." + name, std::nullopt});
  } else {
    auto wanted = read_service_change(request.body, name, registered_now(port_.overlay(), name));
    if (!wanted) co_return from_error(wanted.error());
    edits = std::move(*wanted);
  }
  auto changing = port_.change(std::move(edits), request.by);
  const auto report = co_await changing;
  if (!report) co_return from_error(report.error());
  request.trail->is_noted = true;
  if (!report->problems.empty()) co_return refused_report(*report, "Nothing was changed.");
  request.trail->add(is_removal ? "service.remove" : "service.change", name, {},
                     is_removal ? std::nullopt : std::optional(request.body));
  const auto after = port_.settings();
  const config::Service* changed = service_named(*after, name);
  base::json::object out = changed_json(changed != nullptr ? *changed : *service, *report);
  if (is_removal) out["removed"] = true;
  co_return json(out);
}

AdminHandler::Answer AdminHandler::unset(AdminRequest request) {
  auto unsetting = port_.unset(request.id, request.by);
  const auto done = co_await unsetting;
  if (!done) co_return from_error(done.error());
  request.trail->add("config.unset", request.id);
  co_return json(base::json::object{{"key", request.id}, {"unset", true}});
}

}  // namespace weir::admin
