#pragma once
// WebSocket opening handshake (RFC 6455, 4): the checks a gateway makes before it lets bytes
// through.

#include <string>
#include <string_view>

#include "http/head.hpp"

namespace weir::http {

/// What is wrong with an upgrade request; status 0 when nothing is.
struct UpgradeProblem {
  std::uint16_t status = 0;
  const char* why = "";
};

/// GET, version 13 (else 426), and a key of 16 bytes in base64 (else 400).
UpgradeProblem check_upgrade(const RequestHead& head) noexcept;

/// The Sec-WebSocket-Accept that answers `key`: base64(SHA-1(key + GUID)).
std::string websocket_accept(std::string_view key);

/// The 101 is what the key asked for.
bool is_accepted(const ResponseHead& head, std::string_view expected_accept) noexcept;

}  // namespace weir::http
