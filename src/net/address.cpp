#include "net/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstddef>

#include "base/text.hpp"

namespace weir::net {
namespace {

base::Fail bad(std::string_view text, std::string_view why) {
  return base::fail(base::Errc::invalid_argument, fmt::format("'{}' {}", text, why));
}

}  // namespace

base::Result<Address> Address::ip(std::string_view host, std::uint16_t port) {
  std::string_view inner = host;
  const bool bracketed = inner.size() >= 2 && inner.front() == '[' && inner.back() == ']';
  if (bracketed) inner = inner.substr(1, inner.size() - 2);
  const std::string text(inner);
  Address out;
  if (!bracketed && inet_pton(AF_INET, text.c_str(), &out.storage_.v4.sin_addr) == 1) {
    out.storage_.v4.sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, text.c_str(), &out.storage_.v6.sin6_addr) == 1) {
    out.storage_.v6.sin6_family = AF_INET6;
  } else {
    return bad(host, "is not an IP address");
  }
  out.set_port(port);
  return out;
}

base::Result<Address> Address::unix_path(std::string_view path) {
  Address out;
  if (path.empty() || path.size() >= sizeof out.storage_.path.sun_path) {
    return bad(path, "is not a socket path of 1 to 107 bytes");
  }
  out.storage_.path.sun_family = AF_UNIX;
  std::memcpy(out.storage_.path.sun_path, path.data(), path.size());
  return out;
}

base::Result<Address> Address::parse(std::string_view text) {
  if (text.starts_with("unix:")) return unix_path(text.substr(5));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(text, "has no port; expected HOST:PORT");
  const auto port = base::parse_uint(text.substr(colon + 1));
  if (!port || *port > 65535) return bad(text, "has a bad port; expected 0 to 65535");
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && !host.starts_with('[')) {
    return bad(text, "needs brackets round its IPv6 address, as in [::1]:80");
  }
  return ip(host, static_cast<std::uint16_t>(*port));
}

Address Address::from(const sockaddr* raw, socklen_t length) noexcept {
  Address out;
  std::memcpy(&out.storage_, raw, std::min<std::size_t>(length, sizeof out.storage_));
  return out;
}

socklen_t Address::length() const noexcept {
  switch (family()) {
    case AF_INET:
      return sizeof(sockaddr_in);
    case AF_INET6:
      return sizeof(sockaddr_in6);
    case AF_UNIX:
      return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                    std::strlen(storage_.path.sun_path) + 1);
    default:
      return sizeof(sa_family_t);
  }
}

std::uint16_t Address::port() const noexcept {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) storage_.v6.sin6_port = htons(port);
}

bool Address::is_loopback() const noexcept {
  if (family() == AF_INET) return (ntohl(storage_.v4.sin_addr.s_addr) >> 24) == 127;
  if (family() == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&storage_.v6.sin6_addr);
  return family() == AF_UNIX;
}

bool Address::is_unicast() const noexcept {
  if (family() == AF_INET) {
    const std::uint32_t host = ntohl(storage_.v4.sin_addr.s_addr);
    return host != 0 && (host >> 28) != 14 && host != UINT32_MAX;
  }
  if (family() == AF_INET6) {
    return !IN6_IS_ADDR_UNSPECIFIED(&storage_.v6.sin6_addr) &&
           !IN6_IS_ADDR_MULTICAST(&storage_.v6.sin6_addr);
  }
  return family() == AF_UNIX;
}

std::string Address::host() const {
  if (family() == AF_UNIX) return "unix";
  char buffer[INET6_ADDRSTRLEN];
  return std::string(buffer, write_host(*this, buffer));
}

std::string Address::text() const {
  switch (family()) {
    case AF_INET:
      return fmt::format("{}:{}", host(), port());
    case AF_INET6:
      return fmt::format("[{}]:{}", host(), port());
    case AF_UNIX:
      return fmt::format("unix:{}", storage_.path.sun_path);
    default:
      return "none";
  }
}

void Address::to_bytes(std::uint8_t (&out)[16]) const noexcept {
  std::memset(out, 0, sizeof out);
  if (family() == AF_INET) {
    out[10] = out[11] = 0xff;
    std::memcpy(out + 12, &storage_.v4.sin_addr, 4);
  } else if (family() == AF_INET6) {
    std::memcpy(out, &storage_.v6.sin6_addr, 16);
  }
}

std::size_t write_host(const Address& address, char* out) noexcept {
  if (address.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.raw());
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&v4->sin_addr);
    char* p = out;
    for (int i = 0; i < 4; ++i) {
      const unsigned octet = octets[i];
      if (octet >= 100) *p++ = static_cast<char>('0' + octet / 100);
      if (octet >= 10) *p++ = static_cast<char>('0' + octet / 10 % 10);
      *p++ = static_cast<char>('0' + octet % 10);
      if (i < 3) *p++ = '.';
    }
    return static_cast<std::size_t>(p - out);
  }
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.raw());
    if (inet_ntop(AF_INET6, &v6->sin6_addr, out, INET6_ADDRSTRLEN) != nullptr) {
      return std::strlen(out);
    }
  }
  std::memcpy(out, "unix", 4);
  return 4;
}

}  // namespace weir::net
