#include "gateway/forwarding.hpp"

#include <charconv>
#include <cstring>

#include "base/text.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using http::Field;
using http::FieldId;
using http::HeadWriter;

constexpr std::string_view kVia = "Via: 1.1 weir\r\n";

void drop_named(http::FieldList& fields, const FieldEdits& edits) noexcept {
  for (const std::string& name : edits.removed) {
    for (Field& field : fields) {
      if (base::equals_ignore_case(fields.name(field), name)) field.dropped = true;
    }
  }
}

// Of a weir behind this one: the attempts told are ours.
void drop_attempts(http::FieldList& fields) noexcept {
  for (Field& field : fields) {
    if (base::equals_ignore_case(fields.name(field), "weir-attempts")) field.dropped = true;
  }
}

void put_attempts(HeadWriter& out, std::uint32_t attempts) noexcept {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, attempts);
  out.put("weir-attempts: ");
  out.put({digits, static_cast<std::size_t>(end.ptr - digits)});
  out.put("\r\n");
}

// All values of a field, each followed by ", ". Every such line must be marked dropped.
void put_values(HeadWriter& out, const http::FieldList& fields, FieldId id) noexcept {
  for (const Field& field : fields) {
    if (field.id != id || field.value_size == 0) continue;
    out.put(fields.value(field));
    out.put(", ");
  }
}

// The lines that depend on the peer alone are written once and kept: a lane's next request mostly
// comes from the same address.
std::string_view peer_lines(http::ForwardedLines& kept, const http::Peer& peer) noexcept {
  if (kept.host_text() == peer.host_text()) [[likely]]
    return kept.text();
  kept.host_size = peer.host_size;
  std::memcpy(kept.host, peer.host, peer.host_size);
  HeadWriter out(kept.room);
  // RFC 7239, 6: an IPv6 address is bracketed and quoted.
  const bool v6 = peer.ip.version == 6;
  const std::string_view host = peer.host_text();
  out.put("X-Forwarded-For: ");
  out.put(host);
  out.put("\r\nX-Forwarded-Proto: http\r\nX-Real-IP: ");
  out.put(host);
  out.put(v6 ? "\r\nForwarded: for=\"[" : "\r\nForwarded: for=");
  out.put(host == "unix" ? "unknown" : host);
  out.put(v6 ? "]\";proto=http" : ";proto=http");
  kept.size = static_cast<std::uint16_t>(out.text().size());
  return kept.text();
}

void put_host_lines(HeadWriter& out, std::string_view authority, std::string_view host) noexcept {
  if (!authority.empty()) {
    out.put(";host=\"");
    out.put(authority);
    out.put("\"");
  }
  if (!host.empty()) {
    out.put("\r\nX-Forwarded-Host: ");
    out.put(host);
  }
  out.put("\r\n");
}

void put_forwarded(HeadWriter& out, const http::RequestHead& head, const ForwardedBy& by) noexcept {
  if (!by.peer_is_trusted || !head.fields.has_forwarding) {
    out.put(peer_lines(by.lines, by.peer));
    put_host_lines(out, head.authority, head.authority);
    return;
  }
  const std::string_view peer = by.peer.host_text();
  const std::string_view proto = head.fields.find(FieldId::x_forwarded_proto);
  const std::string_view given_host = head.fields.find(FieldId::x_forwarded_host);
  out.put("X-Forwarded-For: ");
  put_values(out, head.fields, FieldId::x_forwarded_for);
  out.put(peer);
  out.put("\r\nX-Forwarded-Proto: ");
  out.put(proto.empty() ? "http" : proto);
  out.put("\r\nX-Real-IP: ");
  out.put(by.client.view());
  out.put("\r\nForwarded: ");
  put_values(out, head.fields, FieldId::forwarded);
  const bool v6 = by.peer.ip.version == 6;
  out.put(v6 ? "for=\"[" : "for=");
  out.put(peer == "unix" ? "unknown" : peer);
  out.put(v6 ? "]\";proto=http" : ";proto=http");
  put_host_lines(out, head.authority, given_host.empty() ? head.authority : given_host);
}

void put_target(HeadWriter& out, const http::RequestHead& head, const Route& route) noexcept {
  std::string_view path = head.path;
  const config::Route& settings = route.settings;
  if (path != "*" && (settings.strip_prefix || !settings.rewrite_prefix.empty())) {
    path.remove_prefix(std::min(settings.match.path.size(), path.size()));
    const std::string_view prefix = settings.rewrite_prefix.empty()
                                        ? std::string_view("/")
                                        : std::string_view(settings.rewrite_prefix);
    out.put(prefix);
    if (prefix.ends_with('/') && path.starts_with('/')) path.remove_prefix(1);
    if (!prefix.ends_with('/') && !path.empty() && !path.starts_with('/')) out.put("/");
  }
  out.put(path);
  out.put(head.query);
}

