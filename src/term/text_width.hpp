#pragma once
// How wide a text is on a terminal, and how it is made to fit. A code point counts as one column,
// a combining mark as none; double-width scripts are not known here. No cut splits a code point.
// Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::term {

/// Valid UTF-8 without control characters: what they could do to a terminal, nobody's name may.
std::string clean(std::string_view text);

/// Requires: `text` is clean().
std::size_t columns_of(std::string_view text) noexcept;

enum class Cut : std::uint8_t { end, middle };

/// At most `width` columns; what is left out becomes one "…". Requires: `text` is clean().
std::string cut(std::string_view text, std::size_t width, Cut where = Cut::end);

enum class Align : std::uint8_t { left, right };

/// Exactly `width` columns: cut, or padded with blanks.
std::string fit(std::string_view text, std::size_t width, Align align, Cut where = Cut::end);

}  // namespace weir::term
