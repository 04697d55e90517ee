#pragma once
// LiveFeed: WS /api/live. Once a second, while anybody listens, it looks at the traffic and the
// log, makes each channel's delta once, and hands the same bytes to all who subscribed to it.
//
//  1. At most 256 clients; each has a bounded queue (live_queue.hpp), so that a slow one costs what
//     a quick one costs.
//  2. A channel that nobody wants is not looked at; its numbers go on when somebody does.
//  3. Each second every client must still be allowed to read: a user removed or a token revoked
//     ends it.
// Lane-only. Its clients run in their connections' tasks: they end before this does.

#include <array>
#include <list>

#include "admin/access.hpp"
#include "admin/admin_port.hpp"
#include "admin/live_channel.hpp"
#include "admin/live_client.hpp"
#include "runtime/gate.hpp"
#include "telemetry/log_tail.hpp"

namespace weir::admin {

class LiveFeed {
 public:
  static constexpr std::size_t kClientsMax = 256;

  /// Lifetime: all outlive this.
  LiveFeed(runtime::Lane& lane, AdminPort& port, Access& access, const telemetry::LogTail& log);

  bool is_full() const noexcept { return clients_.size() >= kClientsMax || stopping_.requested(); }

  /// Answers 101 and serves the client until it goes. `accept`: the Sec-WebSocket-Accept.
  /// Requires: not full; the request is an upgrade that was checked.
  runtime::Task<void> serve(http::Exchange& exchange, std::string accept, LiveProof proof);
  /// Says goodbye to everybody, who then have a second.
  runtime::Task<void> stop();

  // ---- for its clients
  LiveFrame snapshot(LiveTopic topic) { return channel(topic).snapshot(); }
  /// Looks now, unless that was less than 1.5 s ago: somebody begins to listen.
  void refresh(LiveTopic topic);

 private:
  runtime::Task<void> tick_loop();
  void tick();
  void look(std::uint32_t topics);
  LiveFrame update(LiveTopic topic, const observe::TrafficView& view, std::int64_t wall_ms);
  LiveChannel& channel(LiveTopic topic) { return channels_[static_cast<std::size_t>(topic)]; }

  runtime::Lane& lane_;
  AdminPort& port_;
  Access& access_;
  const telemetry::LogTail& log_;
  std::array<LiveChannel, kLiveTopics.size()> channels_;
  std::array<base::Time, kLiveTopics.size()> looked_{};  // when each was updated last
  std::uint64_t log_seen_ = 0;
  std::list<LiveClient*> clients_;
  const LiveFrame ping_;
  bool is_ticking_ = false;
  runtime::CancelSource stopping_;
  runtime::Gate gate_;
};

}  // namespace weir::admin
