#include "config/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace weir::config {
namespace {

constexpr std::size_t kUnixPathMax = 107;  // sun_path without its NUL
constexpr std::size_t kNameMax = 253;
constexpr std::size_t kLabelMax = 63;
constexpr std::uint64_t kPortMax = 65535;

std::unexpected<Fault> fault(std::string message, std::string suggestion = {}) {
  return std::unexpected(Fault{std::move(message), std::move(suggestion)});
}

struct Ip {
  std::array<std::uint8_t, 16> bytes{};
  Family family = Family::v4;
};

std::optional<Ip> parse_ip(std::string_view text) {
  Ip ip;
  const std::string copy(text.substr(0, INET6_ADDRSTRLEN + 1));
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, copy.c_str(), ip.bytes.data()) == 1) return ip;
  ip.family = Family::v6;
  if (inet_pton(AF_INET6, copy.c_str(), ip.bytes.data()) == 1) return ip;
  return std::nullopt;
}

std::string format_ip(const Ip& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(ip.family == Family::v4 ? AF_INET : AF_INET6, ip.bytes.data(), text, sizeof text);
  return text;
}

Parsed<Address> parse_unix(std::string_view path) {
  if (path.empty()) return fault("'unix:' needs a path", "unix:/run/weir.sock");
  if (path.size() > kUnixPathMax) {
    return fault(fmt::format("a unix socket path has at most {} bytes", kUnixPathMax));
  }
  if (std::ranges::any_of(path, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; })) {
    return fault("a unix socket path has no control bytes");
  }
  return Address{.unix_path = std::string(path)};
}

struct HostPort {
  std::string_view host;  // without brackets
  std::uint16_t port;
  bool bracketed;
};

Parsed<std::uint16_t> parse_port(std::string_view text) {
  const auto port = base::parse_uint(text);
  if (!port) return fault(fmt::format("port '{}' is not a number", clipped(text)));
  if (*port > kPortMax) return fault(fmt::format("port {} is above {}", clipped(text), kPortMax));
  return static_cast<std::uint16_t>(*port);
}

Parsed<HostPort> split(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    std::string_view rest = text.substr(scheme + 3);
    rest = rest.substr(0, rest.find('/'));
    return fault("an address has no scheme and no path", std::string(rest));
  }
  const auto colon = text.rfind(':');
  const bool is_v6 = colon != std::string_view::npos && parse_ip(text);
  if (is_v6 && parse_ip(text.substr(0, colon)) && base::parse_uint(text.substr(colon + 1))) {
    return fault("an IPv6 address before a port needs brackets",
                 fmt::format("[{}]:{}", text.substr(0, colon), text.substr(colon + 1)));
  }
  if (base::parse_uint(text)) {
    return fault(fmt::format("'{}' has no host", clipped(text)), fmt::format("127.0.0.1:{}", text));
  }
  if (is_v6 || colon == std::string_view::npos) {
    return fault(fmt::format("'{}' has no port", clipped(text)),
                 fmt::format("{}{}{}:8080", is_v6 ? "[" : "", text, is_v6 ? "]" : ""));
  }
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::unexpected(port.error());
  return HostPort{host, *port, bracketed};
}

// The host as a canonical IP address; nullopt if it is something else; a fault for wrong brackets.
Parsed<std::optional<std::string>> ip_host(const HostPort& parts) {
  const auto ip = parse_ip(parts.host);
  if (!ip && parts.bracketed) {
    return fault(fmt::format("'[{}]' is not an IPv6 address", clipped(parts.host)));
  }
  if (!ip) return std::nullopt;
  const bool v6 = ip->family == Family::v6;
  if (v6 && !parts.bracketed) {
    return fault("an IPv6 address before a port needs brackets",
                 fmt::format("[{}]:{}", format_ip(*ip), parts.port));
  }
  if (!v6 && parts.bracketed) {
    return fault("brackets are for IPv6", fmt::format("{}:{}", parts.host, parts.port));
  }
  return format_ip(*ip);
}

std::array<std::uint8_t, 16> prefix_of(const Ip& ip, unsigned prefix) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned left = prefix > 8 * i ? prefix - 8 * static_cast<unsigned>(i) : 0;
    const unsigned mask = left >= 8 ? 0xff : (0xff00u >> left) & 0xff;
    bytes[i] = static_cast<std::uint8_t>(ip.bytes[i] & mask);
  }
  return bytes;
}

}  // namespace

