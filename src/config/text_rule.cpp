#include "config/text_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace weir::config {
namespace {

constexpr std::size_t kServiceNameMax = 63;
constexpr std::size_t kMethodMax = 32;  // longer ones are answered 501 (http-rules.md, section 2)

constexpr std::size_t kLabelBytesMax = 512;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";

std::unexpected<Fault> text_fault(std::string message, std::string suggestion = {}) {
  return std::unexpected(Fault{std::move(message), std::move(suggestion)});
}

bool is_alpha(char c) { return kLower.contains(base::ascii_lower(c)); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_plain(char c) { return c > 0x20 && c < 0x7f; }  // ASCII without spaces and controls
// tchar of RFC 9110, section 5.6.2.
bool is_token(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), base::ascii_lower);
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = kLower.contains(c) ? static_cast<char>(c - 32) : c;
  return out;
}

Parsed<std::string> read_argument(std::string_view text) {
  if (text.contains('\0')) return text_fault("NUL cannot be passed to a process");
  return std::string(text);
}

Parsed<std::string> read_name(std::string_view text) {
  const auto allowed = [](char c) { return kLower.contains(c) || is_digit(c) || c == '-'; };
  const std::string shown(clipped(text));
  if (!text.empty() && std::ranges::all_of(text, is_digit)) {
    return text_fault(fmt::format("'{}' is not a name: digits only would read as a number", shown));
  }
  if (!text.empty() && text.size() <= kServiceNameMax && kLower.contains(text.front()) &&
      std::ranges::all_of(text, allowed)) {
    return std::string(text);
  }
  std::string meant = lower(text.substr(0, kServiceNameMax));
  for (char& c : meant) c = allowed(c) ? c : '-';
  if (meant.empty() || !kLower.contains(meant.front()) || meant == text) meant.clear();
  return text_fault(
      fmt::format("'{}' is not a name: a lower-case letter, then at most 62 lower-case "
                  "letters, digits and '-'",
                  shown),
      std::move(meant));
}

Parsed<std::string> read_listener_choice(std::string_view text) {
  return text == "*" ? std::string(text) : read_name(text);
}

Parsed<std::string> read_host_name(std::string_view text) {
  std::string_view bare = text;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  if (const std::string ip = canonical_ip(bare); !ip.empty()) {
    return ip.contains(':') ? fmt::format("[{}]", ip) : ip;
  }
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    const bool scheme = text.contains("://");
    return text_fault("a host is a name alone, without scheme, port or path",
                      scheme ? std::string() : std::string(text.substr(0, colon)));
  }
  return parse_dns_name(text);
}

Parsed<std::string> read_host_pattern(std::string_view text) {
  if (text == "*") return std::string(text);
  const bool suffix = text.starts_with("*.");
  if (text.substr(suffix ? 2 : 0).contains('*')) {
    return text_fault("'*' stands alone or as the first label, such as *.example");
  }
  const auto host = read_host_name(suffix ? text.substr(2) : text);
  if (!host) return std::unexpected(host.error());
  return suffix ? "*." + *host : *host;
}

Parsed<std::string> read_dns_name(std::string_view text) {
  std::string_view bare = text;
  if (const auto scheme = bare.find("://"); scheme != bare.npos) bare.remove_prefix(scheme + 3);
  bare = bare.substr(0, bare.find('/'));
  std::string_view inner = bare;
  if (inner.starts_with('[') && inner.ends_with(']')) inner = inner.substr(1, inner.size() - 2);
  if (!canonical_ip(inner).empty()) {
    return text_fault("an address needs no look-up; list it as `static: [\"ADDRESS:PORT\"]`");
  }
  if (const auto colon = bare.rfind(':'); colon != bare.npos) {
    const bool is_name = parse_dns_name(bare.substr(0, colon)).has_value();
    return text_fault("a host name alone, without scheme or port; `port` is a key of its own",
                      is_name ? std::string(bare.substr(0, colon)) : std::string());
  }
  if (bare.size() == text.size()) return parse_dns_name(text);
  return text_fault("a host name alone, without scheme or path", std::string(bare));
}

