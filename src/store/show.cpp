// `weir store show TABLE` and the dashboard's view of the tables: any table of the catalogue, as it
// is, without its secrets.

#include <fmt/format.h>

#include "store/schema.hpp"
#include "store/store.hpp"

namespace weir::store {
namespace {

constexpr std::string_view kMask = "(hidden)";

}  // namespace

base::Result<db::Rows> show_table(db::Connection& connection, std::string_view table,
                                  std::int64_t limit, std::int64_t offset) {
  WEIR_TRY(const Table found, find_table(table));
  if (limit < 1 || limit > kShowPageMax) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("limit must be 1 to {}", kShowPageMax));
  }
  if (offset < 0) return base::fail(base::Errc::invalid_argument, "offset must be 0 or more");
  const std::string sql =
      fmt::format("SELECT * FROM {} ORDER BY {} LIMIT ? OFFSET ?", found.name, found.newest_first);
  WEIR_TRY(db::Rows rows, connection.execute(sql, {limit, offset}));
  for (std::size_t column = 0; column < rows.columns.size(); ++column) {
    if (found.secret.empty() || rows.columns[column] != found.secret) continue;
    for (db::Row& row : rows.rows) row[column] = kMask;
  }
  return rows;
}

base::Result<std::vector<TableSize>> table_sizes(db::Connection& connection) {
  std::vector<TableSize> out;
  for (const Table& table : catalogue()) {
    WEIR_TRY(const db::Rows rows,
             connection.execute(fmt::format("SELECT count(*) FROM {}", table.name)));
    out.push_back({table.name, table.about, rows.scalar().integer()});
  }
  return out;
}

}  // namespace weir::store
