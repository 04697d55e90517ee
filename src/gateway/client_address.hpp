#pragma once
// Client address: who a request is from, when proxies stand in between.
//
// X-Forwarded-For is believed only as far as trusted proxies wrote it: walking from the right, each
// address inside a trusted range vouches for the one before it; the first that is not trusted, or
// cannot be read, is the client. Pure.

#include <cstdint>
#include <span>
#include <string_view>

#include "config/settings.hpp"
#include "http/exchange.hpp"
#include "net/address.hpp"

namespace weir::gateway {

bool is_trusted(const net::IpBytes& address, std::span<const config::Cidr> trusted) noexcept;

struct ClientAddress {
  char text[46] = {};
  std::uint8_t size = 0;
  std::string_view view() const noexcept { return {text, size}; }
};

/// `trusted_peer`: is_trusted(peer.ip). Bounds: at most 100 entries are walked.
ClientAddress find_client(const http::FieldList& fields, const http::Peer& peer, bool trusted_peer,
                          std::span<const config::Cidr> trusted) noexcept;

/// One entry of X-Forwarded-For: an address, perhaps with a port, brackets or a zone.
/// Fails: false for "unknown", names and anything else.
bool parse_forwarded_entry(std::string_view entry, net::Address& out) noexcept;

}  // namespace weir::gateway
