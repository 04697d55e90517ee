#pragma once
// What a command shows on stdout: lines for its width, with styles where they are seen.

#include <cstddef>
#include <string>
#include <vector>

#include "term/line.hpp"

namespace weir::app {

/// Columns that stdout has; very many when it is no terminal.
std::size_t stdout_columns();
void show_lines(const std::vector<term::Line>& lines);
/// Fails nothing: a reader that has gone away ends the command as it does any program.
void show_text(const std::string& text);

}  // namespace weir::app
