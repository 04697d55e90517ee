#include "admin/report_json.hpp"

#include "admin/answer.hpp"

namespace weir::admin {

base::json::array lines_json(const std::vector<std::string>& lines) {
  base::json::array out;
  for (const std::string& each : lines) out.emplace_back(each);
  return out;
}

http::Response refused_report(const ReloadReport& report, std::string_view action) {
  http::Response refused = problem(422, report.problems.front(), action);
  auto body = base::parse_json(refused.body);
  if (body && body->is_object()) {
    body->get_object()["applied"] = false;
    body->get_object()["problems"] = lines_json(report.problems);
    body->get_object()["plan"] = lines_json(report.plan);
    refused.body = base::to_text(*body) + "\n";
  }
  return refused;
}

}  // namespace weir::admin
