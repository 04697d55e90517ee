#pragma once
// Field: one line of a message head, as offsets into the bytes it was read from, and the names weir
// itself acts on.

#include <cstdint>
#include <string_view>

namespace weir::http {

/// Names with a meaning to weir. Everything else is `other` and is carried unchanged.
enum class FieldId : std::uint8_t {
  other,
  host,
  connection,
  keep_alive,
  proxy_connection,
  te,
  transfer_encoding,
  content_length,
  upgrade,
  expect,
  via,
  date,
  forwarded,
  x_forwarded_for,
  x_forwarded_proto,
  x_forwarded_host,
  x_real_ip,
  x_request_id,
  cookie,
  authorization,
  user_agent,
  http2_settings,
  sec_websocket_key,
  sec_websocket_version,
  sec_websocket_accept,
  trailer,
  content_type,
  retry_after,
};

/// The id of a name in any case. Requires: name is a token; the bytes up to `readable_end` may be
/// read. Cost: a look-up by length and first letter, then one or two vector comparisons.
FieldId classify(std::string_view name, const char* readable_end) noexcept;
inline FieldId classify(std::string_view name) noexcept {
  return classify(name, name.data() + name.size());
}

/// Fields of one connection, never forwarded: Connection, Keep-Alive, Proxy-Connection, TE,
/// Transfer-Encoding, Upgrade, HTTP2-Settings. (RFC 9110, 7.6.1; RFC 9113, 3.2.1)
constexpr bool is_hop_by_hop(FieldId id) noexcept {
  return (id >= FieldId::connection && id <= FieldId::transfer_encoding) ||
         id == FieldId::upgrade || id == FieldId::http2_settings;
}

/// Fields that a gateway writes itself: X-Forwarded-*, X-Real-IP, Forwarded, X-Request-Id.
constexpr bool is_forwarding(FieldId id) noexcept {
  return id >= FieldId::forwarded && id <= FieldId::x_request_id;
}

/// Fields that a Connection option must not delete (http-rules.md, row 41).
bool is_protected(FieldId id) noexcept;

/// Fields a trailer section must not carry on: framing, routing, authentication.
bool is_forbidden_in_trailer(FieldId id) noexcept;

struct Field {
  std::uint32_t name_at = 0;  ///< offset from the head's first byte
  std::uint32_t value_at = 0;
  std::uint32_t value_size = 0;
  std::uint16_t name_size = 0;
  FieldId id = FieldId::other;
  bool dropped = false;  ///< not to be forwarded
};

}  // namespace weir::http
