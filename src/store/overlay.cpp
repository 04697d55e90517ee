#include "store/overlay.hpp"

#include "store/row_text.hpp"

namespace weir::store {
namespace {

OverlayRow overlay_row(const db::Row& row) {
  return {std::string(row[0].text()), std::string(row[1].text()), std::string(row[2].text()),
          std::string(row[3].text()), row[4].integer()};
}

}  // namespace

base::Result<Write> set(const OverlayRow& row) {
  WEIR_CHECK(check_name("the key", row.key));
  WEIR_CHECK(check_name("the origin", row.origin));
  WEIR_CHECK(check_document("the value", row.value));
  const std::string who = clean_text(row.who, kNameBytesMax);
  return Write{Kind::record,
               {{"INSERT INTO audit(at_ms, who, what, subject, before_value, after_value)"
                 " VALUES (?, ?, 'overlay.set', ?, (SELECT value FROM overlay WHERE key = ?), ?)",
                 {row.at_ms, who, row.key, row.key, row.value},
                 {}},
                {"INSERT INTO overlay(key, value, origin, who, at_ms) VALUES (?, ?, ?, ?, ?)"
                 " ON CONFLICT(key) DO UPDATE SET value = excluded.value, origin = excluded.origin,"
                 " who = excluded.who, at_ms = excluded.at_ms",
                 {row.key, row.value, row.origin, who, row.at_ms},
                 {}}}};
}

Write unset_overlay(std::string_view key, std::string_view who, std::int64_t at_ms) {
  const std::string cleaned = clean_text(key, kNameBytesMax);
  return {Kind::record,
          {{"INSERT INTO audit(at_ms, who, what, subject, before_value)"
            " SELECT CAST(? AS BIGINT), CAST(? AS TEXT), 'overlay.unset', key, value FROM overlay"
            " WHERE key = ?",
            {at_ms, clean_text(who, kNameBytesMax), cleaned},
            {}},
           {"DELETE FROM overlay WHERE key = ?", {cleaned}, {}}}};
}

base::Result<std::vector<OverlayRow>> read_overlay(db::Connection& connection) {
  WEIR_TRY(const db::Rows rows, connection.execute("SELECT key, value, origin, who, at_ms"
                                                   " FROM overlay ORDER BY key"));
  std::vector<OverlayRow> out;
  for (const db::Row& row : rows.rows) out.push_back(overlay_row(row));
  return out;
}

base::Result<std::optional<OverlayRow>> find_overlay(db::Connection& connection,
                                                     std::string_view key) {
  WEIR_TRY(const db::Rows rows, connection.execute("SELECT key, value, origin, who, at_ms"
                                                   " FROM overlay WHERE key = ?",
                                                   {key}));
  if (rows.empty()) return std::nullopt;
  return overlay_row(rows.rows[0]);
}

}  // namespace weir::store
