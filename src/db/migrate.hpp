#pragma once
// migrate: brings a database's tables to the version the program wants, one transaction a version.
//
// Invariants
//  1. Versions of a component are 1, 2, 3, … without gaps and only ever grow; a migration that was
//     released is never edited (its checksum is kept and compared).
//  2. A version is applied whole or not at all, also when two programs start at once: the second
//     waits and finds it done.
//  3. A database that is newer than the program is refused and left as it is.
//
//   schema_migrations(component, version, name, checksum, applied_at_ms)
// `component` lets several parts of weir keep tables in one database, each with its own versions.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace weir::db {

struct Migration {
  int version = 0;
  std::string_view name;
  std::vector<std::string_view> statements;  ///< with the words of dialect.hpp
};

struct AppliedMigration {
  int version = 0;
  std::string name;
  std::int64_t applied_at_ms = 0;
};

struct MigrationStatus {
  std::vector<AppliedMigration> applied;  ///< oldest first
  std::vector<int> pending;               ///< in order
  int database_version = 0;
  int program_version = 0;
};

/// Writes nothing. Fails: conflict when the database is newer than the program, or a migration was
/// edited after it was applied.
base::Result<MigrationStatus> migration_status(Connection& connection, std::string_view component,
                                               std::span<const Migration> migrations);

/// Applies what is pending and returns the status afterwards. `now_ms` is noted in the table.
/// Fails: as migration_status() and execute(); versions before the failing one stay applied.
/// Requires: invariant 1, which is asserted.
base::Result<MigrationStatus> migrate(Connection& connection, std::string_view component,
                                      std::span<const Migration> migrations, std::int64_t now_ms);

}  // namespace weir::db
