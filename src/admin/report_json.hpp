#pragma once
// ReportJson: what a change of the configuration did, or why it did nothing.

#include <string_view>

#include "admin/admin_port.hpp"
#include "http/response.hpp"

namespace weir::admin {

base::json::array lines_json(const std::vector<std::string>& lines);
/// 422 with every problem; the first one is the detail. Requires: problems.
http::Response refused_report(const ReloadReport& report, std::string_view action);

}  // namespace weir::admin
