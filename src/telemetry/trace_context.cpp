#include "telemetry/trace_context.hpp"

#include <algorithm>
#include <cstring>

#include "telemetry/request_id.hpp"

namespace weir::telemetry {
namespace {

constexpr std::size_t kTracestateMembersMax = 32;

// Value of a lower-case hexadecimal digit, or -1.
int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// -1 unless both are digits.
int byte_of(std::string_view two) noexcept {
  const int high = digit(two[0]);
  const int low = digit(two[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool is_id(std::string_view text) noexcept {
  bool nonzero = false;
  for (const char c : text) {
    if (digit(c) < 0) return false;
    nonzero = nonzero || c != '0';
  }
  return nonzero;
}

std::uint64_t nonzero(base::Rng& rng) noexcept {
  std::uint64_t value = rng.next();
  while (value == 0) value = rng.next();
  return value;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) noexcept {
  if (text.size() < kTraceparentLength) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const int version = byte_of(text.substr(0, 2));
  if (version < 0 || version == 0xff) return std::nullopt;
  if (text.size() > kTraceparentLength && (version == 0 || text[55] != '-')) return std::nullopt;
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  const int flags = byte_of(text.substr(53, 2));
  if (flags < 0 || !is_id(trace) || !is_id(span)) return std::nullopt;
  TraceContext context;
  std::copy(trace.begin(), trace.end(), context.trace_id.begin());
  std::copy(span.begin(), span.end(), context.span_id.begin());
  context.flags = static_cast<std::uint8_t>(flags);
  return context;
}

TraceContext new_trace(base::Rng& rng, bool sampled) noexcept {
  TraceContext context;
  write_hex(nonzero(rng), context.trace_id.data());
  write_hex(rng.next(), context.trace_id.data() + 16);
  write_hex(nonzero(rng), context.span_id.data());
  context.flags = sampled ? 1 : 0;
  return context;
}

TraceContext child_of(const TraceContext& parent, base::Rng& rng) noexcept {
  TraceContext context = parent;
  write_hex(nonzero(rng), context.span_id.data());
  return context;
}

std::array<char, kTraceparentLength> format_traceparent(const TraceContext& context) noexcept {
  std::array<char, kTraceparentLength> out;
  char* const text = out.data();
  std::memcpy(text, "00-", 3);
  std::memcpy(text + 3, context.trace_id.data(), 32);
  text[35] = '-';
  std::memcpy(text + 36, context.span_id.data(), 16);
  std::memcpy(text + 52, context.is_sampled() ? "-01" : "-00", 3);
  return out;
}

bool tracestate_is_forwardable(std::string_view text) noexcept {
  std::size_t members = 0;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string_view member = text.substr(from, comma - from);
    if (member.find_first_not_of(" \t") != std::string_view::npos) ++members;
    from = comma + 1;
  }
  return members > 0 && members <= kTracestateMembersMax;
}

}  // namespace weir::telemetry
