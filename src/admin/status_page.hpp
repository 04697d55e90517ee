#pragma once
// Status page: what the admin listener shows a browser until the dashboard exists. Plain HTML that
// reloads itself; no script, and every text escaped. Pure.

#include <string>

#include "observe/traffic_view.hpp"

namespace weir::admin {

std::string status_page(const observe::TrafficView& view, const std::string& version,
                        bool is_insecure);
/// What somebody sees there who has not logged in.
std::string login_page(bool is_insecure);

/// Text as HTML: &, <, >, quotes and control bytes.
std::string escape_html(std::string_view text);

}  // namespace weir::admin