// Labels of other people's containers: a key has no '=', a value may be any text.
Parsed<std::string> read_label(std::string_view text) {
  const std::string_view key = text.substr(0, text.find('='));
  const std::string shown(clipped(text));
  const bool is_key = !key.empty() && std::ranges::all_of(key, [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("-._/").contains(c);
  });
  if (is_key && text.size() <= kLabelBytesMax && std::ranges::none_of(text, is_control)) {
    return std::string(text);
  }
  if (text.size() > kLabelBytesMax) {
    return text_fault(fmt::format("a label has at most {} bytes", kLabelBytesMax));
  }
  std::string meant(text);  // "app: web", "app = web"
  if (const auto mark = meant.find_first_of(":="); mark != meant.npos && mark > 0) {
    meant[mark] = '=';
    std::erase(meant, ' ');
  }
  if (meant == text || meant.starts_with('=') || meant.contains(':')) meant.clear();
  return text_fault(fmt::format("'{}' is not a label: letters, digits, '.', '-', '_' and '/', then "
                                "=value or nothing",
                                shown),
                    std::move(meant));
}

// [a-zA-Z0-9][a-zA-Z0-9_.-]*, as the engine has it.
Parsed<std::string> read_network(std::string_view text) {
  const auto is_inner = [](char c) {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
  };
  const bool begins = !text.empty() && (is_alpha(text.front()) || is_digit(text.front()));
  if (begins && text.size() <= kLabelBytesMax && std::ranges::all_of(text, is_inner)) {
    return std::string(text);
  }
  return text_fault(fmt::format("'{}' is not a network's name: letters, digits, '_', '.' and '-'",
                                clipped(text)));
}

// Requests are matched after the path was normalised: a prefix that is not in normal form itself
// would never match, and the author would not learn why.
Parsed<std::string> read_path(std::string_view text) {
  const std::string shown(clipped(text));
  if (!text.starts_with('/')) {
    return text_fault(fmt::format("'{}' is not a path: it begins with '/'", shown),
                      fmt::format("/{}", text));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '?' || c == '#') {
      return text_fault(fmt::format("'{}': a path has no '{}'", shown, c),
                        std::string(text.substr(0, i)));
    }
    if (!is_plain(c) || c == '\\') return text_fault(fmt::format("'{}': percent-encode it", shown));
    if (c != '%') continue;
    const std::string_view hex = text.substr(i + 1, 2);
    if (hex.size() < 2 || hex.find_first_not_of("0123456789abcdefABCDEF") != hex.npos) {
      return text_fault(fmt::format("'{}': '%' needs two hexadecimal digits", shown));
    }
  }
  if (text.contains("//")) return text_fault(fmt::format("'{}': '//' is never matched", shown));
  const std::string closed = fmt::format("{}/", text);
  if (closed.contains("/./") || closed.contains("/../")) {
    return text_fault(fmt::format("'{}': '.' and '..' are never matched", shown));
  }
  return std::string(text);
}

Parsed<std::string> read_target(std::string_view text) {
  if (!text.starts_with('/')) {
    return text_fault(fmt::format("'{}' is not a path: it begins with '/'", clipped(text)),
                      fmt::format("/{}", text));
  }
  if (!std::ranges::all_of(text, is_plain) || text.contains('#')) {
    return text_fault(fmt::format("'{}': percent-encode it", clipped(text)));
  }
  return std::string(text);
}

Parsed<std::string> read_method(std::string_view text) {
  if (text == "CONNECT") return text_fault("CONNECT is refused on every route");
  if (text.empty() || text.size() > kMethodMax || !std::ranges::all_of(text, is_token)) {
    return text_fault(fmt::format("'{}' is not a method such as GET", clipped(text)));
  }
  if (std::ranges::any_of(text, [](char c) { return kLower.contains(c); })) {
    return text_fault("methods are written in upper case", upper(text));
  }
  return std::string(text);
}

