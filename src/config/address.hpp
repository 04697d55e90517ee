#pragma once
// Addresses as people write them, read strictly and with an idea of what was meant.
//
//   bind      = ip ":" port | "unix:" path          ; port may be 0
//   endpoint  = ( ip | name ) ":" port | "unix:" path
//   cidr      = ip [ "/" prefix ]                    ; no bit set after the prefix
//   ip        = IPv4 | IPv6 ; in brackets before a port

#include <expected>
#include <string>
#include <string_view>

#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

template <class T>
using Parsed = std::expected<T, Fault>;

Parsed<Address> parse_bind(std::string_view text);
Parsed<Address> parse_endpoint(std::string_view text);
Parsed<Cidr> parse_cidr(std::string_view text);

/// A DNS name (letters, digits, '-', '_', '.'; at most 253), in lower case; not an IP address.
Parsed<std::string> parse_dns_name(std::string_view text);
/// An IPv4 or IPv6 address without brackets, in canonical form; empty if it is none.
std::string canonical_ip(std::string_view text);

/// "127.0.0.1:8080", "[::1]:8080", "unix:/run/weir.sock".
std::string to_text(const Address& address);
/// "10.0.0.0/8".
std::string to_text(const Cidr& cidr);

/// Only this machine can reach it: 127.0.0.0/8, ::1 or a unix socket.
bool is_loopback(const Address& address);

}  // namespace weir::config
