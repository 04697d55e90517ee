#pragma once
// Text rules shared by every parser of people's input: units, suggestions, ASCII case.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace weir::base {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Equal but for ASCII case.
constexpr bool equals_ignore_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

/// Decimal digits only, whole text, no sign, no overflow; leading zeros are decimal.
std::optional<std::uint64_t> parse_uint(std::string_view text) noexcept;

/// "250us", "25ms", "10s", "5m", "1h", "1d", with an optional fraction ("1.5s"). A bare number has
/// no unit and is refused, but 0 needs none. Fails: invalid_argument.
Result<Duration> parse_duration(std::string_view text);

/// "512B", "64KiB", "10MiB", "1GiB" (powers of 1024), "64KB" (1000). Fails: invalid_argument.
Result<std::uint64_t> parse_bytes(std::string_view text);

/// The shortest exact form parse_duration reads back: "10s", "250ms".
std::string format_duration(Duration duration);
/// "64KiB", "512B".
std::string format_bytes(std::uint64_t bytes);

/// The candidate nearest to `word` by edit distance with swaps, if it is near enough to be what was
/// meant (at most a third of the longer word's length, at least 1). Empty if none is.
/// Lifetime: a view into `candidates`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weir::base
