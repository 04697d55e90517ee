#pragma once
// Audit: who changed what, with the value before and after. Rows are only ever added; repositories
// put theirs into the same write as the change, so that neither is there without the other.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

struct AuditRow {
  std::int64_t id = 0;  ///< given by the database
  std::int64_t at_ms = 0;
  std::string who;      ///< a user's name, "file", "cli", "scaler"
  std::string what;     ///< "overlay.set", "user.create"
  std::string subject;  ///< a key, a name
  std::optional<std::string> before;
  std::optional<std::string> after;
  std::string came_from;  ///< an address and a program; may be empty
};

/// Texts are repaired and cut. Never give it a secret.
Write insert(const AuditRow& row);
/// The same, as part of another write.
Statement audit_statement(const AuditRow& row);

/// Newest first; `before_id` 0 = from the newest. Fails: invalid_argument for a limit that is not 1
/// to 1,000; as execute().
base::Result<std::vector<AuditRow>> read_audit(db::Connection& connection, int limit,
                                               std::int64_t before_id = 0);

}  // namespace weir::store
