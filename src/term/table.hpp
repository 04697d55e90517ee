#pragma once
// Table: rows laid out for the width there is. Nothing wraps: first columns shrink to their least
// width, then the least important column is left out, and so on; what is left out is told.
// Pure. Cost: O(cells) for each column left out.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "term/line.hpp"
#include "term/text_width.hpp"

namespace weir::term {

inline constexpr std::size_t kAnyWidth = 1'000;  // no column is wider, whatever is in it

struct Column {
  std::string title;
  Align align = Align::left;
  unsigned rank = 0;            ///< the highest is left out first; 0: never
  std::size_t min = kAnyWidth;  ///< may shrink to this; from its widest cell on it need not
  std::size_t max = kAnyWidth;
  Cut cut = Cut::end;
};

struct Cell {
  std::string text;
  Style style = Style::plain;
};

struct Row {
  std::vector<Cell> cells;  ///< as many as columns, or fewer
  bool is_note = false;     ///< the first cell goes over the whole width
};

struct Table {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

struct Layout {
  Line titles;
  std::vector<Line> rows;             ///< as many as the table's
  std::vector<std::string> left_out;  ///< titles
};

/// No line is wider than `width`. Every cell is cleaned.
Layout lay_out(Table table, std::size_t width);

/// The columns a table takes when nothing is cut or left out.
std::size_t natural_width(const Table& table);

/// Titles, rows, and what was left out, for a table that is printed once.
std::vector<Line> lines_of(Table table, std::size_t width);

}  // namespace weir::term
