#pragma once
// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::base {

/// Bytes of the valid sequence that begins at text[at]; 0 if none does. Requires: at < text.size().
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept;

/// The whole text is valid. Cost: O(n), no allocation.
bool is_utf8(std::string_view text) noexcept;

/// `text` with U+FFFD for each byte that belongs to no valid sequence, and for each NUL: what every
/// database and every reader takes.
std::string printable_utf8(std::string_view text);

}  // namespace weir::base
