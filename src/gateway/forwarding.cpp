#include "gateway/forwarding.hpp"

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

// All values of a field, joined by ", ", then our own. Every such line must be marked dropped.
void put_list(HeadWriter& out, std::string_view name, const http::FieldList& fields, FieldId id,
              bool keep, std::string_view own) noexcept {
  out.put(name);
  out.put(": ");
  if (keep) {
    for (const Field& field : fields) {
      if (field.id != id || field.value_size == 0) continue;
      out.put(fields.value(field));
      out.put(", ");
    }
  }
  out.put(own);
  out.put("\r\n");
}

void put_forwarded(HeadWriter& out, const http::RequestHead& head, const ForwardedBy& by) noexcept {
  const bool trusted = by.peer_is_trusted;
  const std::string_view peer = by.peer.host_text();
  put_list(out, "X-Forwarded-For", head.fields, FieldId::x_forwarded_for, trusted, peer);
  const std::string_view proto = head.fields.find(FieldId::x_forwarded_proto);
  out.put("X-Forwarded-Proto: ");
  out.put(trusted && !proto.empty() ? proto : "http");
  out.put("\r\n");
  const std::string_view host = head.fields.find(FieldId::x_forwarded_host);
  if (!head.authority.empty() || (trusted && !host.empty())) {
    out.put("X-Forwarded-Host: ");
    out.put(trusted && !host.empty() ? host : head.authority);
    out.put("\r\n");
  }
  out.put("X-Real-IP: ");
  out.put(by.client.view());
  // RFC 7239: an IPv6 address is bracketed and quoted.
  out.put("\r\nForwarded: ");
  if (trusted) {
    for (const Field& field : head.fields) {
      if (field.id != FieldId::forwarded || field.value_size == 0) continue;
      out.put(head.fields.value(field));
      out.put(", ");
    }
  }
  const bool v6 = peer.find(':') != std::string_view::npos;
  out.put(v6 ? "for=\"[" : "for=");
  out.put(peer == "unix" ? "unknown" : peer);
  out.put(v6 ? "]\";proto=http" : ";proto=http");
  if (!head.authority.empty()) {
    out.put(";host=\"");
    out.put(head.authority);
    out.put("\"");
  }
  out.put("\r\n");
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
  for (Field& field : head.fields) {
    switch (field.id) {
      case FieldId::x_forwarded_for:
      case FieldId::x_forwarded_proto:
      case FieldId::x_forwarded_host:
      case FieldId::x_real_ip:
      case FieldId::forwarded:
        field.dropped = true;
        break;
      case FieldId::x_request_id:
        if (route.settings.request_id) field.dropped = true;
        break;
      default:
        break;
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
    out.put(by.peer.local.text());  // HTTP/1.0 without Host: the address that was asked
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
    out.put_uint(head.content_length);
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
                         std::string_view request_id) {
  if (!route.response.removed.empty()) drop_named(head.fields, route.response);
  for (Field& field : head.fields) {
    if (field.id == FieldId::x_request_id && route.settings.request_id) field.dropped = true;
  }
  out.put("HTTP/1.1 ");
  out.put_uint(head.status);
  out.put(" ");
  out.put(head.reason);
  out.put("\r\n");
  out.put_kept(head.fields, head.bytes);
  if (!head.has_date) {
    out.put("Date: ");
    out.put(exchange.context().date.text(exchange.lane().now()));
    out.put("\r\n");
  }
  if (route.settings.request_id) {
    out.put("X-Request-Id: ");
    out.put(request_id);
    out.put("\r\n");
  }
  out.put(route.response.added);
  out.put(kVia);
  if (framing.coding == http::Coding::chunked) {
    out.put("Transfer-Encoding: chunked\r\n");
  } else if (head.framing == http::Framing::length ||
             (head.has_content_length && head.status != 204)) {
    out.put("Content-Length: ");
    out.put_uint(head.content_length);
    out.put("\r\n");
  }
  if (!exchange.keep_alive()) {
    out.put("Connection: close\r\n");
  } else if (exchange.minor() == 0) {
    out.put("Connection: keep-alive\r\n");
  }
  out.put("\r\n");
}

void write_interim_head(HeadWriter& out, http::ResponseHead& head) {
  out.put("HTTP/1.1 ");
  out.put_uint(head.status);
  out.put(" ");
  out.put(head.reason);
  out.put("\r\n");
  out.put_kept(head.fields, head.bytes);
  if (head.status == 101) out.put("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  out.put("\r\n");
}

}  // namespace weir::gateway
