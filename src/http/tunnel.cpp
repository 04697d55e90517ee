#include "http/tunnel.hpp"

#include "runtime/gate.hpp"
#include "runtime/lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::http {
namespace {

struct Both {
  runtime::Lane& lane;
  base::Duration idle;
  base::Deadline end;
  base::Time moved;  // when a byte last moved either way
};

// One direction. Ends by itself at the source's end; a failure breaks both.
runtime::Task<void> carry(Both& both, net::Stream& from, net::Buffer& buffer, net::Stream& to,
                          std::uint64_t& bytes) {
  int pieces = 0;
  for (;;) {
    if (!buffer.empty()) {
      auto sending =
          net::send_all(to, {.body = buffer.view()}, both.end, base::Origin::internal, both.idle);
      const auto sent = co_await sending;
      if (!sent) break;
      bytes += buffer.size();
      both.moved = both.lane.now();
      buffer.consume(buffer.size());
      if (++pieces % 16 == 0) co_await both.lane.yield();
    }
    const base::Deadline quiet = base::Deadline::after(both.moved, both.idle);
    const runtime::Wake wake = co_await from.readiness().wait_readable(quiet.shortened(both.end));
    if (wake == runtime::Wake::deadline) {
      const bool other_moved = both.lane.now() - both.moved < both.idle;
      if (other_moved && !both.end.expired(both.lane.now())) continue;
      break;
    }
    if (wake == runtime::Wake::cancelled) break;
    const net::IoCount got = from.fill(buffer.room());
    if (got.status == net::IoStatus::ok) {
      buffer.filled(got.bytes);
      continue;
    }
    if (buffer.empty()) buffer.release();
    if (got.status == net::IoStatus::again) continue;
    if (got.status == net::IoStatus::ended) {
      to.end_writing();
      co_return;
    }
    break;
  }
  buffer.release();
  from.readiness().cancel();
  to.readiness().cancel();
}

}  // namespace

runtime::Task<TunnelEnd> run_tunnel(Exchange& exchange, ClientConnection& upstream,
                                    base::Duration idle, base::Duration stream_time) {
  TunnelEnd end;
  runtime::Lane& lane = exchange.lane();
  Both both{lane, idle, lane.after(stream_time), lane.now()};
  exchange.client().readiness().watch_hangup(nullptr);
  runtime::Gate gate;
  runtime::spawn(
      gate, "tunnel up",
      carry(both, exchange.client(), exchange.input(), *upstream.stream, end.to_upstream));
  runtime::spawn(gate, "tunnel down",
                 carry(both, *upstream.stream, upstream.input, exchange.client(), end.to_client));
  auto closing = gate.close();
  co_await closing;
  exchange.tunnelled = true;
  co_return end;
}

}  // namespace weir::http
