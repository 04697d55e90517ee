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

using Edits = base::Result<std::vector<config::OverlayEdit>>;

// Which service it is about, and what was laid over it before, as JSON.
struct Changed {
  config::Service service;
  std::optional<std::string> before;
};

base::Result<const config::Service*> want_service(const ConfigNow& now, const std::string& id) {
  if (const config::Service* service = service_named(now.settings, id)) return service;
  std::vector<std::string> names;
  for (const config::Service& service : now.settings.services) names.push_back(service.name);
  return base::fail(base::Errc::not_found, control::no_such("service", id, names));
}

std::optional<std::string> laid_over(const std::vector<store::OverlayRow>& rows,
                                     const std::string& name) {
  base::json::object out;
  for (const store::OverlayRow& row : rows) {
    const bool is_its = row.key == "services." + name || row.key == "routes." + name ||
                        row.key.starts_with(fmt::format("services.{}.", name));
    if (!is_its) continue;
    auto value = base::parse_json(row.value);
    out[row.key] = value ? *std::move(value) : base::json::value(row.value);
  }
  if (out.empty()) return std::nullopt;
  return base::to_text(out);
}

Edits plan_removal(const ConfigNow& now, const std::string& id, Changed& told) {
  WEIR_TRY(const config::Service* service, want_service(now, id));
  if (!service->registered) {
    return base::fail(base::Errc::conflict,
                      fmt::format("{} is in the configuration file: take it out there, with the "
                                  "routes that lead to it, then weir reload",
                                  service->name));
  }
  told = {*service, laid_over(now.rows, service->name)};
  return std::vector<config::OverlayEdit>{{"services." + service->name, std::nullopt}};
}

Edits plan_change(const ConfigNow& now, const std::string& id, const std::string& body,
                  Changed& told) {
  WEIR_TRY(const config::Service* service, want_service(now, id));
  told = {*service, laid_over(now.rows, service->name)};
  return read_service_change(body, service->name, registered_now(now.rows, service->name));
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
  ChangePlan plan = [wanted = *std::move(wanted)](const ConfigNow& now) -> Edits {
    if (service_named(now.settings, wanted.name) == nullptr) return wanted.edits;
    return base::fail(base::Errc::conflict,
                      fmt::format("there is a service '{}' already; PATCH /api/services/{} changes "
                                  "it",
                                  wanted.name, wanted.name));
  };
  auto changing = port_.change(std::move(plan), request.by);
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
  const bool is_removal = request.method == "DELETE";
  // Filled in when its turn comes.
  auto told = std::make_shared<Changed>();
  ChangePlan plan = [told, is_removal, id = request.id,
                     body = request.body](const ConfigNow& now) -> Edits {
    return is_removal ? plan_removal(now, id, *told) : plan_change(now, id, body, *told);
  };
  auto changing = port_.change(std::move(plan), request.by);
  const auto report = co_await changing;
  if (!report) co_return from_error(report.error());
  request.trail->is_noted = true;
  if (!report->problems.empty()) co_return refused_report(*report, "Nothing was changed.");
  request.trail->add(is_removal ? "service.remove" : "service.change", told->service.name,
                     told->before, is_removal ? std::nullopt : std::optional(request.body));
  base::json::object out = changed_json(told->service, *report);
  if (is_removal) out["removed"] = true;
  co_return json(out);
}

AdminHandler::Answer AdminHandler::unset(AdminRequest request) {
  std::optional<std::string> before;
  const std::vector<store::OverlayRow> rows = port_.overlay();
  if (const auto* row = row_named(rows, request.id)) before = row->value;
  auto unsetting = port_.unset(request.id, request.by);
  const auto done = co_await unsetting;
  if (!done) co_return from_error(done.error());
  request.trail->add("config.unset", request.id, std::move(before));
  co_return json(base::json::object{{"key", request.id}, {"unset", true}});
}

}  // namespace weir::admin
