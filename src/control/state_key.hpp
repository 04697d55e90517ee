#pragma once
// StateKey: the names of what the operator changes at run time and no key of the file says, as rows
// of the overlay. Names of services have no dot, so that a key can be read back whatever an
// endpoint is called.
//
//   endpoints.SERVICE.ENDPOINT.weight   a number
//   endpoints.SERVICE.ENDPOINT.drain    true
//   endpoints.SERVICE.ENDPOINT.breaker  "open" or "close"
//   breakers.SERVICE                    "open" or "close"
//   arms.SERVICE                        the algorithm that adaptive is pinned to

#include <optional>
#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace weir::control {

enum class StateKind : std::uint8_t { weight, drain, endpoint_breaker, service_breaker, arm };

struct StateKey {
  StateKind kind = StateKind::weight;
  std::string service;
  std::string endpoint;  ///< of the first three kinds

  std::string text() const;
  /// Nothing: it is none of them.
  static std::optional<StateKey> parse(std::string_view text);
};

/// What the file says where the key would stand: a static endpoint's weight; else nothing.
std::string file_value(const StateKey& key, const config::Settings& settings);

}  // namespace weir::control
