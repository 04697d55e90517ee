#include "http/h1_request.hpp"

#include <cstring>

#include "base/text.hpp"
#include "http/chars.hpp"
#include "http/field_lines.hpp"
#include "http/target.hpp"

namespace weir::http {
namespace {

constexpr std::size_t kEmptyLinesMax =
    8;  // before a request line (RFC 9112, 2.2 says at least one)
constexpr std::size_t kMethodMax = 32;
constexpr std::string_view kOurMark = "1.1 weir";

// "HTTP/" in any case, a digit, and optionally a point and a digit.
bool looks_like_version(std::string_view text) noexcept {
  if (text.size() != 6 && text.size() != 8) return false;
  if (!base::equals_ignore_case(text.substr(0, 5), "http/") || !is_digit(text[5])) return false;
  return text.size() == 6 || (text[6] == '.' && is_digit(text[7]));
}

struct RequestLine {
  Verdict verdict;
  std::size_t next = 0;
};

RequestLine bad(std::uint16_t status, const char* why, std::size_t at) noexcept {
  return {Verdict::refuse(status, why, at)};
}

// request-line = token SP target SP "HTTP/1." ( "0" / "1" ) CRLF
RequestLine parse_line(std::string_view text, std::size_t start, std::size_t line_end,
                       RequestHead& out) noexcept {
  const std::string_view line = text.substr(start, line_end - start);
  const char* begin = line.data();
  const char* method_end = find_token_end(text.data(), begin, begin + line.size());
  const auto i = static_cast<std::size_t>(method_end - begin);
  if (i == 0 || i == line.size() || line[i] != ' ') return bad(400, "a bad method", start + i);
  out.method = line.substr(0, i);
  if (out.method.size() > kMethodMax) return bad(501, "the method is too long", start);
  constexpr std::size_t kEnd = std::string_view(" HTTP/1.x").size();  // the common case
  const bool usual = line.size() > kEnd && line.substr(line.size() - kEnd, kEnd - 1) == " HTTP/1.";
  const std::size_t last_space = usual ? line.size() - kEnd : line.rfind(' ');
  const std::string_view version = line.substr(last_space + 1);
  if (last_space == i) return bad(400, "no version in the request line", start + i);
  out.target = line.substr(i + 1, last_space - i - 1);
  if (version == "HTTP/1.1") {
    out.minor = 1;
  } else if (version == "HTTP/1.0") {
    out.minor = 0;
  } else {
    return bad(looks_like_version(version) ? 505 : 400, "not HTTP/1.0 or HTTP/1.1",
               start + last_space + 1);
  }
  if (!is_target_text(out.target)) return bad(400, "a byte no target may hold", start + i + 1);
  return {Verdict::complete(), line_end + 2};
}

RequestLine scan_request_line(std::string_view text, const HeadLimits& limits,
                              RequestHead& out) noexcept {
  std::size_t start = 0;
  for (std::size_t empty = 0; start < text.size() && text[start] == '\r'; ++empty) {
    if (empty == kEmptyLinesMax) return bad(400, "too many empty lines", start);
    if (start + 1 == text.size()) return {};
    if (text[start + 1] != '\n') return bad(400, "CR without LF", start);
    start += 2;
  }
  if (start == text.size()) return {};
  if (!is_token(text[start])) return bad(400, "a bad method", start);
  const std::size_t window = std::min(text.size() - start, std::size_t{limits.line_max} + 2);
  const char* begin = text.data() + start;
  const char* stop = find_control(begin, begin + window);
  const auto length = static_cast<std::size_t>(stop - begin);
  if (length > limits.line_max) return bad(414, "the request line is too long", limits.line_max);
  if (length == window) return {};
  if (*stop != '\r') return bad(400, "a control byte in the request line", start + length);
  if (start + length + 1 == text.size()) return {};
  if (stop[1] != '\n') return bad(400, "CR without LF", start + length);
  return parse_line(text, start, start + length, out);
}

// Fields whose name becomes a protected one when '_' is read as '-': servers behind CGI-like
// interfaces cannot tell them apart, so they are dropped.
bool is_look_alike(std::string_view name) noexcept {
  char dashed[24];
  if (name.size() >= sizeof dashed || name.find('_') == std::string_view::npos) return false;
  for (std::size_t i = 0; i < name.size(); ++i) dashed[i] = name[i] == '_' ? '-' : name[i];
  const FieldId id = classify({dashed, name.size()});
  return is_protected(id) || is_hop_by_hop(id) || id == FieldId::x_request_id;
}

// What one pass over the fields finds; judged afterwards in the fixed order.
struct RequestFacts {
  std::string_view transfer_encoding;
  std::string_view content_length;
  std::string_view host;
  std::string_view connection;
  std::string_view upgrade;
  std::string_view expect;
  std::uint8_t te_count = 0;
  std::uint8_t length_count = 0;
  std::uint8_t host_count = 0;
};

bool is_known_expectation(std::string_view value) noexcept {
  return base::equals_ignore_case(value, "100-continue");
}

void count_up(std::uint8_t& counter) noexcept {
  if (counter < 255) ++counter;
}

void gather(RequestHead& out, RequestFacts& facts) noexcept {
  for (Field& field : out.fields) {
    const std::string_view value = out.fields.value(field);
    switch (field.id) {
      case FieldId::other:
        if (is_look_alike(out.fields.name(field))) {
          field.dropped = true;
          count_up(out.look_alikes);
        }
        break;
      case FieldId::transfer_encoding:
        facts.transfer_encoding = value;
        count_up(facts.te_count);
        break;
      case FieldId::content_length:
        facts.content_length = value;
        count_up(facts.length_count);
        field.dropped = true;  // framing is always written new
        break;
      case FieldId::host:
        facts.host = value;
        count_up(facts.host_count);
        field.dropped = true;
        break;
      case FieldId::connection:
        facts.connection = value;
        break;
      case FieldId::upgrade:
        facts.upgrade = value;
        break;
      case FieldId::expect:
        // Of several, one that is not ours decides.
        if (facts.expect.data() == nullptr || !is_known_expectation(value)) facts.expect = value;
        break;
      case FieldId::te:
        for_each_member(value, [&](std::string_view member) {
          if (base::equals_ignore_case(member, "trailers")) out.keeps_te_trailers = true;
        });
        break;
      case FieldId::via:
        for_each_member(value, [&](std::string_view member) {
          if (member.starts_with(kOurMark)) count_up(out.via_ours);
        });
        break;
      default:
        break;
    }
    if (is_hop_by_hop(field.id)) field.dropped = true;
  }
}

Verdict judge_framing(const RequestFacts& facts, bool te_has_control, RequestHead& out) noexcept {
  if (facts.te_count > 1) return Verdict::refuse(400, "more than one Transfer-Encoding");
  if (facts.te_count == 1) {
    bool empty_member = false;
    for_each_member(facts.transfer_encoding,
                    [&](std::string_view member) { empty_member |= member.empty(); });
    if (empty_member && !te_has_control) {
      return Verdict::refuse(400, "an empty member in Transfer-Encoding");
    }
    if (te_has_control || !base::equals_ignore_case(facts.transfer_encoding, "chunked")) {
      return Verdict::refuse(501, "a transfer coding other than chunked");
    }
    if (facts.length_count > 0) {
      return Verdict::refuse(400, "Transfer-Encoding together with Content-Length");
    }
    if (out.minor == 0) return Verdict::refuse(400, "Transfer-Encoding on HTTP/1.0");
    out.framing = Framing::chunked;
  }
  if (facts.length_count > 1) return Verdict::refuse(400, "more than one Content-Length");
  if (facts.length_count == 1) {
    if (!parse_content_length(facts.content_length, out.content_length, out.length_text)) {
      return Verdict::refuse(400, "Content-Length is not a number");
    }
    out.has_content_length = true;
    if (out.content_length > 0) out.framing = Framing::length;
  }
  return Verdict::complete();
}

// The target's four forms (RFC 9112, 3.2). Absolute form must name the Host it is sent with.
Verdict judge_target(const RequestFacts& facts, std::span<char> scratch,
                     RequestHead& out) noexcept {
  out.authority = facts.host;
  if (out.method == "CONNECT") return Verdict::refuse(405, "CONNECT is not served here");
  if (out.target == "*") {
    if (out.method != "OPTIONS") return Verdict::refuse(400, "'*' is a target of OPTIONS only");
    out.path = out.target;
    return Verdict::complete();
  }
  std::string_view rest = out.target;
  if (!rest.starts_with('/')) {
    if (rest.size() < 8 || !base::equals_ignore_case(rest.substr(0, 7), "http://")) {
      return Verdict::refuse(400, "the target is neither a path nor an http URL");
    }
    rest.remove_prefix(7);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, end);
    if (!is_authority(authority)) return Verdict::refuse(400, "the target's host is not valid");
    if (facts.host_count > 0 && !base::equals_ignore_case(authority, facts.host)) {
      return Verdict::refuse(400, "the target names another host than Host");
    }
    out.authority = authority;
    rest.remove_prefix(end);
    if (!rest.starts_with('/')) {
      out.path = "/";
      out.query = rest;
      return Verdict::complete();
    }
  }
  const std::size_t question = std::min(rest.find('?'), rest.size());
  out.query = rest.substr(question);
  const PathResult path = normalise_path(rest.substr(0, question), scratch);
  if (!path.ok) return Verdict::refuse(400, path.why);
  out.path = path.path;
  out.has_kept_escape = path.has_kept_escape;
  return Verdict::complete();
}

void apply_connection_options(const RequestFacts& facts, RequestHead& out) noexcept {
  const auto drop_named = [&](std::string_view option) {
    for (Field& field : out.fields) {
      if (!is_protected(field.id) && base::equals_ignore_case(out.fields.name(field), option)) {
        field.dropped = true;
      }
    }
  };
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  for (const Field& field : out.fields) {
    if (field.id != FieldId::connection) continue;
    for_each_member(out.fields.value(field), [&](std::string_view option) {
      if (base::equals_ignore_case(option, "close")) {
        close = true;
      } else if (base::equals_ignore_case(option, "keep-alive")) {
        keep_alive = true;
      } else if (base::equals_ignore_case(option, "upgrade")) {
        upgrade = true;
      } else if (!option.empty()) {
        drop_named(option);
      }
    });
  }
  out.keep_alive = !close && (out.minor >= 1 || keep_alive);
  out.wants_websocket =
      upgrade && out.minor >= 1 && base::equals_ignore_case(facts.upgrade, "websocket");
}

}  // namespace

