#include "admin/live_queue.hpp"

namespace weir::admin {

bool LiveQueue::subscribe(LiveTopic topic) {
  if (has(topic)) return false;
  topics_ |= bit(topic);
  stale_ |= bit(topic);
  return true;
}

bool LiveQueue::unsubscribe(LiveTopic topic) {
  if (!has(topic)) return false;
  topics_ &= ~bit(topic);
  stale_ &= ~bit(topic);
  std::erase_if(deltas_, [&](const auto& each) {
    if (each.first == topic) bytes_ -= each.second->size();
    return each.first == topic;
  });
  return true;
}

void LiveQueue::drop_deltas() {
  for (const auto& each : deltas_) stale_ |= bit(each.first);
  dropped_ += deltas_.size();
  deltas_.clear();
  bytes_ = 0;
}

void LiveQueue::delta(LiveTopic topic, LiveFrame frame) {
  if (!has(topic) || (stale_ & bit(topic)) != 0) return;
  const bool fits =
      deltas_.empty() || (deltas_.size() < kDeltasMax && bytes_ + frame->size() <= kBytesMax);
  if (!fits) {
    drop_deltas();
    stale_ |= bit(topic);
    ++dropped_;
    return;
  }
  bytes_ += frame->size();
  deltas_.emplace_back(topic, std::move(frame));
}

bool LiveQueue::notice(LiveFrame frame) {
  if (notices_.size() >= kNoticesMax) return false;
  notices_.push_back(std::move(frame));
  return true;
}

std::optional<LiveQueue::Next> LiveQueue::pop() {
  Next next;
  if (!notices_.empty()) {
    next.frame = std::move(notices_.front());
    notices_.pop_front();
    return next;
  }
  if (!deltas_.empty()) {
    next.topic = deltas_.front().first;
    next.frame = std::move(deltas_.front().second);
    bytes_ -= next.frame->size();
    deltas_.pop_front();
    return next;
  }
  for (std::size_t i = 0; i < kLiveTopics.size(); ++i) {
    next.topic = static_cast<LiveTopic>(i);
    if ((stale_ & bit(next.topic)) == 0) continue;
    stale_ &= ~bit(next.topic);
    return next;
  }
  return std::nullopt;
}

}  // namespace weir::admin
