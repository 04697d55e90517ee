#pragma once
// The sentences of `weir explain`, from the JSON of the admin API. Pure. Whatever is missing is
// left out: the weir that answers may be another version.

#include <string>

#include "base/json.hpp"

namespace weir::app {

/// One exchange, as GET /api/decisions/{id} gives it. Ends in a line feed, as the next.
std::string decision_text(const base::json::object& decision);
/// A request that is not sent, as GET /api/explain gives it.
std::string explained_text(const base::json::object& explained);

}  // namespace weir::app
