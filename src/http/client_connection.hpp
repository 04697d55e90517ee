#pragma once
// ClientConnection: our side of one connection to an upstream. It carries one exchange at a time
// and says at the end whether it may carry another.
//
// Reusable only after a whole, well-framed response with nothing behind it; a framing error, an
// early answer with unread body, an abort or extra bytes end it (http-rules.md, sections 3 and 6).
// Lane-only.

#include <memory>

#include "http/body_decoder.hpp"
#include "http/lane_context.hpp"
#include "net/stream.hpp"

namespace weir::http {

class ClientConnection {
 public:
  ClientConnection(LaneContext& context, std::unique_ptr<net::Stream> stream_)
      : stream(std::move(stream_)), input(context.buffers) {}

  std::unique_ptr<net::Stream> stream;
  net::Buffer input;
  BodyDecoder body;        ///< of the response being read
  bool reused = false;     ///< it has carried an exchange before
  bool keep_alive = true;  ///< by what the upstream said
  base::Time idle_since{};

  /// Nothing came on an idle connection: no bytes, no end. Cost: two loads; events tell.
  bool is_quiet() const noexcept {
    return !stream->readiness().readable && !stream->readiness().hangup && input.empty();
  }

  /// Reads the next response head into the lane's scratch. Bytes after it stay in `input`; call
  /// input.consume(head.bytes) before the next read. `any` is set at the first byte.
  /// Fails: deadline; closed or reset (origin upstream); bad_message; cancelled (the client is
  /// gone).
  runtime::Task<base::Result<void>> read_head(LaneContext& context, std::string_view method,
                                              base::Deadline deadline, bool& any);

  /// Reads once into `input`. Fails: as read_head.
  runtime::Task<base::Result<void>> read_more(base::Deadline deadline);
};

}  // namespace weir::http
