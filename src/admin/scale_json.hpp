#pragma once
// Scaling requests and answers as JSON. Pure.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/scale_command.hpp"
#include "http/exchange.hpp"

namespace weir::admin {

struct ScaleRequest {
  std::string service;  ///< empty: not named
  control::ScaleWish wish;
};

/// {"service"?: NAME, "replicas": N} or {"service"?: NAME, "action": "up" or "down"}. Fails:
/// bad_message; invalid_argument with the field named.
base::Result<ScaleRequest> parse_scale(std::string_view body);

/// 200; 409 with `retryAfter` inside the cooldown; 422 beyond the bounds or when it cannot be
/// scaled.
http::Response scale_response(const control::ScaleAnswer& answer);

}  // namespace weir::admin
