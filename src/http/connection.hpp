#pragma once
// Connection: the server's side of one client connection: read a head, serve the exchange, again.
//
// Requests on a connection are served one after the other, so pipelined answers keep their order.
// A refused request is answered, then the connection is closed gently: half-close, read on for at
// most 64 KiB or 1 s, so that the answer is not lost to a reset (RFC 9112, 9.6).
// Lane-only; owned by its Server, which runs serve() in its gate.

#include <memory>

#include "http/exchange.hpp"

namespace weir::http {

/// The last malformed request of a listener, for the event log (http-rules.md, section 1).
struct Malformed {
  Verdict verdict;
  std::string bytes;  ///< at most 4 KiB from its start
  std::int64_t wall_ms = 0;
};

class Connection {
 public:
  Connection(LaneContext& context, std::unique_ptr<net::Stream> stream, const Peer& peer,
             const ServerLimits& limits, telemetry::ListenerCounters& counters)
      : context_(context),
        stream_(std::move(stream)),
        input_(context.buffers),
        peer_(peer),
        limits_(limits),
        counters_(counters) {}

  /// Until the client is gone, a request is refused, or drain. Lifetime: `handler` and `malformed`
  /// outlive the task.
  runtime::Task<void> serve(Handler& handler, Malformed& malformed);

  /// No further request: an idle connection ends now, a busy one after its answer.
  void drain() noexcept;
  /// Everything ends now.
  void cancel() noexcept { stream_->readiness().cancel(); }

  // Links of the server's list.
  Connection* next = nullptr;
  Connection** previous = nullptr;

 private:
  struct HeadWait {
    base::Deadline deadline;
    std::size_t judged = 0;  // bytes already found incomplete
    bool begun = false;      // its first byte is here
  };

  Verdict judge_input(HeadWait& wait);
  Verdict take_bytes(runtime::Wake wake, const HeadWait& wait, bool& over);
  runtime::Task<void> refuse(const Verdict& verdict, Malformed& malformed);
  runtime::Task<void> linger();

  LaneContext& context_;
  std::unique_ptr<net::Stream> stream_;
  net::Buffer input_;
  Peer peer_;
  const ServerLimits& limits_;
  telemetry::ListenerCounters& counters_;
  bool idle_ = true;
  bool draining_ = false;
  std::uint64_t served_ = 0;
};

}  // namespace weir::http
