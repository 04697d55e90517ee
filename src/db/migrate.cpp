#include "db/migrate.hpp"

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "db/transaction.hpp"

namespace weir::db {
namespace {

constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations("
    "component {text} NOT NULL, version {int} NOT NULL, name {text} NOT NULL,"
    " checksum {text} NOT NULL, applied_at_ms {int} NOT NULL,"
    " PRIMARY KEY(component, version)) {strict}";

// Any number that no other user of the same server's advisory locks is likely to take.
constexpr std::int64_t kMigrationLock = 0x7765697264620001;

std::string checksum(const Migration& migration) {
  std::uint64_t hash = 0;
  for (const auto statement : migration.statements) hash = base::hash64(statement, hash);
  return fmt::format("{:016x}", hash);
}

base::Result<bool> has_table(Connection& connection) {
  const std::string_view sql =
      connection.dialect() == Dialect::sqlite
          ? "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
          : "SELECT count(to_regclass('schema_migrations'))";
  WEIR_TRY(const Rows found, connection.execute(sql));
  return found.scalar().integer() > 0;
}

base::Result<void> compare(const AppliedMigration& applied, std::string_view applied_checksum,
                           std::span<const Migration> migrations) {
  const auto known = static_cast<int>(migrations.size());
  if (applied.version > known) {
    return base::fail(base::Errc::conflict,
                      fmt::format("the database is newer than this program: it has version {} ({}),"
                                  " the program knows {}; use the newer weir, or another database",
                                  applied.version, applied.name, known));
  }
  if (applied.version < 1) {
    return base::fail(base::Errc::conflict,
                      fmt::format("schema_migrations names a version {}", applied.version));
  }
  const Migration& same = migrations[static_cast<std::size_t>(applied.version - 1)];
  if (checksum(same) != applied_checksum) {
    return base::fail(base::Errc::conflict,
                      fmt::format("migration {} ({}) of the database differs from the program's; "
                                  "use the weir that made it, or another database",
                                  applied.version, applied.name));
  }
  return {};
}

base::Result<MigrationStatus> read_status(Connection& connection, std::string_view component,
                                          std::span<const Migration> migrations) {
  MigrationStatus status;
  status.program_version = static_cast<int>(migrations.size());
  WEIR_TRY(const bool has, has_table(connection));
  if (has) {
    WEIR_TRY(const Rows rows,
             connection.execute("SELECT version, name, applied_at_ms, checksum"
                                " FROM schema_migrations WHERE component = ? ORDER BY version",
                                {component}));
    for (const Row& row : rows.rows) {
      AppliedMigration applied{static_cast<int>(row[0].integer()), std::string(row[1].text()),
                               row[2].integer()};
      WEIR_CHECK(compare(applied, row[3].text(), migrations));
      status.database_version = applied.version;
      status.applied.push_back(std::move(applied));
    }
  }
  for (const Migration& each : migrations) {
    if (each.version > status.database_version) status.pending.push_back(each.version);
  }
  return status;
}

// Under the lock: what another program applied meanwhile is found done.
base::Result<void> apply(Connection& connection, std::string_view component,
                         std::span<const Migration> migrations, const Migration& migration,
                         std::int64_t now_ms) {
  WEIR_TRY(auto transaction, Transaction::begin(connection));
  if (connection.dialect() == Dialect::postgresql) {
    WEIR_CHECK(connection.execute("SELECT pg_advisory_xact_lock(?)", {kMigrationLock}));
  }
  WEIR_CHECK(connection.execute(spelled(kTable, connection.dialect())));
  WEIR_TRY(const auto status, read_status(connection, component, migrations));
  if (status.database_version >= migration.version) return {};
  for (const auto statement : migration.statements) {
    WEIR_CHECK(connection.execute(spelled(statement, connection.dialect())));
  }
  WEIR_CHECK(connection.execute(
      "INSERT INTO schema_migrations VALUES (?, ?, ?, ?, ?)",
      {component, migration.version, migration.name, checksum(migration), now_ms}));
  return transaction.commit();
}

}  // namespace

base::Result<MigrationStatus> migration_status(Connection& connection, std::string_view component,
                                               std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    WEIR_ASSERT(migrations[i].version == static_cast<int>(i) + 1);
  }
  return read_status(connection, component, migrations);
}

base::Result<MigrationStatus> migrate(Connection& connection, std::string_view component,
                                      std::span<const Migration> migrations, std::int64_t now_ms) {
  WEIR_TRY(const auto before, migration_status(connection, component, migrations));
  for (const int version : before.pending) {
    const Migration& migration = migrations[static_cast<std::size_t>(version - 1)];
    auto applied = apply(connection, component, migrations, migration, now_ms);
    if (!applied) {
      return base::Fail(applied.error().with_context(
          fmt::format("migration {} ({})", migration.version, migration.name)));
    }
  }
  return read_status(connection, component, migrations);
}

}  // namespace weir::db