Parsed<std::string> read_location(std::string_view text) {
  if (text.empty()) return text_fault("it is empty");
  if (std::ranges::any_of(text, is_control))
    return text_fault("control bytes would split the response");
  if (!std::ranges::all_of(text, is_plain))
    return text_fault("percent-encode spaces and other letters");
  return std::string(text);
}

Parsed<std::string> read_file(std::string_view text) {
  if (text.empty()) return text_fault("it is empty");
  if (std::ranges::any_of(text, is_control)) return text_fault("a file name without control bytes");
  return std::string(text);
}

Parsed<std::string> read_sqlite(std::string_view text) {
  std::string_view path = text.substr(std::string_view("sqlite:").size());
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty()) return text_fault("sqlite: needs a path", "sqlite:weir.db");
  if (path == ":memory:") return text_fault("records in memory would be lost; name a file");
  if (path.contains('?')) return text_fault("a path of sqlite: takes no options");
  return std::string(text);
}

// host, host:port, [::1]:port, and several of them.
bool is_host_list(std::string_view hosts) {
  while (!hosts.empty()) {
    std::string_view host = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(host.size() + 1, hosts.size()));
    if (host.starts_with('[')) host.remove_prefix(std::min(host.find(']'), host.size()));
    const std::size_t colon = host.find(':');
    if (colon == host.npos || colon + 1 == host.size()) continue;
    const auto port = base::parse_uint(host.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return false;
  }
  return true;
}

bool has_broken_escape(std::string_view text) {
  for (std::size_t i = text.find('%'); i != text.npos; i = text.find('%', i + 1)) {
    const std::string_view hex = text.substr(i + 1, 2);
    if (hex.size() < 2 || hex.find_first_not_of("0123456789abcdefABCDEF") != hex.npos) return true;
  }
  return false;
}

Parsed<std::string> read_postgres(std::string_view text) {
  const std::string_view rest = text.substr(text.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::size_t at = authority.find('@');
  const std::string_view hosts = at == authority.npos ? authority : authority.substr(at + 1);
  // An '@' after the authority, before the query: a password with '/' or '?' in it.
  const bool is_late = at == authority.npos && rest.substr(0, rest.rfind('?')).contains('@');
  if (is_late || hosts.contains('@') || !is_host_list(hosts) || has_broken_escape(rest)) {
    return text_fault(
        "this URL cannot be read (it is not shown); in a password write @ : / ? % as %40 %3A %2F "
        "%3F %25");
  }
  return std::string(text);
}

Parsed<std::string> read_store(std::string_view text) {
  if (!std::ranges::all_of(text, [](char c) { return !is_control(c); })) {
    return text_fault("control bytes are not allowed");
  }
  if (text.starts_with("sqlite:")) return read_sqlite(text);
  const bool is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
  if (is_url && std::ranges::all_of(text, is_plain)) return read_postgres(text);
  if (is_url) return text_fault("percent-encode spaces and other letters of the URL");
  const bool is_path = text.ends_with(".db") || text.ends_with(".sqlite");
  const bool is_harmless = text.find_first_of(":@= ") == text.npos;
  return text_fault("expected sqlite:PATH or postgres://user@host:port/database",
                    is_path && is_harmless ? fmt::format("sqlite:{}", text) : std::string());
}

// What weir itself decides for each hop; a route that changed them could split a message.
constexpr std::array<std::string_view, 11> kReserved = {
    "connection",     "content-length",    "expect",           "host",
    "http2-settings", "keep-alive",        "proxy-connection", "te",
    "trailer",        "transfer-encoding", "upgrade"};

Parsed<std::string> read_header_name(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, is_token)) {
    const bool colon = text.ends_with(':') && text.size() > 1;
    return text_fault(fmt::format("'{}' is not a field name", clipped(text)),
                      colon ? std::string(text.substr(0, text.size() - 1)) : std::string());
  }
  if (std::ranges::find(kReserved, lower(text)) != kReserved.end()) {
    return text_fault(fmt::format("'{}' belongs to weir: it is set for each hop anew", text));
  }
  return std::string(text);
}

