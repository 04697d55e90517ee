#include "http/server.hpp"

#include "runtime/cancel.hpp"
#include "runtime/spawn.hpp"

namespace weir::http {
namespace {

constexpr int kAcceptsPerTurn = 64;  // then the connections already there get their turn
constexpr base::Duration kNoDescriptorPause = std::chrono::milliseconds(50);

}  // namespace

void Server::start() { spawn(accept_gate_, "accept", accept_loop()); }

void Server::link(Connection& connection) noexcept {
  connection.next = connections_;
  connection.previous = &connections_;
  if (connections_ != nullptr) connections_->previous = &connection.next;
  connections_ = &connection;
}

void Server::adopt(std::unique_ptr<net::Stream> stream, const net::Address& peer_address) {
  const bool full = limits_->connections_max != 0 &&
                    counters_.open.value() >= static_cast<std::int64_t>(limits_->connections_max);
  if (full || (limits_->together != nullptr && !limits_->together->try_enter())) [[unlikely]] {
    counters_.refused.add();
    return;  // closed at once
  }
  Peer peer;
  peer.ip = peer_address.ip_bytes();
  peer.host_size = static_cast<std::uint8_t>(net::write_host(peer_address, peer.host));
  peer.local = &address_;
  peer.listener = index_;
  auto connection =
      std::make_unique<Connection>(context_, std::move(stream), peer, *limits_, counters_);
  spawn(connections_gate_, "connection", serve(std::move(connection)));
}

runtime::Task<void> Server::serve(std::unique_ptr<Connection> connection) {
  counters_.accepted.add();
  counters_.open.add();
  link(*connection);
  auto serving = connection->serve(handler_, malformed_);
  co_await serving;
  *connection->previous = connection->next;
  if (connection->next != nullptr) connection->next->previous = connection->previous;
  counters_.open.subtract();
  connection.reset();  // its descriptor is free before its place is
  if (limits_->together != nullptr) limits_->together->leave();
}

runtime::Task<void> Server::accept_loop() {
  int in_turn = 0;
  for (;;) {
    auto accepting = listener_->accept();
    auto accepted = co_await accepting;
    if (accepted) {
      adopt(std::move(accepted->stream), accepted->peer);
      if (++in_turn == kAcceptsPerTurn) {
        in_turn = 0;
        co_await context_.lane.yield();
      }
      continue;
    }
    if (accepted.error().code() == base::Errc::cancelled) break;
    // Out of descriptors: what is open goes on, and closing connections make room.
    const runtime::Wake wake =
        co_await runtime::sleep_for(context_.lane, kNoDescriptorPause, &stopping_);
    if (wake == runtime::Wake::cancelled) break;
  }
  // What the kernel had already accepted for us is served, not reset.
  base::Error error(base::Errc::closed);
  while (auto queued = listener_->try_accept(&error)) {
    adopt(std::move(queued->stream), queued->peer);
  }
}

runtime::Task<std::size_t> Server::stop(base::Deadline deadline) {
  stopping_.request();
  if (listener_ != nullptr) listener_->cancel();
  auto accepts = accept_gate_.close();
  co_await accepts;
  listener_.reset();
  const auto each = [this](auto call) {
    for (Connection* connection = connections_; connection != nullptr;) {
      Connection* next = connection->next;
      call(*connection);
      connection = next;
    }
  };
  each([](Connection& connection) { connection.drain(); });
  while (connections_gate_.inside() > 0 && !deadline.expired(context_.lane.now())) {
    const base::Deadline look = context_.lane.after(std::chrono::milliseconds(10));
    co_await runtime::sleep_until(context_.lane, look.shortened(deadline));
  }
  const std::size_t cancelled = connections_gate_.inside();
  each([](Connection& connection) { connection.cancel(); });
  auto rest = connections_gate_.close();
  co_await rest;
  co_return cancelled;
}

}  // namespace weir::http
