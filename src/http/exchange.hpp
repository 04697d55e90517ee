#pragma once
// Exchange: one request with its response, seen from the server's side. It offers the request's
// head and body, and takes exactly one final answer.
//
// Invariants
//  1. head() is valid until the first co_await of the handler; what must live longer is copied.
//  2. After a final answer no other is sent; an unread body ends the connection, and the rest of it
//     is never parsed as a request.
//  3. The buffer's bytes after this request belong to the next one and are not touched.
// Lane-only; owned by its connection.

#include <optional>
#include <string>
#include <string_view>

#include "http/body_decoder.hpp"
#include "http/connection_bound.hpp"
#include "http/lane_context.hpp"
#include "http/response.hpp"
#include "net/stream.hpp"
#include "telemetry/traffic.hpp"

namespace weir::http {

/// Limits of a server's connections (weir.yaml: listeners.*.limits).
struct ServerLimits {
  HeadLimits head;
  base::Duration head_time = std::chrono::seconds(10);   ///< whole head, from its first byte
  base::Duration idle = std::chrono::seconds(60);        ///< between requests
  base::Duration write_idle = std::chrono::seconds(30);  ///< a client that does not read
  base::Duration hold_time = std::chrono::milliseconds(100);
  std::uint64_t body_rate_min = 240;  ///< bytes/s, judged after body_grace
  base::Duration body_grace = std::chrono::seconds(5);
  std::uint64_t body_max = 0;           ///< bytes; 0 = no limit
  std::uint32_t connections_max = 0;    ///< of one server; 0 = no limit
  ConnectionBound* together = nullptr;  ///< with other servers, of other lanes too; null: no limit
};

/// What every exchange of a connection shares.
struct Peer {
  net::IpBytes ip;     ///< the client's
  char host[46] = {};  ///< its text, without port
  std::uint8_t host_size = 0;
  const net::Address* local = nullptr;  ///< the listener's; outlives its connections
  std::uint16_t listener = 0;           ///< index in the configuration

  std::string_view host_text() const noexcept { return {host, host_size}; }
};

class Exchange {
 public:
  Exchange(LaneContext& context, net::Stream& client, net::Buffer& input, const Peer& peer,
           const ServerLimits& limits, telemetry::ListenerCounters& counters);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  LaneContext& context() noexcept { return context_; }
  runtime::Lane& lane() noexcept { return context_.lane; }
  net::Stream& client() noexcept { return client_; }
  const Peer& peer() const noexcept { return peer_; }
  const ServerLimits& limits() const noexcept { return limits_; }

  /// Lifetime: until the handler's first co_await, and not after take_head().
  const RequestHead& head() const noexcept { return context_.request; }
  RequestHead& head() noexcept { return context_.request; }
  /// The head's bytes are done with; the input buffer holds the body (and what follows) next.
  void take_head() noexcept;

  // ---- facts that outlive the head
  base::Time started() const noexcept { return started_; }
  std::uint8_t minor() const noexcept { return minor_; }
  bool is_head_request() const noexcept { return is_head_request_; }
  bool expects_continue() const noexcept { return expects_continue_; }

  // ---- the request's body
  BodyDecoder& body() noexcept { return body_; }
  net::Buffer& input() noexcept { return input_; }
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }

  /// More content of the body, at the front of input(): `content` bytes, then consume_body().
  struct Piece {
    std::size_t content = 0;
    std::size_t consumed = 0;  ///< bytes of input() that end with this piece
    bool last = false;
  };
  /// Decodes what input() holds, without waiting. Content 0 and not last: more must be read.
  base::Result<Piece> decode_body();
  void consume_body(const Piece& piece) noexcept { input_.consume(piece.consumed); }
  /// Reads once from the client into input(). Fails: deadline; closed (the body is cut short);
  /// reset; origin downstream.
  runtime::Task<base::Result<void>> read_more(base::Deadline deadline);
  /// The whole body as a string. Fails: too_large over `max`; bad_message; as read_more.
  runtime::Task<base::Result<std::string>> read_body(std::size_t max);
  /// The earliest instant at which so slow a body is given up: body_rate_min after body_grace.
  base::Deadline body_deadline() const noexcept;
  /// The client was told to go on (100 Continue) only now: it is not late before.
  void restart_body_clock() noexcept { body_since_ = context_.lane.now(); }

  // ---- the answer
  /// Sends all of `response` with framing, Date and Connection. Fails: reset, deadline.
  runtime::Task<base::Result<void>> respond(Response response);
  /// Sends `parts` (head and tail may lie in lane scratch; body must outlive the task) and counts
  /// the bytes. A failure aborts the exchange. Fails: reset, deadline, cancelled.
  runtime::Task<base::Result<void>> send(net::Gather parts);
  /// As send(), without a task and without waiting; `some`: await send_rest with what is left.
  net::Sent send_now(net::Gather& parts);
  base::Deadline write_deadline() const noexcept { return context_.lane.after(limits_.write_idle); }

  bool responded() const noexcept { return responded_; }
  void set_responded(std::uint16_t status) noexcept {
    responded_ = true;
    status_ = status;
  }
  std::uint16_t status() const noexcept { return status_; }
  std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  void add_bytes_out(std::uint64_t bytes) noexcept { bytes_out_ += bytes; }

  // ---- the connection's fate
  bool keep_alive() const noexcept { return keep_alive_; }
  /// The client said that this request is its last.
  bool is_last() const noexcept { return is_last_; }
  /// The connection ends after this exchange, in order.
  void close_after() noexcept { keep_alive_ = false; }
  /// The connection is broken now: the client must not take what it got for a whole answer.
  void abort() noexcept {
    keep_alive_ = false;
    aborted_ = true;
  }
  bool aborted() const noexcept { return aborted_; }
  /// The connection became a tunnel and is at its end.
  bool tunnelled = false;

 private:
  LaneContext& context_;
  net::Stream& client_;
  net::Buffer& input_;
  const Peer& peer_;
  const ServerLimits& limits_;
  telemetry::ListenerCounters& counters_;
  BodyDecoder body_;
  base::Time started_;
  base::Time body_since_;  // what the body's rate counts from
  std::uint64_t body_bytes_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint32_t head_bytes_;
  std::uint16_t status_ = 0;
  std::uint8_t minor_;
  bool is_head_request_;
  bool expects_continue_;
  bool keep_alive_;
  const bool is_last_;
  bool head_taken_ = false;
  bool responded_ = false;
  bool aborted_ = false;
};

/// Serves the exchanges of a server's connections.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers `exchange` once. Lifetime: the exchange outlives the task.
  virtual runtime::Task<void> serve(Exchange& exchange) = 0;
};

}  // namespace weir::http
