#pragma once
// HTTP/1 request heads: bytes to a validated RequestHead, or the reason why not.
//
// The order of checks is fixed (http-rules.md, section 1): request line and version → field lines →
// Transfer-Encoding → Content-Length → Host → target → the rest. Only whole lines are judged, so
// the verdict depends on the bytes and never on how they were cut. Pure; no allocation. Source: RFC
// 9112, 2–6; http-rules.md, section 2.

#include <span>
#include <string_view>

#include "http/head.hpp"

namespace weir::http {

/// Judges the bytes received so far. `scratch` takes a rewritten path; at least line_max bytes.
/// Lifetime: `out` points into `text` and `scratch`.
Verdict parse_request(std::string_view text, const HeadLimits& limits, std::span<char> scratch,
                      RequestHead& out) noexcept;

/// Cheap question before a full parse: can these bytes have a new verdict, given that the first
/// `judged` of them were found incomplete? Keeps a client that sends byte by byte from costing a
/// parse a byte.
bool worth_parsing(std::string_view text, std::size_t judged, const HeadLimits& limits) noexcept;

}  // namespace weir::http
