#include "app/show_lines.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "term/terminal.hpp"

namespace weir::app {

std::size_t stdout_columns() { return term::output_of(STDOUT_FILENO).columns; }

void show_text(const std::string& text) {
  fmt::print("{}", text);
  std::fflush(stdout);
}

void show_lines(const std::vector<term::Line>& lines) {
  show_text(term::to_text(lines, term::output_of(STDOUT_FILENO).styled));
}

}  // namespace weir::app
