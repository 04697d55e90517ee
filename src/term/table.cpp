#include "term/table.hpp"

#include <algorithm>
#include <utility>

namespace weir::term {
namespace {

struct Plan {
  std::vector<std::size_t> shown;   // columns, by index
  std::vector<std::size_t> widths;  // of each column, shown or not
  std::size_t gap = 2;
};

void clean_cells(Table& table) {
  for (Row& row : table.rows) {
    row.cells.resize(std::max<std::size_t>(row.cells.size(), 1));
    for (Cell& cell : row.cells) cell.text = clean(cell.text);
  }
}

std::vector<std::size_t> natural_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) widths.push_back(columns_of(column.title));
  for (const Row& row : table.rows) {
    if (row.is_note) continue;
    for (std::size_t i = 0; i < row.cells.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row.cells[i].text));
    }
  }
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = std::min(widths[i], table.columns[i].max);
  }
  return widths;
}

std::size_t total_width(const Plan& plan) {
  std::size_t total = plan.shown.empty() ? 0 : plan.gap * (plan.shown.size() - 1);
  for (const std::size_t i : plan.shown) total += plan.widths[i];
  return total;
}

// Takes from the least important columns first, from each no more than it can spare.
void shrink(const Table& table, Plan& plan, std::size_t width) {
  std::vector<std::size_t> order = plan.shown;
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t i) { return table.columns[i].rank; });
  for (const std::size_t i : order) {
    const std::size_t total = total_width(plan);
    if (total <= width) return;
    const std::size_t least = std::min(table.columns[i].min, plan.widths[i]);
    plan.widths[i] -= std::min(plan.widths[i] - least, total - width);
  }
}

Plan plan_for(const Table& table, std::size_t width) {
  const std::vector<std::size_t> natural = natural_widths(table);
  Plan plan;
  for (std::size_t i = 0; i < table.columns.size(); ++i) plan.shown.push_back(i);
  for (;;) {
    plan.widths = natural;
    plan.gap = 2;
    if (total_width(plan) <= width) return plan;
    plan.gap = 1;
    if (total_width(plan) <= width) return plan;
    shrink(table, plan, width);
    if (total_width(plan) <= width) return plan;
    const auto least = std::ranges::max_element(
        plan.shown, {}, [&](std::size_t i) { return table.columns[i].rank; });
    if (least == plan.shown.end() || table.columns[*least].rank == 0) return plan;
    plan.shown.erase(least);
  }
}

Line line_of(const Table& table, const Plan& plan, const std::vector<Cell>& cells) {
  Line out;
  for (const std::size_t i : plan.shown) {
    const Column& column = table.columns[i];
    const Cell cell = i < cells.size() ? cells[i] : Cell();
    if (i != plan.shown.front()) out.add(std::string(plan.gap, ' '));
    const std::string text = cut(cell.text, plan.widths[i], column.cut);
    const std::string blanks(plan.widths[i] - columns_of(text), ' ');
    if (column.align == Align::right) out.add(blanks);
    out.add(text, cell.style);
    if (column.align == Align::left) out.add(blanks);
  }
  while (!out.spans.empty() && out.spans.back().text.find_first_not_of(' ') == std::string::npos) {
    out.spans.pop_back();
  }
  return out;
}

}  // namespace

Layout lay_out(Table table, std::size_t width) {
  clean_cells(table);
  const Plan plan = plan_for(table, width);
  Layout out;
  std::vector<Cell> titles;
  for (const Column& column : table.columns) titles.push_back({column.title, Style::dim});
  out.titles = cut(line_of(table, plan, titles), width);
  for (const Row& row : table.rows) {
    out.rows.push_back(row.is_note ? cut(Line(row.cells[0].text, row.cells[0].style), width)
                                   : cut(line_of(table, plan, row.cells), width));
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool is_shown = std::ranges::find(plan.shown, i) != plan.shown.end();
    if (!is_shown) out.left_out.push_back(table.columns[i].title);
  }
  return out;
}

std::size_t natural_width(const Table& table) {
  Table cleaned = table;
  clean_cells(cleaned);
  Plan plan;
  for (std::size_t i = 0; i < table.columns.size(); ++i) plan.shown.push_back(i);
  plan.widths = natural_widths(cleaned);
  return total_width(plan);
}

std::vector<Line> lines_of(Table table, std::size_t width) {
  Layout layout = lay_out(std::move(table), width);
  std::vector<Line> out{std::move(layout.titles)};
  for (Line& row : layout.rows) out.push_back(std::move(row));
  if (layout.left_out.empty()) return out;
  std::string names;
  for (const std::string& each : layout.left_out) names += (names.empty() ? "" : ", ") + each;
  out.push_back(cut(Line("not shown at this width: " + names, Style::dim), width));
  return out;
}

}  // namespace weir::term
