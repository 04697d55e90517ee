#pragma once
// HTTP/1 response heads from upstreams that may be hostile: what is doubtful is refused, and the
// gateway answers 502. Source: RFC 9112, 4 and 6; http-rules.md, section 3. Pure; no allocation.

#include <string_view>

#include "http/head.hpp"

namespace weir::http {

/// Judges the bytes received so far. `request_method` decides whether a body may follow (HEAD).
/// Lifetime: `out` points into `text`.
Verdict parse_response(std::string_view text, const HeadLimits& limits,
                       std::string_view request_method, ResponseHead& out) noexcept;

}  // namespace weir::http
