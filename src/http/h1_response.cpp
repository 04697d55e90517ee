#include "http/h1_response.hpp"

#include "base/text.hpp"
#include "http/chars.hpp"
#include "http/field_lines.hpp"

namespace weir::http {
namespace {

struct StatusLine {
  Verdict verdict;
  std::size_t next = 0;
};

StatusLine bad(const char* why, std::size_t at = 0) noexcept {
  return {Verdict::refuse(502, why, at)};
}

// status-line = "HTTP/1." ( "0" / "1" ) SP 3DIGIT [ SP reason ] CRLF
StatusLine parse_status_line(std::string_view text, const HeadLimits& limits,
                             ResponseHead& out) noexcept {
  constexpr std::string_view kStart = "HTTP/1.";
  const std::string_view seen = text.substr(0, kStart.size());
  if (seen != kStart.substr(0, seen.size())) return bad("no HTTP/1 status line");
  const std::size_t window = std::min(text.size(), std::size_t{limits.line_max} + 2);
  const char* stop = find_control(text.data(), text.data() + window);
  const auto length = static_cast<std::size_t>(stop - text.data());
  if (length > limits.line_max) return bad("the status line is too long", limits.line_max);
  if (length == window) return {};
  if (*stop != '\r') return bad("a control byte in the status line", length);
  if (length + 1 == text.size()) return {};
  if (stop[1] != '\n') return bad("CR without LF", length);
  if (length < 12 || (text[7] != '0' && text[7] != '1') || text[8] != ' ') {
    return bad("not an HTTP/1.0 or HTTP/1.1 status line");
  }
  if (!is_digit(text[9]) || !is_digit(text[10]) || !is_digit(text[11]) ||
      (length > 12 && text[12] != ' ')) {
    return bad("the status is not three digits", 9);
  }
  out.minor = static_cast<std::uint8_t>(text[7] - '0');
  out.status =
      static_cast<std::uint16_t>((text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0'));
  if (out.status < 100 || out.status > 599) return bad("the status is not in 100 to 599", 9);
  out.status_text = text.substr(9, length - 9);
  return {Verdict::complete(), length + 2};
}

struct ResponseFacts {
  std::string_view transfer_encoding;
  std::uint8_t te_count = 0;
  std::uint8_t length_count = 0;
  bool has_connection = false;
  bool upgrade_websocket = false;
};

Verdict gather(ResponseHead& out, ResponseFacts& facts) noexcept {
  for (Field& field : out.fields) {
    switch (field.id) {
      case FieldId::transfer_encoding:
        facts.transfer_encoding = out.fields.value(field);
        if (++facts.te_count > 1) return Verdict::refuse(502, "more than one Transfer-Encoding");
        break;
      case FieldId::content_length:
        if (++facts.length_count > 1) return Verdict::refuse(502, "more than one Content-Length");
        if (!parse_content_length(out.fields.value(field), out.content_length, out.length_text)) {
          return Verdict::refuse(502, "Content-Length is not a number", field.value_at);
        }
        out.has_content_length = true;
        field.dropped = true;
        break;
      case FieldId::connection:
        facts.has_connection = true;
        break;
      case FieldId::upgrade:
        facts.upgrade_websocket = base::equals_ignore_case(out.fields.value(field), "websocket");
        break;
      case FieldId::date:
        out.has_date = true;
        break;
      default:
        break;
    }
    if (is_hop_by_hop(field.id)) field.dropped = true;
  }
  return Verdict::complete();
}

void apply_connection_options(ResponseHead& out, const ResponseFacts& facts) noexcept {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  for (const Field& connection : out.fields) {
    if (connection.id != FieldId::connection) continue;
    for_each_member(out.fields.value(connection), [&](std::string_view option) {
      if (base::equals_ignore_case(option, "close")) {
        close = true;
      } else if (base::equals_ignore_case(option, "keep-alive")) {
        keep_alive = true;
      } else if (base::equals_ignore_case(option, "upgrade")) {
        upgrade = true;
      } else {
        for (Field& field : out.fields) {
          if (!is_protected(field.id) && base::equals_ignore_case(out.fields.name(field), option)) {
            field.dropped = true;
          }
        }
      }
    });
  }
  out.keep_alive = !close && (out.minor >= 1 || keep_alive);
  out.upgrades_websocket = upgrade && facts.upgrade_websocket;
}

}  // namespace

Verdict parse_response(std::string_view text, const HeadLimits& limits,
                       std::string_view request_method, ResponseHead& out) noexcept {
  const StatusLine line = parse_status_line(text, limits, out);
  if (!line.verdict.is_complete()) return line.verdict;
  const FieldScan scan = scan_fields(text, line.next, limits, 502, out.fields);
  if (!scan.verdict.is_complete()) return scan.verdict;
  out.bytes = scan.bytes;
  out.content_length = 0;
  out.has_content_length = out.has_date = out.upgrades_websocket = false;
  out.keep_alive = out.minor >= 1;
  ResponseFacts facts;
  const Verdict gathered = gather(out, facts);
  if (gathered.is_refused()) return gathered;
  if (facts.te_count == 1) {
    if (scan.te_has_control || !base::equals_ignore_case(facts.transfer_encoding, "chunked")) {
      return Verdict::refuse(502, "a transfer coding other than chunked");
    }
    if (facts.length_count > 0) {
      return Verdict::refuse(502, "Transfer-Encoding together with Content-Length");
    }
    if (out.minor == 0) return Verdict::refuse(502, "Transfer-Encoding on HTTP/1.0");
  }
  if (facts.has_connection) apply_connection_options(out, facts);
  // RFC 9112, 6.3: these never have a body, whatever their fields say.
  if (request_method == "HEAD" || out.status < 200 || out.status == 204 || out.status == 304) {
    out.framing = Framing::none;
  } else if (facts.te_count == 1) {
    out.framing = Framing::chunked;
  } else if (out.has_content_length) {
    out.framing = out.content_length > 0 ? Framing::length : Framing::none;
  } else {
    out.framing = Framing::until_close;
  }
  return Verdict::complete();
}

}  // namespace weir::http
