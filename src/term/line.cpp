#include "term/line.hpp"

#include <string_view>

#include "term/text_width.hpp"

namespace weir::term {
namespace {

std::string_view sequence(Style style) {
  switch (style) {
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::warn:
      return "\x1b[33m";
    case Style::bad:
      return "\x1b[31m";
    case Style::accent:
      return "\x1b[36m";
    case Style::reverse:
      return "\x1b[7m";
    case Style::plain:
      break;
  }
  return {};
}

}  // namespace

std::size_t columns_of(const Line& line) noexcept {
  std::size_t columns = 0;
  for (const Span& span : line.spans) columns += columns_of(span.text);
  return columns;
}

Line cut(const Line& line, std::size_t width) {
  if (columns_of(line) <= width) return line;
  Line out;
  std::size_t left = width;
  for (const Span& span : line.spans) {
    if (left == 0) break;
    const std::size_t columns = columns_of(span.text);
    // A piece that fills what is left is cut as well: more follows it.
    const bool is_last = columns >= left;
    out.add(is_last ? cut(span.text + " ", left) : span.text, span.style);
    left -= is_last ? left : columns;
  }
  return out;
}

std::string to_text(const Line& line, bool styled) {
  std::string out;
  for (const Span& span : line.spans) {
    const std::string_view begin = styled ? sequence(span.style) : std::string_view();
    out += begin;
    out += span.text;
    if (!begin.empty()) out += "\x1b[0m";
  }
  return out;
}

std::string to_text(const std::vector<Line>& lines, bool styled) {
  std::string out;
  for (const Line& line : lines) out += to_text(line, styled) + "\n";
  return out;
}

}  // namespace weir::term