void mark_request_fields(http::RequestHead& head, const Route& route) noexcept {
  if (head.fields.has_forwarding) {
    for (Field& field : head.fields) {
      const bool own_id = field.id == FieldId::x_request_id && !route.settings.request_id;
      if (http::is_forwarding(field.id) && !own_id) field.dropped = true;
    }
  }
  if (!route.request.removed.empty()) drop_named(head.fields, route.request);
}

}  // namespace

void write_request_head(HeadWriter& out, http::RequestHead& head, const Route& route,
                        const ForwardedBy& by, bool upgrade) {
  mark_request_fields(head, route);
  out.put(head.method);
  out.put(" ");
  put_target(out, head, route);
  out.put(" HTTP/1.1\r\nHost: ");
  if (head.authority.empty()) {
    out.put(by.peer.local->text());  // HTTP/1.0 without Host: the address that was asked
  } else {
    out.put(head.authority);
  }
  out.put("\r\n");
  out.put_kept(head.fields, head.bytes);
  put_forwarded(out, head, by);
  if (route.settings.request_id) {
    out.put("X-Request-Id: ");
    out.put(by.request_id);
    out.put("\r\n");
  }
  out.put(route.request.added);
  if (head.keeps_te_trailers) out.put("TE: trailers\r\nConnection: TE\r\n");
  out.put(kVia);
  if (upgrade) out.put("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  if (head.framing == http::Framing::chunked) {
    out.put("Transfer-Encoding: chunked\r\n");
  } else if (head.has_content_length || head.method == "POST" || head.method == "PUT" ||
             head.method == "PATCH") {
    out.put("Content-Length: ");
    out.put(head.has_content_length ? head.length_text : "0");
    out.put("\r\n");
  }
  out.put("\r\n");
}

ResponseFraming frame_response(const http::ResponseHead& head, std::uint8_t client_minor,
                               bool head_request) noexcept {
  ResponseFraming framing;
  const bool unknown_length =
      head.framing == http::Framing::chunked || head.framing == http::Framing::until_close;
  if (!unknown_length || head_request) return framing;
  if (client_minor == 0) {
    framing.closes = true;  // RFC 9112, 6.1: no chunks for HTTP/1.0
  } else {
    framing.coding = http::Coding::chunked;
  }
  return framing;
}

void write_response_head(HeadWriter& out, http::ResponseHead& head, const Route& route,
                         http::Exchange& exchange, const ResponseFraming& framing,
                         std::string_view request_id, std::uint32_t attempts,
                         std::string_view own_lines) {
  const bool tells_id = route.settings.request_id || attempts != 0;
  if (!route.response.removed.empty()) drop_named(head.fields, route.response);
  if (attempts != 0) [[unlikely]]
    drop_attempts(head.fields);
  if (head.fields.has_forwarding && tells_id) {
    for (Field& field : head.fields) {
      if (field.id == FieldId::x_request_id) field.dropped = true;
    }
  }
  out.put("HTTP/1.1 ");
  out.put(head.status_text);
  if (head.status_text.size() == 3) out.put(" ");  // RFC 9112, 4: the space stays without a reason
  out.put("\r\n");
  out.put_kept(head.fields, head.bytes);
  if (!head.has_date) {
    out.put("Date: ");
    out.put(exchange.context().date.text(exchange.lane().now()));
    out.put("\r\n");
  }
  if (tells_id) {
    out.put("X-Request-Id: ");
    out.put(request_id);
    out.put("\r\n");
  }
  if (attempts != 0) [[unlikely]]
    put_attempts(out, attempts);
  out.put(own_lines);
  out.put(route.response.added);
  out.put(kVia);
  if (framing.coding == http::Coding::chunked) {
    out.put("Transfer-Encoding: chunked\r\n");
  } else if (head.framing == http::Framing::length ||
             (head.has_content_length && head.status != 204)) {
    out.put("Content-Length: ");
    out.put(head.has_content_length ? head.length_text : "0");
    out.put("\r\n");
  }
  if (!exchange.keep_alive()) {
    out.put("Connection: close\r\n");
  } else if (exchange.minor() == 0) {
    out.put("Connection: keep-alive\r\n");
  }
  out.put("\r\n");
}

void write_interim_head(HeadWriter& out, http::ResponseHead& head, std::string_view own_lines) {
  out.put("HTTP/1.1 ");
  out.put(head.status_text);
  if (head.status_text.size() == 3) out.put(" ");  // RFC 9112, 4: the space stays without a reason
  out.put("\r\n");
  out.put_kept(head.fields, head.bytes);
  out.put(own_lines);
  if (head.status == 101) out.put("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  out.put("\r\n");
}

}  // namespace weir::gateway
