#include "config/source.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::config {
namespace {

constexpr std::size_t kBlock = 64;

bool is_tail(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Length of the valid UTF-8 sequence at `i` (RFC 3629), 0 if there is none.
std::size_t sequence(std::string_view text, std::size_t i) noexcept {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char lead = byte(i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = i + 1; k < i + length; ++k) {
    if (!is_tail(text[k])) return 0;
  }
  const unsigned char second = byte(i + 1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_high = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

// Why the byte at `i` cannot stand in a file; empty if it can.
std::string refusal(std::string_view text, std::size_t i) {
  const char c = text[i];
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n' || c == '\t') return {};
  if (c == '\r') {
    if (i + 1 < text.size() && text[i + 1] == '\n') return {};
    return "a carriage return without a line feed";
  }
  if (byte < 0x20 || byte == 0x7f) return fmt::format("control byte 0x{:02x}", byte);
  if (sequence(text, i) == 0) return fmt::format("byte 0x{:02x}: the file is not UTF-8", byte);
  return {};
}

}  // namespace

Source::Source(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  lines_.push_back(0);
  if (text_.size() > kSourceMax) return;
  std::size_t tails = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (i % kBlock == 0) tails_.push_back(tails);
    if (is_tail(text_[i])) ++tails;
    if (text_[i] == '\n') lines_.push_back(i + 1);
  }
  if (text_.size() % kBlock == 0) tails_.push_back(tails);
}

bool Source::check(Problems& problems) const {
  if (text_.size() > kSourceMax) {
    problems.error({1, 1}, "the file is larger than 4 MiB");
    return false;
  }
  for (std::size_t i = 0; i < text_.size();) {
    if (std::string why = refusal(text_, i); !why.empty()) {
      problems.error(place(i), why);
      return false;
    }
    i += sequence(text_, i);
  }
  return true;
}

std::size_t Source::offset(int line, int column) const noexcept {
  if (line < 0 || column < 0) return 0;
  const auto row = static_cast<std::size_t>(line);
  if (row >= lines_.size()) return text_.size();
  return std::min(lines_[row] + static_cast<std::size_t>(column), text_.size());
}

Place Source::place(std::size_t offset) const noexcept {
  const auto after = std::upper_bound(lines_.begin(), lines_.end(), offset);
  const std::size_t start = *(after - 1);
  const std::size_t characters = offset - start - (tails_before(offset) - tails_before(start));
  return {static_cast<int>(after - lines_.begin()), static_cast<int>(characters) + 1};
}

std::size_t Source::tails_before(std::size_t offset) const noexcept {
  const std::size_t block = offset / kBlock;
  const auto rest = text_.substr(block * kBlock, offset % kBlock);
  return tails_[block] + static_cast<std::size_t>(std::ranges::count_if(rest, is_tail));
}

bool Source::is_closed_quote(std::size_t offset) const noexcept {
  if (offset >= text_.size()) return true;
  const char quote = text_[offset];
  if (quote != '"' && quote != '\'') return true;
  for (std::size_t i = offset + 1; i < text_.size() && text_[i] != '\n'; ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == '\'';
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

std::optional<Place> Source::indenting_tab(Place before) const noexcept {
  for (std::size_t row = 0; row < lines_.size() && static_cast<int>(row) < before.line; ++row) {
    std::size_t i = lines_[row];
    while (i < text_.size() && text_[i] == ' ') ++i;
    const bool tab = i < text_.size() && text_[i] == '\t';
    const std::size_t content = text_.find_first_not_of(" \t", i);
    if (!tab || content == std::string_view::npos) continue;
    const char first = text_[content];
    if (first != '\n' && first != '\r' && first != '#') return place(i);
  }
  return std::nullopt;
}

}  // namespace weir::config
