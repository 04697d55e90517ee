#pragma once
// TraceContext: where an exchange belongs in a distributed trace (W3C Trace Context, level 1).
//
//   traceparent = version "-" trace-id "-" parent-id "-" flags       all lower-case hexadecimal
//                 2           32           16            2
//
// Parsing is strict; a header that is not exactly that starts a new trace instead of spoiling one.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/rng.hpp"

namespace weir::telemetry {

inline constexpr std::size_t kTraceparentLength = 55;

struct TraceContext {
  std::array<char, 32> trace_id;  ///< lower-case hexadecimal, never all zero
  std::array<char, 16> span_id;   ///< the sender's span
  std::uint8_t flags = 0;

  bool is_sampled() const noexcept { return (flags & 1) != 0; }
  std::string_view trace() const noexcept { return {trace_id.data(), trace_id.size()}; }
  std::string_view span() const noexcept { return {span_id.data(), span_id.size()}; }
};

/// Nothing when `text` is malformed: wrong length or separators, upper case, version ff, an id of
/// zeros. A version above 00 may be longer if a dash follows; what follows is not looked at.
std::optional<TraceContext> parse_traceparent(std::string_view text) noexcept;

/// A trace of our own.
TraceContext new_trace(base::Rng& rng, bool sampled) noexcept;

/// The same trace, a new span: what is sent to the upstream.
TraceContext child_of(const TraceContext& parent, base::Rng& rng) noexcept;

/// Version 00 whatever was received. Of the flags only `sampled` is defined there.
std::array<char, kTraceparentLength> format_traceparent(const TraceContext& context) noexcept;

/// Whether a tracestate (all its fields joined by commas) is to be forwarded as it is: 1 to 32
/// members, empty ones not counted. It is never changed; one that fails is dropped whole.
bool tracestate_is_forwardable(std::string_view text) noexcept;

}  // namespace weir::telemetry