Parsed<std::string> read_cookie_name(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, is_token)) return std::string(text);
  return text_fault(
      fmt::format("'{}' is not a cookie's name: letters, digits, '-' and '_'", clipped(text)));
}

Parsed<std::string> read_header_value(std::string_view text) {
  if (std::ranges::any_of(text, is_control)) {
    return text_fault("a field value has no control bytes: they would split the message");
  }
  if (text.starts_with(' ') || text.ends_with(' ')) {
    return text_fault("a field value neither begins nor ends with a space");
  }
  return std::string(text);
}

Parsed<std::string> read_variable_name(std::string_view text) {
  const auto allowed = [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; };
  if (text.empty() || is_digit(text.front()) || !std::ranges::all_of(text, allowed)) {
    return text_fault(
        fmt::format("'{}' is not a variable's name: letters, digits and '_'", clipped(text)));
  }
  return std::string(text);
}

}  // namespace

constinit const TextRule kArgument{"text", "", read_argument};
constinit const TextRule kName{"a name such as web-server", "^[a-z][a-z0-9-]{0,62}$", read_name};
constinit const TextRule kListenerChoice{"a listener's name or \"*\"",
                                         "^([*]|[a-z][a-z0-9-]{0,62})$", read_listener_choice};
constinit const TextRule kHostPattern{
    "\"*\", a host such as a.example, or *.example",
    "^([*]|([*][.])?[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]|[0-9A-Fa-f:]+)$", read_host_pattern};
constinit const TextRule kHostName{"a host name or address",
                                   "^([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]|[0-9A-Fa-f:]+)$",
                                   read_host_name};
constinit const TextRule kDnsName{"a host name such as web.internal", "^[A-Za-z0-9._-]{1,253}$",
                                  read_dns_name};
constinit const TextRule kLabel{"a label such as weir.service=web",
                                "^[A-Za-z0-9._/-]+(=[^\\u0000-\\u001f\\u007f]*)?$", read_label};
constinit const TextRule kNetwork{"a network's name", "^[A-Za-z0-9][A-Za-z0-9_.-]*$", read_network};
constinit const TextRule kPath{"a path such as /app/", "^/[!-~]*$", read_path};
constinit const TextRule kTarget{"a path such as /health", "^/[!-~]*$", read_target};
constinit const TextRule kMethod{"a method such as GET", "^[!#-'*+.^_`|~A-Z0-9-]{1,32}$",
                                 read_method};
constinit const TextRule kLocation{"a URL or path", "^[!-~]+$", read_location};
constinit const TextRule kFile{"a file name", "^[^\\u0000-\\u001f\\u007f]+$", read_file};
constinit const TextRule kStore{"sqlite:PATH or postgres://user@host:port/database",
                                "^(sqlite:[^?]+|postgres(ql)?://[!-~]*)$", read_store};
constinit const TextRule kHeaderName{"a field name such as x-team", "^[!#-'*+.^_`|~0-9A-Za-z-]+$",
                                     read_header_name};
constinit const TextRule kHeaderValue{"text", "^[^\\u0000-\\u001f\\u007f]*$", read_header_value};
constinit const TextRule kCookieName{"a cookie's name", "^[!#-'*+.^_`|~0-9A-Za-z-]+$",
                                     read_cookie_name};
constinit const TextRule kVariableName{"a variable's name", "^[A-Za-z_][A-Za-z0-9_]*$",
                                       read_variable_name};

}  // namespace weir::config
