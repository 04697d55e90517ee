#pragma once
// Overlay: changes made at run time (algorithm, weight, drain, forced breaker, registered service),
// which outlive restart and reload until the file changes the key or somebody unsets it. Who asked
// for what is in the audit table; here is what came of it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

struct OverlayRow {
  std::string key;     ///< "services.app.algorithm"
  std::string value;   ///< JSON
  std::string origin;  ///< "api", "cli", "dashboard"
  std::string who;
  std::int64_t at_ms = 0;
  std::string file_value;  ///< what the file said there; config::written_text()
};

/// Sets or replaces. Fails: invalid_argument for a key or origin that is no name, or a value that
/// is no JSON.
base::Result<Write> set(const OverlayRow& row);

/// Takes the key out; done when it is not there too.
Write unset_overlay(std::string_view key);

/// All, by key. As many as there are: a person made each.
base::Result<std::vector<OverlayRow>> read_overlay(db::Connection& connection);
base::Result<std::optional<OverlayRow>> find_overlay(db::Connection& connection,
                                                     std::string_view key);

}  // namespace weir::store
