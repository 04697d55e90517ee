#pragma once
// Target: one normaliser for request paths, so that what is matched is what is forwarded.
//
// `/./`, `/../` and `//` are resolved; `..` above the root is refused, as are encoded dot segments,
// `%2f`, `%5c`, `%00`, broken escapes and overlong UTF-8 (http-rules.md, section 6). Valid escapes
// stay as they are; `;a=b` belongs to its segment. Pure.

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::http {

struct PathResult {
  bool ok = false;
  std::string_view path;         ///< in `target` when nothing had to change, else in `scratch`
  bool has_kept_escape = false;  ///< holds %2f or %5c: only for routes that say `escapes: keep`
  const char* why = "";
};

/// Requires: `path` starts with '/', and scratch is at least as long as path.
PathResult normalise_path(std::string_view path, std::span<char> scratch) noexcept;

/// True when every byte may stand in a request target: visible ASCII but '#'.
bool is_target_text(std::string_view target) noexcept;

/// `uri-host [ ":" port ]` with a name of letters, digits and "-._~", an IPv4 address or a
/// bracketed IPv6 one; never empty.
bool is_authority(std::string_view authority) noexcept;

/// The authority without its port.
std::string_view host_of(std::string_view authority) noexcept;

}  // namespace weir::http
