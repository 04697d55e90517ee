#pragma once
// The store's tables: how they came to be (migrations), and what may be shown of them (catalogue).
// docs/formats/store.md says what each column means. Times are milliseconds since 1970, UTC.

#include <cstdint>
#include <span>
#include <string_view>

#include "db/migrate.hpp"

namespace weir::store {

/// The component's name in schema_migrations.
inline constexpr std::string_view kComponent = "store";

/// Oldest first. What was released is never edited; a change is a new entry.
std::span<const db::Migration> migrations();

struct Table {
  std::string_view name;
  std::string_view about;
  std::string_view newest_first;  ///< ORDER BY
  std::string_view secret;        ///< a column that is never shown; empty: none
};

/// All tables that people may look at, by name.
std::span<const Table> catalogue();

/// Fails: not_found with the nearest name and the list.
base::Result<Table> find_table(std::string_view name);

}  // namespace weir::store
