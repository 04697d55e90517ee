#include "store/logs.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "store/row_text.hpp"

namespace weir::store {
namespace {

constexpr telemetry::Level kLevels[] = {telemetry::Level::trace, telemetry::Level::debug,
                                        telemetry::Level::info, telemetry::Level::warn,
                                        telemetry::Level::error};

// Names instead of numbers in the table: people read it with `weir store show`.
std::string levels_from(telemetry::Level least) {
  std::string out;
  for (const auto level : kLevels) {
    if (level < least) continue;
    out += fmt::format("{}'{}'", out.empty() ? "" : ", ", telemetry::name(level));
  }
  return out.empty() ? "''" : out;
}

std::string object_or_empty(std::string_view json) {
  if (json.empty() || json == "{}") return "{}";
  const auto parsed = base::parse_json(json);
  if (json.size() > kMessageBytesMax || !parsed || !parsed->is_object()) return "{}";
  return clean_text(json);
}

}  // namespace

Write insert(const LogRow& row) {
  return {Kind::log,
          {{"INSERT INTO logs(at_ms, level, service, component, message, fields)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            {row.at_ms, telemetry::name(row.level), clean_text(row.service, kNameBytesMax),
             clean_text(row.component, kNameBytesMax), clean_text(row.message),
             object_or_empty(row.fields)},
            {}}}};
}

base::Result<std::vector<LogRow>> read_logs(db::Connection& connection, const LogQuery& query) {
  if (query.limit < 1 || query.limit > kLogPageMax) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("limit must be 1 to {}", kLogPageMax));
  }
  std::string sql = "SELECT id, at_ms, level, service, component, message, fields FROM logs";
  std::vector<db::Value> parameters;
  const char* word = " WHERE ";
  const auto also = [&](std::string_view condition) {
    sql += word;
    sql += condition;
    word = " AND ";
  };
  if (query.level > telemetry::Level::trace) {
    also(fmt::format("level IN ({})", levels_from(query.level)));
  }
  const auto also_with = [&](std::string_view condition, db::Value value) {
    also(condition);
    parameters.push_back(std::move(value));
  };
  if (!query.service.empty()) also_with("service = ?", query.service);
  if (query.since_ms > 0) also_with("at_ms >= ?", query.since_ms);
  if (query.before_id > 0) also_with("id < ?", query.before_id);
  if (query.after_id > 0) also_with("id > ?", query.after_id);
  if (!query.text.empty()) {
    also_with("lower(message) LIKE lower(?) ESCAPE '\\'", like_pattern(query.text));
  }
  sql += " ORDER BY id DESC LIMIT ?";
  parameters.emplace_back(query.limit);
  WEIR_TRY(const db::Rows rows, connection.execute(sql, parameters));
  std::vector<LogRow> out;
  out.reserve(rows.rows.size());
  for (const db::Row& row : rows.rows) {
    out.push_back({row[0].integer(), row[1].integer(),
                   telemetry::parse_level(row[2].text()).value_or(telemetry::Level::info),
                   std::string(row[3].text()), std::string(row[4].text()),
                   std::string(row[5].text()), std::string(row[6].text())});
  }
  return out;
}

}  // namespace weir::store
