#include "term/screen.hpp"

#include <fmt/format.h>

#include <utility>

namespace weir::term {

std::string Screen::draw(const std::vector<Line>& lines, Size size) {
  std::string out;
  if (!is_known_ || size != size_) {
    out = "\x1b[0m\x1b[2J";
    shown_.assign(size.rows, std::string());
    size_ = size;
    is_known_ = true;
  }
  for (std::size_t row = 0; row < size.rows; ++row) {
    std::string text =
        row < lines.size() ? to_text(cut(lines[row], size.columns), styled_) : std::string();
    if (text == shown_[row]) continue;
    // Erased first: to erase behind a line that fills its row would take its last column.
    out += fmt::format("\x1b[{};1H\x1b[2K{}", row + 1, text);
    shown_[row] = std::move(text);
  }
  return out;
}

}  // namespace weir::term
