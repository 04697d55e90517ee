#include "admin/live_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "http/ws_frame.hpp"

namespace weir::admin {

std::optional<LiveTopic> parse_live_topic(std::string_view name) noexcept {
  const auto* found = std::ranges::find(kLiveTopics, name);
  if (found == kLiveTopics.end()) return std::nullopt;
  return static_cast<LiveTopic>(found - kLiveTopics.begin());
}

LiveFrame LiveChannel::make_frame(std::string_view type, std::string_view content) const {
  return std::make_shared<const std::string>(
      http::ws_frame(http::WsKind::text,
                     fmt::format(R"({{"channel":"{}","seq":{},"type":"{}","time":"{}","data":{}}})",
                                 kLiveTopics[static_cast<std::size_t>(topic_)], sequence_, type,
                                 base::rfc3339(wall_ms_).text, content)));
}

// The items as members of an object, or as entries of a list.
std::string LiveChannel::joined(const std::vector<LiveItem>& items) const {
  const bool is_object = shape_ == Shape::object;
  std::string out(1, is_object ? '{' : '[');
  for (const LiveItem& each : items) {
    if (out.size() > 1) out += ',';
    if (is_object) out += each.key + ':';
    out += each.json;
  }
  return out + (is_object ? '}' : ']');
}

LiveFrame LiveChannel::update(std::vector<LiveItem> items, std::int64_t wall_ms,
                              std::uint64_t skipped) {
  wall_ms_ = wall_ms;
  if (shape_ == Shape::log) return update_log(std::move(items), skipped);
  std::unordered_map<std::string_view, std::string_view> before;
  for (const LiveItem& each : items_) before.emplace(each.key, each.json);
  std::vector<LiveItem> changed;
  for (const LiveItem& each : items) {
    const auto found = before.find(each.key);
    if (found == before.end() || found->second != each.json) changed.push_back(each);
    if (found != before.end()) before.erase(found);
  }
  std::string removed;
  for (const LiveItem& each : items_) {
    if (before.contains(each.key)) removed += (removed.empty() ? "" : ",") + each.key;
  }
  if (changed.empty() && removed.empty()) return nullptr;
  items_ = std::move(items);
  snapshot_ = nullptr;
  ++sequence_;
  return make_frame("delta",
                    fmt::format(R"({{"changed":{},"removed":[{}]}})", joined(changed), removed));
}

LiveFrame LiveChannel::update_log(std::vector<LiveItem> items, std::uint64_t skipped) {
  if (items.empty() && skipped == 0) return nullptr;
  ++sequence_;
  snapshot_ = nullptr;
  LiveFrame delta =
      make_frame("delta", fmt::format(R"({{"entries":{},"skipped":{}}})", joined(items), skipped));
  std::ranges::move(items, std::back_inserter(items_));
  if (items_.size() > kLogKept) {
    items_.erase(items_.begin(), items_.end() - static_cast<std::ptrdiff_t>(kLogKept));
  }
  return delta;
}

LiveFrame LiveChannel::snapshot() {
  if (snapshot_ == nullptr) {
    const std::string content = joined(items_);
    snapshot_ = make_frame("snapshot", shape_ == Shape::log
                                           ? fmt::format(R"({{"entries":{},"skipped":0}})", content)
                                           : content);
  }
  return snapshot_;
}

}  // namespace weir::admin
