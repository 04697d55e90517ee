#pragma once
// Answers of the admin API: JSON, and problems with what to do about them.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "http/response.hpp"

namespace weir::admin {

/// Lifetime: `action` until the call returns.
http::Response problem(std::uint16_t status, std::string detail, std::string_view action = {});
http::Response json(const base::json::value& value);
/// not_found 404, invalid_argument 422, bad_message 400, conflict 409, deadline and overloaded 503,
/// else 500.
http::Response from_error(const base::Error& error);

}  // namespace weir::admin
