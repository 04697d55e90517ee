#pragma once
// Splice: the kernel moves a body from the upstream's socket to the client's through a pipe.
//
// Invariants
//  1. Only plain socket to plain socket, only Content-Length bodies.
//  2. A short splice does not mean that the socket is drained: only EAGAIN does.
//  3. A pipe that still holds bytes never goes back to the pool.

#include "http/body_pump.hpp"

namespace weir::http {

inline bool can_splice(const net::Stream& from, const net::Stream& to) noexcept {
  return from.splice_fd() >= 0 && to.splice_fd() >= 0;
}

/// Moves what is left of a length-framed body. Returns `complete` with the body not done when no
/// pipe could be had: the caller copies then.
runtime::Task<DownloadEnd> splice_body(ClientConnection& upstream, Exchange& exchange,
                                       base::Duration idle);

}  // namespace weir::http
