// AdminHandler, the paths that show the configuration and read it again.
#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "config/effective.hpp"

namespace weir::admin {
namespace {

// Values that may be secrets: those of fields that weir sets, of variables, and passwords of URLs
// (masked by to_yaml).
config::Settings without_secrets(config::Settings settings) {
  constexpr std::string_view kHidden = "***";
  for (config::Route& route : settings.routes) {
    for (config::Header& each : route.request_headers.set) each.value = kHidden;
    for (config::Header& each : route.request_headers.add) each.value = kHidden;
  }
  for (config::Service& service : settings.services) {
    if (!service.process) continue;
    for (config::Variable& each : service.process->environment) each.value = kHidden;
  }
  return settings;
}

base::json::array lines_json(const std::vector<std::string>& lines) {
  base::json::array out;
  for (const std::string& each : lines) out.emplace_back(each);
  return out;
}

}  // namespace

AdminHandler::Answer AdminHandler::config(AdminRequest) {
  const config::Settings shown = without_secrets(*port_.settings());
  co_return json(base::json::object{{"format", "yaml"}, {"config", config::to_yaml(shown)}});
}

// 200 also for a plan; 422 when the file has mistakes, and then nothing was changed.
AdminHandler::Answer AdminHandler::reload(AdminRequest request) {
  const std::string word = query_parameter(request.query, "plan").value_or("false");
  if (word != "true" && word != "false") {
    co_return problem(422, "plan: not true or false");
  }
  auto reloading = port_.reload(word == "true", request.by);
  const auto report = co_await reloading;
  if (!report) co_return from_error(report.error());
  request.trail->is_noted = true;
  if (report->applied) {
    request.trail->add("config.reload", "configuration", {},
                       base::to_text(base::json::value(lines_json(report->plan))));
  }
  if (!report->problems.empty()) {
    http::Response refused = problem(422, report->problems.front(),
                                     "Nothing was changed. Correct the file; `weir check` "
                                     "shows every mistake.");
    auto body = base::parse_json(refused.body);
    if (body && body->is_object()) {
      body->get_object()["applied"] = false;
      body->get_object()["problems"] = lines_json(report->problems);
      body->get_object()["plan"] = lines_json(report->plan);
      refused.body = base::to_text(*body) + "\n";
    }
    co_return refused;
  }
  co_return json(base::json::object{{"applied", report->applied},
                                    {"plan", lines_json(report->plan)},
                                    {"problems", base::json::array()},
                                    {"warnings", lines_json(report->warnings)}});
}

}  // namespace weir::admin
