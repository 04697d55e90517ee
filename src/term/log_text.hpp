#pragma once
// Lines of the event log (GET /api/logs) for a terminal, and rows of any table. Pure.

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "term/line.hpp"

namespace weir::term {

/// "2026-11-20T23:25:12.345Z warn  control web-server: ejected … endpoint=web-server-2". Not cut:
/// a terminal wraps it.
Line log_line(const base::json::object& entry);

/// {"columns": [names], "rows": [[cells]]} as a table; the last columns go first when it is narrow.
std::vector<Line> rows_table(const base::json::object& answer, std::size_t width);

}  // namespace weir::term
