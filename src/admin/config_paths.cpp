// AdminHandler, the paths that show the configuration and read it again.
#include <fmt/format.h>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/report_json.hpp"
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

base::json::object row_json(const store::OverlayRow& row, bool is_idle) {
  auto value = base::parse_json(row.value);
  return {{"key", row.key},     {"value", value ? std::move(*value) : base::json::value(row.value)},
          {"active", !is_idle}, {"origin", row.origin},
          {"by", row.who},      {"time", base::json::string(base::rfc3339(row.at_ms).text)}};
}

// What no key of the file says, as comments: the text is a file that can be used.
std::string state_lines(const std::vector<store::OverlayRow>& rows) {
  std::string out;
  for (const store::OverlayRow& row : rows) {
    if (config::is_overlay_key(row.key)) continue;
    if (out.empty()) out = "# changed at run time, beside the file:\n";
    out += fmt::format("#   {}: {}  # run time, by {} ({})\n", row.key, row.value, row.who,
                       row.origin);
  }
  return out;
}

}  // namespace

AdminHandler::Answer AdminHandler::config(AdminRequest request) {
  const std::string word = query_parameter(request.query, "effective").value_or("false");
  if (word != "true" && word != "false") {
    co_return problem(422, "effective: not true or false");
  }
  const config::Settings shown = without_secrets(*port_.settings());
  const std::vector<store::OverlayRow> rows = port_.overlay();
  const auto sources = word == "true" ? port_.sources() : nullptr;
  std::string text = config::to_yaml(shown, sources.get());
  if (word == "true") {
    const config::Surroundings around = port_.surroundings();
    text +=
        fmt::format("# TOTAL_RECORDS: {}  # {}\n", around.total_records, around.total_records_from);
    text += state_lines(rows);
  }
  base::json::array overlay;
  for (const store::OverlayRow& row : rows)
    overlay.push_back(row_json(row, port_.is_idle(row.key)));
  co_return json(base::json::object{
      {"format", "yaml"}, {"config", std::move(text)}, {"overlay", std::move(overlay)}});
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
    co_return refused_report(*report,
                             "Nothing was changed. Correct the file; `weir check` shows "
                             "every mistake.");
  }
  co_return json(base::json::object{{"applied", report->applied},
                                    {"plan", lines_json(report->plan)},
                                    {"problems", base::json::array()},
                                    {"warnings", lines_json(report->warnings)}});
}

}  // namespace weir::admin
