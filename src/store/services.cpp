#include "store/services.hpp"

#include "base/text.hpp"
#include "store/row_text.hpp"

namespace weir::store {
namespace {

constexpr std::string_view kServiceColumns =
    "SELECT number, name, definition, created_at_ms, updated_at_ms, removed_at_ms FROM services";

bool is_digits_only(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

ServiceRow service_row(const db::Row& row) {
  return {row[0].integer(), std::string(row[1].text()), std::string(row[2].text()),
          row[3].integer(), row[4].integer(),           row[5].integer()};
}

}  // namespace

base::Result<Write> save_service(std::string_view name, std::string_view definition,
                                 std::int64_t at_ms) {
  WEIR_CHECK(check_name("the service's name", name));
  if (is_digits_only(name)) {
    return base::fail(base::Errc::invalid_argument,
                      "the service's name has digits only; those are numbers of services");
  }
  WEIR_CHECK(check_document("the service's definition", definition));
  // Not INSERT … ON CONFLICT: PostgreSQL would use up a number for each change.
  return Write{Kind::record,
               {{"INSERT INTO services(name, definition, created_at_ms, updated_at_ms)"
                 " SELECT CAST(? AS TEXT), '{}', CAST(? AS BIGINT), 0"
                 " WHERE NOT EXISTS (SELECT 1 FROM services WHERE name = ?)",
                 {name, at_ms, name},
                 {}},
                {"UPDATE services SET definition = ?, updated_at_ms = ?, removed_at_ms = 0"
                 " WHERE name = ?",
                 {definition, at_ms, name},
                 {}}}};
}

Write remove_service(std::string_view name, std::int64_t at_ms) {
  return {Kind::record,
          {{"UPDATE services SET removed_at_ms = ? WHERE name = ? AND removed_at_ms = 0",
            {at_ms, clean_text(name, kNameBytesMax)},
            "there is no such service"}}};
}

base::Result<std::optional<ServiceRow>> find_service(db::Connection& connection,
                                                     std::string_view name_or_number) {
  std::string sql(kServiceColumns);
  db::Value key = name_or_number;
  if (const auto number = base::parse_uint(name_or_number)) {
    sql += " WHERE number = ?";
    key = static_cast<std::int64_t>(*number & INT64_MAX);
  } else {
    sql += " WHERE name = ?";
  }
  WEIR_TRY(const db::Rows rows, connection.execute(sql, {key}));
  if (rows.empty()) return std::nullopt;
  return service_row(rows.rows[0]);
}

base::Result<std::vector<ServiceRow>> list_services(db::Connection& connection, bool with_removed) {
  std::string sql(kServiceColumns);
  if (!with_removed) sql += " WHERE removed_at_ms = 0";
  sql += " ORDER BY number";
  WEIR_TRY(const db::Rows rows, connection.execute(sql));
  std::vector<ServiceRow> out;
  for (const db::Row& row : rows.rows) out.push_back(service_row(row));
  return out;
}

}  // namespace weir::store
