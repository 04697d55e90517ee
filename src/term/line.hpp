#pragma once
// Line: one line on a terminal, in pieces that each have a style. What a style looks like is said
// here and nowhere else; without a terminal a line is its plain text. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::term {

/// Colour never says anything that the words do not.
enum class Style : std::uint8_t { plain, bold, dim, good, warn, bad, accent, reverse };

/// Requires: `text` is clean().
struct Span {
  std::string text;
  Style style = Style::plain;
};

struct Line {
  std::vector<Span> spans;

  Line() = default;
  explicit Line(std::string text, Style style = Style::plain) { add(std::move(text), style); }
  Line& add(std::string text, Style style = Style::plain) {
    if (!text.empty()) spans.push_back({std::move(text), style});
    return *this;
  }
};

std::size_t columns_of(const Line& line) noexcept;

/// At most `width` columns.
Line cut(const Line& line, std::size_t width);

/// With ANSI sequences when `styled`; every one is ended within the line.
std::string to_text(const Line& line, bool styled);

/// The lines, each with its line feed.
std::string to_text(const std::vector<Line>& lines, bool styled);

}  // namespace weir::term
