#include "term/text_width.hpp"

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"

namespace weir::term {
namespace {

constexpr std::string_view kEllipsis = "…";

// The bytes of a control character at `at`: C0, DEL, and C1 as UTF-8 writes it (C2 80 to C2 9F).
std::size_t control_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7f) return 1;
  if (byte != 0xc2 || at + 1 >= text.size()) return 0;
  const auto next = static_cast<unsigned char>(text[at + 1]);
  return next >= 0x80 && next < 0xa0 ? 2 : 0;
}

// U+0300 to U+036F: CC 80 to CD AF.
bool is_combining(std::string_view text, std::size_t at) noexcept {
  if (at + 1 >= text.size()) return false;
  const auto first = static_cast<unsigned char>(text[at]);
  const auto second = static_cast<unsigned char>(text[at + 1]);
  return first == 0xcc || (first == 0xcd && second <= 0xaf);
}

// Where each column begins, and the end: columns_of() + 1 offsets.
std::vector<std::size_t> column_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_combining(text, at) || starts.empty()) starts.push_back(at);
    at += std::max<std::size_t>(1, base::utf8_length(text, at));
  }
  starts.push_back(text.size());
  return starts;
}

}  // namespace

std::string clean(std::string_view text) {
  const std::string valid = base::printable_utf8(text);
  std::string out;
  for (std::size_t at = 0; at < valid.size();) {
    if (const std::size_t skipped = control_length(valid, at)) {
      if (valid[at] == '\t' || valid[at] == '\n') out += ' ';
      at += skipped;
      continue;
    }
    const std::size_t length = std::max<std::size_t>(1, base::utf8_length(valid, at));
    out.append(valid, at, length);
    at += length;
  }
  return out;
}

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_combining(text, at) || columns == 0) ++columns;
    at += std::max<std::size_t>(1, base::utf8_length(text, at));
  }
  return columns;
}

std::string cut(std::string_view text, std::size_t width, Cut where) {
  const std::vector<std::size_t> starts = column_starts(text);
  const std::size_t columns = starts.size() - 1;
  if (columns <= width) return std::string(text);
  if (width == 0) return {};
  const std::size_t tail = where == Cut::middle ? (width - 1) / 2 : 0;
  const std::size_t head = width - 1 - tail;
  std::string out(text.substr(0, starts[head]));
  out += kEllipsis;
  out += text.substr(starts[columns - tail]);
  return out;
}

std::string fit(std::string_view text, std::size_t width, Align align, Cut where) {
  std::string out = cut(text, width, where);
  const std::string blanks(width - columns_of(out), ' ');
  return align == Align::left ? out + blanks : blanks + out;
}

}  // namespace weir::term
