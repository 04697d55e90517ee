#include "store/overlay.hpp"

#include "store/row_text.hpp"

namespace weir::store {
namespace {

// A service, an endpoint's host name with its address, and a word.
constexpr std::size_t kKeyBytesMax = 600;

OverlayRow overlay_row(const db::Row& row) {
  return {std::string(row[0].text()), std::string(row[1].text()), std::string(row[2].text()),
          std::string(row[3].text()), row[4].integer(),           std::string(row[5].text())};
}

}  // namespace

base::Result<Write> set(const OverlayRow& row) {
  WEIR_CHECK(check_name("the key", row.key, kKeyBytesMax));
  WEIR_CHECK(check_name("the origin", row.origin));
  WEIR_CHECK(check_document("the value", row.value));
  const std::string who = clean_text(row.who, kNameBytesMax);
  return Write{Kind::record,
               {{"INSERT INTO overlay(key, value, origin, who, at_ms, file_value)"
                 " VALUES (?, ?, ?, ?, ?, ?)"
                 " ON CONFLICT(key) DO UPDATE SET value = excluded.value, origin = excluded.origin,"
                 " who = excluded.who, at_ms = excluded.at_ms, file_value = excluded.file_value",
                 {row.key, row.value, row.origin, who, row.at_ms, row.file_value},
                 {}}}};
}

Write unset_overlay(std::string_view key) {
  return {Kind::record,
          {{"DELETE FROM overlay WHERE key = ?", {clean_text(key, kKeyBytesMax)}, {}}}};
}

base::Result<std::vector<OverlayRow>> read_overlay(db::Connection& connection) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT key, value, origin, who, at_ms, file_value"
                              " FROM overlay ORDER BY key"));
  std::vector<OverlayRow> out;
  for (const db::Row& row : rows.rows) out.push_back(overlay_row(row));
  return out;
}

base::Result<std::optional<OverlayRow>> find_overlay(db::Connection& connection,
                                                     std::string_view key) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT key, value, origin, who, at_ms, file_value"
                              " FROM overlay WHERE key = ?",
                              {key}));
  if (rows.empty()) return std::nullopt;
  return overlay_row(rows.rows[0]);
}

}  // namespace weir::store
