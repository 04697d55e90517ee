#pragma once
// Forwarding: the heads weir writes. What is forwarded is written from the parsed message:
// validated field lines are copied; framing, Host, hop-by-hop and forwarding fields are always
// written new. Pure but for the lane's Date and scratch.

#include <string_view>

#include "gateway/client_address.hpp"
#include "gateway/route_table.hpp"
#include "http/body_pump.hpp"
#include "http/exchange.hpp"
#include "http/head_writer.hpp"
#include "telemetry/request_id.hpp"

namespace weir::gateway {

struct ForwardedBy {
  const http::Peer& peer;
  const ClientAddress& client;
  bool peer_is_trusted;
  std::string_view request_id;
  http::ForwardedLines& lines;  ///< the lane's
};

/// The head for the upstream, as HTTP/1.1. `head` loses (marks dropped) what is not forwarded.
/// `upgrade`: forward the WebSocket upgrade.
void write_request_head(http::HeadWriter& out, http::RequestHead& head, const Route& route,
                        const ForwardedBy& by, bool upgrade);

struct ResponseFraming {
  http::Coding coding = http::Coding::plain;
  bool closes = false;  ///< the client's connection must end with the body
};

/// How the response's body reaches this client.
ResponseFraming frame_response(const http::ResponseHead& head, std::uint8_t client_minor,
                               bool head_request) noexcept;

/// The final head for the client. `attempts`: told, with the request id, to who asked; 0: not.
/// `own_lines`: more finished lines of weir's own.
void write_response_head(http::HeadWriter& out, http::ResponseHead& head, const Route& route,
                         http::Exchange& exchange, const ResponseFraming& framing,
                         std::string_view request_id, std::uint32_t attempts,
                         std::string_view own_lines);

/// An interim head (103, or a 101 that was accepted) for the client.
void write_interim_head(http::HeadWriter& out, http::ResponseHead& head,
                        std::string_view own_lines = {});

}  // namespace weir::gateway
