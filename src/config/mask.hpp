#pragma once
// Mask: what a text with passwords in it looks like when people may see it.
//
// It rather hides too much: a password that is not percent-encoded, or whose end was cut off, is
// hidden as well. What is no URL has no password that can be told from other text; such values are
// never put into a message at all (Reader::secret).

#include <string>
#include <string_view>

namespace weir::config {

/// What stands in place of a password.
inline constexpr std::string_view kMask = "***";

/// Passwords of every URL in the text, and values of query parameters named like one, as ***.
/// Text without "://" is returned as it is. masked(masked(x)) == masked(x).
std::string masked(std::string_view text);

}  // namespace weir::config
