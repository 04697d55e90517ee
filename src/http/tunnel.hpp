#pragma once
// Tunnel: bytes both ways between two streams until both directions have ended, one breaks, or
// nothing moved for `idle`. Each direction is its own task with its own buffer; half-close is kept.

#include "http/client_connection.hpp"
#include "http/exchange.hpp"

namespace weir::http {

struct TunnelEnd {
  std::uint64_t to_upstream = 0;  ///< bytes
  std::uint64_t to_client = 0;
};

/// `stream_time`: the longest life of a tunnel. What both inputs hold already is sent first.
runtime::Task<TunnelEnd> run_tunnel(Exchange& exchange, ClientConnection& upstream,
                                    base::Duration idle, base::Duration stream_time);

}  // namespace weir::http
