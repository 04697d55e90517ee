#include "store/audit.hpp"

#include "store/row_text.hpp"

namespace weir::store {
namespace {

constexpr int kAuditPageMax = 1'000;

db::Value clean_or_null(const std::optional<std::string>& text) {
  if (!text) return {};
  return clean_text(*text, kDocumentBytesMax);
}

std::optional<std::string> maybe_text(const db::Value& value) {
  if (value.is_null()) return std::nullopt;
  return std::string(value.text());
}

}  // namespace

Statement audit_statement(const AuditRow& row) {
  return {
      "INSERT INTO audit(at_ms, who, what, subject, before_value, after_value, came_from)"
      " VALUES (?, ?, ?, ?, ?, ?, ?)",
      {row.at_ms, clean_text(row.who, kNameBytesMax), clean_text(row.what, kNameBytesMax),
       clean_text(row.subject, kNameBytesMax), clean_or_null(row.before), clean_or_null(row.after),
       clean_text(row.came_from, kNameBytesMax)},
      {}};
}

Write insert(const AuditRow& row) { return {Kind::record, {audit_statement(row)}}; }

base::Result<std::vector<AuditRow>> read_audit(db::Connection& connection, int limit,
                                               std::int64_t before_id) {
  if (limit < 1 || limit > kAuditPageMax) {
    return base::fail(base::Errc::invalid_argument, "limit must be 1 to 1000");
  }
  const std::int64_t below = before_id > 0 ? before_id : INT64_MAX;
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT id, at_ms, who, what, subject, before_value, after_value,"
                              " came_from FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                              {below, limit}));
  std::vector<AuditRow> out;
  for (const db::Row& row : rows.rows) {
    out.push_back({row[0].integer(), row[1].integer(), std::string(row[2].text()),
                   std::string(row[3].text()), std::string(row[4].text()), maybe_text(row[5]),
                   maybe_text(row[6]), std::string(row[7].text())});
  }
  return out;
}

}  // namespace weir::store
