#pragma once
// LiveQueue: what is still to be sent to one client of the live feed. A client that reads slowly
// gets no growing backlog: when the bound is reached, its deltas are dropped and the channels
// concerned are stale, and a stale channel is sent as a snapshot once there is room again. Pure.

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "admin/live_channel.hpp"

namespace weir::admin {

class LiveQueue {
 public:
  static constexpr std::size_t kDeltasMax = 16;
  static constexpr std::size_t kBytesMax = std::size_t{256} << 10;  ///< but one delta always fits
  static constexpr std::size_t kNoticesMax = 16;

  /// The client wants a topic: it is stale at first. False: it had it already.
  bool subscribe(LiveTopic topic);
  bool unsubscribe(LiveTopic topic);
  bool has(LiveTopic topic) const noexcept { return (topics_ & bit(topic)) != 0; }

  /// Drops it where the topic is not wanted or stale.
  void delta(LiveTopic topic, LiveFrame frame);
  /// A frame that is no channel's: a pong, an error, a ping. False: too many wait.
  [[nodiscard]] bool notice(LiveFrame frame);

  /// What is to be sent next: a frame, or the topic whose snapshot is. Notices first.
  struct Next {
    LiveFrame frame;  ///< null: a snapshot
    LiveTopic topic = LiveTopic::overview;
  };
  std::optional<Next> pop();

  std::size_t deltas() const noexcept { return deltas_.size(); }
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  static std::uint32_t bit(LiveTopic topic) noexcept { return 1u << static_cast<unsigned>(topic); }
  void drop_deltas();

  std::uint32_t topics_ = 0;
  std::uint32_t stale_ = 0;
  std::deque<std::pair<LiveTopic, LiveFrame>> deltas_;
  std::size_t bytes_ = 0;
  std::deque<LiveFrame> notices_;
  std::uint64_t dropped_ = 0;
};

}  // namespace weir::admin
