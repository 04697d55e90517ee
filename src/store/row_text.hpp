#pragma once
// Rules for the texts of rows, shared by the repositories: what is cut, repaired or refused before
// a write is made, so that the database has nothing left to refuse.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir::store {

/// A message is cut to this; what is longer belongs into a file. Units: bytes.
inline constexpr std::size_t kMessageBytesMax = 8 * 1024;
/// A document (JSON) above this is refused: cut JSON is no JSON. Units: bytes.
inline constexpr std::size_t kDocumentBytesMax = 256 * 1024;
/// Names of services, users, tokens, keys. Units: bytes.
inline constexpr std::size_t kNameBytesMax = 200;

/// UTF-8 without NUL, at most `bytes_max` long, never cut inside a character.
std::string clean_text(std::string_view text, std::size_t bytes_max = kMessageBytesMax);

/// Fails: invalid_argument naming `what`: empty, too long, space at an end, control characters, not
/// UTF-8.
base::Result<void> check_name(std::string_view what, std::string_view name,
                              std::size_t bytes_max = kNameBytesMax);

/// Fails: invalid_argument naming `what`: not JSON, too long.
base::Result<void> check_document(std::string_view what, std::string_view json);

/// For `LIKE ? ESCAPE '\\'`: anything that contains `text` as it is.
std::string like_pattern(std::string_view text);

}  // namespace weir::store
