#pragma once
// LiveChannel: what one channel of the live feed says: a snapshot of everything, then deltas of
// what changed. Pure. (api/live.schema.json)
//
//   {"channel":"services","seq":7,"type":"delta","time":"…","data":{"changed":[…],"removed":[3]}}
//
//  1. A channel's numbers grow by one with each delta, and a snapshot carries the number of the
//     state it shows: who has snapshot n applies delta n + 1. A gap means: wait for a snapshot.
//  2. Each text is made once, as the WebSocket frame it is sent in, and shared by all clients.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::admin {

enum class LiveTopic : std::uint8_t { overview, services, breakers, algorithms, logs };
inline constexpr std::array<std::string_view, 5> kLiveTopics = {"overview", "services", "breakers",
                                                                "algorithms", "logs"};
std::optional<LiveTopic> parse_live_topic(std::string_view name) noexcept;

/// A frame as it is sent. Owners: the channel, and the clients that still have to send it.
using LiveFrame = std::shared_ptr<const std::string>;

/// A part of a channel's state; both texts are JSON.
struct LiveItem {
  std::string key;
  std::string json;
};

class LiveChannel {
 public:
  /// How a state is told: members of one object; entries of a list by their key; or a log, which
  /// only grows.
  enum class Shape : std::uint8_t { object, list, log };

  static constexpr std::size_t kLogKept = 100;  ///< entries of a log's snapshot

  LiveChannel(LiveTopic topic, Shape shape) : topic_(topic), shape_(shape) {}

  /// Object and list: the whole state now. Log: what is new, and how many entries before it were
  /// left out. Returns the delta; null when nothing changed.
  LiveFrame update(std::vector<LiveItem> items, std::int64_t wall_ms, std::uint64_t skipped = 0);
  /// Of the last update. Cost: made once between two updates.
  LiveFrame snapshot();

  std::uint64_t sequence() const noexcept { return sequence_; }

 private:
  LiveFrame make_frame(std::string_view type, std::string_view content) const;
  LiveFrame update_log(std::vector<LiveItem> items, std::uint64_t skipped);
  std::string joined(const std::vector<LiveItem>& items) const;

  const LiveTopic topic_;
  const Shape shape_;
  std::vector<LiveItem> items_;
  std::uint64_t sequence_ = 0;
  std::int64_t wall_ms_ = 0;
  LiveFrame snapshot_;  // null: to be made
};

}  // namespace weir::admin
