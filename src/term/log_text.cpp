#include "term/log_text.hpp"

#include <fmt/format.h>

#include <utility>

#include "term/json_fields.hpp"
#include "term/table.hpp"

namespace weir::term {
namespace {

constexpr std::size_t kCellMin = 8;
constexpr std::size_t kCellMax = 60;

Style level_style(const std::string& level) {
  if (level == "error") return Style::bad;
  if (level == "warn") return Style::warn;
  return level == "info" ? Style::plain : Style::dim;
}

}  // namespace

Line log_line(const base::json::object& entry) {
  const auto* time = entry.if_contains("time");
  const std::string level = clean(text_at(entry, "level"));
  Line line(clean(time == nullptr ? "-" : plain_text(*time)), Style::dim);
  line.add(fmt::format(" {:<5} ", level), level_style(level));
  line.add(clean(text_at(entry, "component")) + " ", Style::dim);
  const std::string service = clean(text_at(entry, "service"));
  const std::string endpoint = clean(text_at(entry, "endpoint"));
  const std::string who =
      service.empty() || endpoint.empty() ? service + endpoint : service + "/" + endpoint;
  if (!who.empty()) line.add(who, Style::bold).add(": ");
  line.add(clean(text_at(entry, "message")), level_style(level));
  for (const auto& field : object_at(entry, "fields")) {
    const bool is_said = field.key() == "service" && plain_text(field.value()) == service;
    if (is_said) continue;
    line.add(clean(fmt::format(" {}={}", std::string_view(field.key()), plain_text(field.value()))),
             Style::dim);
  }
  return line;
}

std::vector<Line> rows_table(const base::json::object& answer, std::size_t width) {
  Table table;
  unsigned rank = 0;
  for (const auto& each : array_at(answer, "columns")) {
    table.columns.push_back({.title = clean(plain_text(each)),
                             .rank = rank++,
                             .min = kCellMin,
                             .max = width < kAnyWidth ? kCellMax : kAnyWidth});
  }
  for (const auto& each : array_at(answer, "rows")) {
    Row row;
    if (each.is_array()) {
      for (const auto& cell : each.get_array()) row.cells.push_back({plain_text(cell)});
    }
    table.rows.push_back(std::move(row));
  }
  return lines_of(std::move(table), width);
}

}  // namespace weir::term
