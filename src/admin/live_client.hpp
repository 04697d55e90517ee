#pragma once
// LiveClient: one WebSocket of the live feed: reads what the client wants, writes what is in its
// queue. A frame of the exchange it lives in; lane-only.
//
//  1. Reader and writer are two tasks; serve() ends when both have.
//  2. Nothing heard for 60 s (pongs count) ends it; a ping goes out every 20 s.
//  3. After our Close the client has a second for its own.

#include <string>

#include "admin/auth.hpp"
#include "admin/live_queue.hpp"
#include "http/exchange.hpp"
#include "http/ws_frame.hpp"

namespace weir::admin {

class LiveFeed;

/// What the client showed at its handshake; looked at again each second.
struct LiveProof {
  std::string token;
  std::string cookie;
};

class LiveClient {
 public:
  /// Lifetime: both outlive this.
  LiveClient(LiveFeed& feed, http::Exchange& exchange, LiveProof proof);

  /// Until the connection is to be closed. Requires: the 101 was sent.
  runtime::Task<void> serve();

  // ---- for the feed, once a second
  void push(LiveTopic topic, const LiveFrame& frame);
  void second(base::Time now, const LiveFrame& ping);
  /// Says Close, then ends. A second time: no effect.
  void close(std::uint16_t code, std::string_view reason);

  bool has(LiveTopic topic) const noexcept { return queue_.has(topic); }
  const LiveProof& proof() const noexcept { return proof_; }

 private:
  runtime::Task<void> read_all();
  runtime::Task<void> write_all();
  void take(const http::WsMessage& message);
  void take_text(std::string_view text);
  void notice(LiveFrame frame);
  LiveFrame next_frame();

  LiveFeed& feed_;
  http::Exchange& exchange_;
  const LiveProof proof_;
  http::WsReader reader_;
  LiveQueue queue_;
  runtime::Readiness work_;  // the writer waits for it
  LiveFrame goodbye_;        // our Close, when it is time
  bool is_over_ = false;     // the reader has ended
  base::Time heard_;
  base::Time pinged_;
  base::Deadline end_;     // after our Close
  unsigned messages_ = 0;  // of this second
};

}  // namespace weir::admin
