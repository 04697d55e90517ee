#pragma once
// Circuit breakers: the last known state of each, for people. The breakers themselves live in
// memory and begin closed; a row is written when a state changes, not for each failure. What an
// operator forced is kept by the overlay.

#include <cstdint>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

struct BreakerRow {
  std::string service;
  std::string endpoint;          ///< empty: the service's own breaker
  std::string state = "closed";  ///< closed, open, half_open
  bool forced = false;           ///< by an operator
  std::string reason;
  std::int64_t failures = 0;  ///< in a row, when the state changed
  std::int64_t opened_at_ms = 0;
  std::int64_t changed_at_ms = 0;
};

/// An older change never replaces a newer one: writes of two lanes may come in any order.
/// Fails: invalid_argument for another state, or names that are none.
base::Result<Write> save_breaker(const BreakerRow& row);
/// When a service or endpoint is gone. Empty endpoint: all of the service.
Write forget_breakers(std::string_view service, std::string_view endpoint = {});
/// When weir starts: its breakers are all new.
Write forget_all_breakers();

/// By service and endpoint.
base::Result<std::vector<BreakerRow>> list_breakers(db::Connection& connection);

}  // namespace weir::store
