#pragma once
// Address: one place to connect or bind to: IPv4, IPv6 or a Unix socket path. A value.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir::net {

/// An IP address without port, for what is kept once a connection: 17 bytes instead of the 112 of
/// an Address.
struct IpBytes {
  std::uint8_t bytes[16] = {};  ///< IPv4 is mapped into ::ffff:0:0/96
  std::uint8_t version = 0;     ///< 4, 6, or 0 for a Unix socket and for none
};

class Address {
 public:
  Address() noexcept { std::memset(&storage_, 0, sizeof storage_); }

  /// "127.0.0.1", "::1" or "[::1]" (numeric only). Fails: invalid_argument.
  static base::Result<Address> ip(std::string_view host, std::uint16_t port);
  /// Fails: invalid_argument when the path is empty or over 107 bytes.
  static base::Result<Address> unix_path(std::string_view path);
  /// "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock". Fails: invalid_argument.
  static base::Result<Address> parse(std::string_view text);
  static Address from(const sockaddr* raw, socklen_t length) noexcept;

  int family() const noexcept { return storage_.base.sa_family; }
  const sockaddr* raw() const noexcept { return &storage_.base; }
  socklen_t length() const noexcept;
  /// 0 for a Unix socket.
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  bool is_loopback() const noexcept;
  /// One host can be meant by it: not 0.0.0.0 or ::, no multicast or broadcast. True for Unix
  /// sockets.
  bool is_unicast() const noexcept;

  /// The host alone: "127.0.0.1", "::1", "unix".
  std::string host() const;
  /// "127.0.0.1:80", "[::1]:80", "unix:/run/x.sock".
  std::string text() const;

  /// The 16 bytes of an IPv6 address, IPv4 mapped into ::ffff:0:0/96. Zero for Unix sockets.
  void to_bytes(std::uint8_t (&out)[16]) const noexcept;
  IpBytes ip_bytes() const noexcept {
    IpBytes out;
    to_bytes(out.bytes);
    out.version = family() == AF_INET ? 4 : family() == AF_INET6 ? 6 : 0;
    return out;
  }

  friend bool operator==(const Address& a, const Address& b) noexcept {
    return a.length() == b.length() && std::memcmp(a.raw(), b.raw(), a.length()) == 0;
  }

 private:
  union {
    sockaddr base;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un path;
  } storage_;
};

/// Writes an IP's text form into `out` (46 bytes are enough) and returns its length; no allocation.
std::size_t write_host(const Address& address, char* out) noexcept;

}  // namespace weir::net
