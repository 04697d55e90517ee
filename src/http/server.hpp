#pragma once
// Server: one lane's listening socket and its connections. A service address has one Server per
// lane.

#include <memory>

#include "http/connection.hpp"
#include "net/listener.hpp"
#include "runtime/gate.hpp"

namespace weir::http {

class Server {
 public:
  /// `index`: the listener's number, for Peer. Lifetime: all arguments outlive the server.
  Server(LaneContext& context, std::unique_ptr<net::Listener> listener, std::uint16_t index,
         const ServerLimits& limits, telemetry::ListenerCounters& counters, Handler& handler)
      : context_(context),
        listener_(std::move(listener)),
        address_(listener_ ? listener_->address() : net::Address()),
        index_(index),
        limits_(&limits),
        counters_(counters),
        handler_(handler) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to accept.
  void start();
  /// Serves `stream` as if it had been accepted: in-memory pipes in tests.
  void adopt(std::unique_ptr<net::Stream> stream, const net::Address& peer);

  /// Of connections from now on. Lifetime: as the first. Lane-only.
  void set_limits(const ServerLimits& limits) noexcept { limits_ = &limits; }
  std::uint16_t index() const noexcept { return index_; }

  const net::Address& address() const noexcept { return address_; }

  /// Refuse new → drain until `deadline` → cancel → wait. (style.md, coroutine rule 5)
  /// Returns how many connections had to be cancelled.
  runtime::Task<std::size_t> stop(base::Deadline deadline);

  const Malformed& last_malformed() const noexcept { return malformed_; }

 private:
  runtime::Task<void> accept_loop();
  runtime::Task<void> serve(std::unique_ptr<Connection> connection);
  void link(Connection& connection) noexcept;

  LaneContext& context_;
  std::unique_ptr<net::Listener> listener_;  // null: only adopted streams are served
  const net::Address address_;
  std::uint16_t index_;
  const ServerLimits* limits_;
  telemetry::ListenerCounters& counters_;
  Handler& handler_;
  runtime::Gate connections_gate_;
  runtime::Gate accept_gate_;
  runtime::CancelSource stopping_;
  Connection* connections_ = nullptr;
  Malformed malformed_;
};

}  // namespace weir::http