Verdict parse_request(std::string_view text, const HeadLimits& limits, std::span<char> scratch,
                      RequestHead& out) noexcept {
  const RequestLine line = scan_request_line(text, limits, out);
  if (!line.verdict.is_complete()) return line.verdict;
  const FieldScan scan = scan_fields(text, line.next, limits, 400, out.fields);
  if (!scan.verdict.is_complete()) return scan.verdict;

  out.path = out.query = out.authority = {};
  out.content_length = 0;
  out.bytes = scan.bytes;
  out.framing = Framing::none;
  out.has_content_length = out.expects_continue = out.wants_websocket = false;
  out.keeps_te_trailers = out.has_kept_escape = false;
  out.via_ours = out.look_alikes = 0;
  RequestFacts facts;
  gather(out, facts);
  Verdict verdict = judge_framing(facts, scan.te_has_control, out);
  if (verdict.is_refused()) return verdict;
  if (facts.host_count > 1) return Verdict::refuse(400, "more than one Host");
  if (facts.host_count == 0 && out.minor >= 1) return Verdict::refuse(400, "no Host");
  if (facts.host_count == 1 && !is_authority(facts.host)) {
    return Verdict::refuse(400, "Host is not a valid name");
  }
  verdict = judge_target(facts, scratch, out);
  if (verdict.is_refused()) return verdict;
  if (facts.expect.data() != nullptr && out.minor >= 1) {
    if (!is_known_expectation(facts.expect)) {
      return Verdict::refuse(417, "an expectation other than 100-continue");
    }
    out.expects_continue = out.framing != Framing::none;
  }
  if (facts.expect.data() != nullptr && !out.expects_continue) {
    // Of HTTP/1.0, or without a body, it means nothing: it must not go on in an HTTP/1.1 head.
    for (Field& field : out.fields) field.dropped = field.dropped || field.id == FieldId::expect;
  }
  if (facts.connection.data() == nullptr) {
    out.keep_alive = out.minor >= 1;
  } else {
    apply_connection_options(facts, out);
  }
  return verdict;
}

bool worth_parsing(std::string_view text, std::size_t judged, const HeadLimits& limits) noexcept {
  // Two bytes back: a line that begins with CR is judged when its second byte is here.
  if (judged < 32 || text.size() > limits.head_max) return true;
  if (text.size() > limits.line_max && judged <= limits.line_max + 2) return true;
  return std::memchr(text.data() + judged - 2, '\n', text.size() - judged + 2) != nullptr;
}

}  // namespace weir::http
