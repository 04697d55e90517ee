#pragma once
// Heads: what a request or response says before its body, as views into the bytes it was read from.
//
// Lifetime: a head points into the buffer it was parsed from and, being kept in lane scratch
// memory, is valid until the next co_await of whoever parsed it. What must live longer is written
// out or copied before.

#include <array>
#include <cstdint>
#include <string_view>

#include "http/field.hpp"

namespace weir::http {

/// Bounds of a head; each at n is accepted and at n + 1 refused.
struct HeadLimits {
  std::uint32_t line_max = 8 * 1024;   ///< bytes of the request line without its end: 414
  std::uint32_t head_max = 64 * 1024;  ///< bytes of the whole head with its empty line: 431
  std::uint32_t fields_max = 100;      ///< field lines: 431; at most kFieldsMax
};

inline constexpr std::size_t kFieldsMax = 256;

/// Fields of a head, in order.
struct FieldList {
  const char* base = nullptr;
  std::uint32_t count = 0;
  bool has_forwarding = false;  ///< some X-Forwarded-*, X-Real-IP, Forwarded or X-Request-Id
  std::array<Field, kFieldsMax> lines;

  std::string_view name(const Field& field) const noexcept {
    return {base + field.name_at, field.name_size};
  }
  std::string_view value(const Field& field) const noexcept {
    return {base + field.value_at, field.value_size};
  }
  /// The value of the first field with this id, or an empty view (data() == nullptr).
  std::string_view find(FieldId id) const noexcept {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (lines[i].id == id) return value(lines[i]);
    }
    return {};
  }
  Field* begin() noexcept { return lines.data(); }
  Field* end() noexcept { return lines.data() + count; }
  const Field* begin() const noexcept { return lines.data(); }
  const Field* end() const noexcept { return lines.data() + count; }
};

enum class Framing : std::uint8_t {
  none,         ///< no body
  length,       ///< content_length bytes
  chunked,      ///< RFC 9112, 7.1
  until_close,  ///< responses only
};

struct RequestHead {
  FieldList fields;
  std::string_view method;
  std::string_view target;       ///< as received
  std::string_view path;         ///< normalised, without the query; what is matched and forwarded
  std::string_view query;        ///< with its '?', or empty
  std::string_view length_text;  ///< Content-Length without leading zeros
  std::string_view authority;    ///< Host, or the absolute form's; empty only on HTTP/1.0
  std::uint64_t content_length = 0;
  std::uint32_t bytes = 0;  ///< of the head, its empty line included
  std::uint8_t minor = 1;   ///< HTTP/1.minor
  Framing framing = Framing::none;
  bool has_content_length = false;
  bool keep_alive = true;  ///< the client lets the connection live on
  bool expects_continue = false;
  bool wants_websocket = false;  ///< Upgrade: websocket named by Connection
  bool keeps_te_trailers = false;
  bool has_kept_escape = false;  ///< the path holds %2f or %5c: only for routes that keep them
  std::uint8_t via_ours = 0;     ///< how often our own mark stands in Via
  std::uint8_t look_alikes = 0;  ///< dropped fields such as Content_Length
};

struct ResponseHead {
  FieldList fields;
  std::string_view status_text;  ///< "200 OK", as received
  std::string_view length_text;  ///< Content-Length without leading zeros
  std::uint64_t content_length = 0;
  std::uint32_t bytes = 0;
  std::uint16_t status = 0;
  std::uint8_t minor = 1;
  Framing framing = Framing::none;
  bool has_content_length = false;
  bool keep_alive = true;
  bool has_date = false;
  bool upgrades_websocket = false;
};

/// What a parser says of the bytes so far. Any split of the same bytes leads to the same verdict.
struct Verdict {
  enum class Kind : std::uint8_t { incomplete, complete, refused };
  Kind kind = Kind::incomplete;
  std::uint16_t status = 0;  ///< refused: what to answer (for responses always 502)
  std::uint32_t at = 0;      ///< refused: offset of the first bad byte
  const char* why = "";      ///< refused: for people; static

  static constexpr Verdict incomplete() noexcept { return {}; }
  static constexpr Verdict complete() noexcept { return {Kind::complete}; }
  static constexpr Verdict refuse(std::uint16_t status, const char* why,
                                  std::size_t at = 0) noexcept {
    return {Kind::refused, status, static_cast<std::uint32_t>(at), why};
  }
  bool is_complete() const noexcept { return kind == Kind::complete; }
  bool is_refused() const noexcept { return kind == Kind::refused; }
};

}  // namespace weir::http
