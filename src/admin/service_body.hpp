#pragma once
// ServiceBody: what the bodies of POST and PATCH /api/services mean, as changes laid over the
// configuration. Only the form is judged here; the configuration's own reader judges the values, so
// that both say the same about a mistake. Pure.
//
//   { "name": "orders",                                  POST only
//     "endpoints": ["10.0.0.7:80", {"address": "10.0.0.8:80", "weight": 2}],
//     "path": "/orders/", "host": "shop.example", "strip_prefix": true,      its route
//     "algorithm": "random_two",                         short for balance.algorithm
//     "discovery": [...], "balance": {...}, "health": {...}, "breaker": {...},
//     "concurrency": {...}, "rate_limit": {...} }        as in weir.yaml
//
// In a PATCH null takes a member back to what the file, or the default, says.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "config/overlay.hpp"

namespace weir::admin {

/// What a registered service is made of now, as its overlay rows have it.
struct Registered {
  bool is = false;         ///< false: a service of the file
  std::string definition;  ///< JSON of services.NAME
  std::string route;       ///< JSON of routes.NAME; empty: it has none
};

struct Registration {
  std::string name;
  std::vector<config::OverlayEdit> edits;
};

/// Fails: bad_message, invalid_argument naming the member.
base::Result<Registration> read_registration(std::string_view body);

/// Fails: as above; conflict for what only a registered service can have changed.
base::Result<std::vector<config::OverlayEdit>> read_service_change(std::string_view body,
                                                                   const std::string& name,
                                                                   const Registered& now);

}  // namespace weir::admin