Parsed<Address> parse_bind(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  const auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  const auto ip = ip_host(*parts);
  if (!ip) return std::unexpected(ip.error());
  if (*ip) return Address{.host = **ip, .port = parts->port};
  const bool every = parts->host.empty() || parts->host == "*";
  const bool local = base::equals_ignore_case(parts->host, "localhost");
  const std::string meant = every   ? fmt::format("0.0.0.0:{}", parts->port)
                            : local ? fmt::format("127.0.0.1:{}", parts->port)
                                    : std::string();
  return fault("a listener binds to an IP address such as 127.0.0.1:8080 or [::1]:8080", meant);
}

Parsed<Address> parse_endpoint(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  const auto parts = split(text);
  if (!parts) return std::unexpected(parts.error());
  if (parts->port == 0) return fault("an endpoint's port cannot be 0");
  const auto ip = ip_host(*parts);
  if (!ip) return std::unexpected(ip.error());
  if (*ip) return Address{.host = **ip, .port = parts->port};
  auto name = parse_dns_name(parts->host);
  if (!name) return std::unexpected(name.error());
  return Address{.host = *std::move(name), .port = parts->port};
}

Parsed<std::string> parse_dns_name(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  std::string name(clipped(text, kNameMax + 1));
  std::ranges::transform(name, name.begin(), base::ascii_lower);
  const auto bad = [&](std::string_view why, std::string suggestion = {}) {
    return fault(fmt::format("'{}' is not a host name: {}", clipped(text), why),
                 std::move(suggestion));
  };
  if (name.empty()) return bad("it is empty");
  if (name.size() > kNameMax) return bad("it is longer than 253 bytes");
  if (name.find_first_not_of(kAllowed) != std::string::npos) {
    return bad("letters, digits, '-', '_' and '.' only");
  }
  // inet_aton's forms (127.1, 0x7f.1): a resolver would take them for addresses.
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  const bool hex = last.starts_with("0x") &&
                   last.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
  if (base::parse_uint(last) || hex) return bad("it looks like a broken IPv4 address");
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    if (end == begin && end == name.size()) return bad("it ends in a dot", name.substr(0, end - 1));
    if (end == begin) return bad("a label is empty");
    if (end - begin > kLabelMax) return bad("a label is longer than 63 bytes");
    if (name[begin] == '-' || name[end - 1] == '-') return bad("a label begins or ends with '-'");
    begin = end + 1;
  }
  return name;
}

std::string canonical_ip(std::string_view text) {
  const auto ip = parse_ip(text);
  return ip ? format_ip(*ip) : std::string();
}

Parsed<Cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto ip = parse_ip(host);
  if (!ip) {
    return fault(
        fmt::format("'{}' is not an address range such as 10.0.0.0/8 or fd00::/8", clipped(text)));
  }
  const unsigned longest = ip->family == Family::v4 ? 32 : 128;
  unsigned prefix = longest;
  if (slash != std::string_view::npos) {
    const auto number = base::parse_uint(text.substr(slash + 1));
    if (!number || *number > longest) {
      return fault(fmt::format("the prefix '{}' is not a number from 0 to {}",
                               clipped(text.substr(slash + 1)), longest),
                   fmt::format("{}/{}", host, longest));
    }
    prefix = static_cast<unsigned>(*number);
  }
  Cidr cidr{prefix_of(*ip, prefix), ip->family, static_cast<std::uint8_t>(prefix)};
  if (cidr.bytes != ip->bytes) {
    return fault(fmt::format("'{}' has bits set after its prefix", clipped(text)), to_text(cidr));
  }
  return cidr;
}

std::string to_text(const Address& address) {
  if (address.is_unix()) return "unix:" + address.unix_path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

std::string to_text(const Cidr& cidr) {
  return fmt::format("{}/{}", format_ip({cidr.bytes, cidr.family}), cidr.prefix);
}

bool is_loopback(const Address& address) {
  if (address.is_unix()) return true;
  const auto ip = parse_ip(address.host);
  if (!ip) return false;
  if (ip->family == Family::v4) return ip->bytes[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return ip->bytes == one;
}

}  // namespace weir::config
