#include "upstream/concurrency_gate.hpp"

#include <algorithm>

namespace weir::upstream {
namespace {

// How soon the head of a line looks whether another lane has freed a place.
constexpr base::Duration kLookAgain = std::chrono::milliseconds(2);

}  // namespace

balance::LimitConfig limit_config(const config::Concurrency& settings) noexcept {
  static constexpr balance::LimitMode kModes[] = {
      balance::LimitMode::gradient2, balance::LimitMode::aimd, balance::LimitMode::vegas,
      balance::LimitMode::fixed};
  auto out = balance::LimitConfig::of(kModes[static_cast<std::size_t>(settings.mode)]);
  out.min = settings.min;
  out.max = settings.max;
  if (out.mode == balance::LimitMode::fixed) {
    out.initial = settings.max;
    out.min = 1;  // `min` is of those that learn
  }
  return out;
}

ConcurrencyGate::ConcurrencyGate(const config::Concurrency& settings) noexcept
    : queue_{.places = settings.queue, .longest_wait = settings.queue_timeout},
      limit_(balance::ConcurrencyLimit(limit_config(settings)).limit()) {}

void WaitingLine::remove(Waiting& waiting) noexcept {
  Waiting** link = &first_;
  Waiting* before = nullptr;
  while (*link != &waiting) {
    before = *link;
    link = &(*link)->next;
  }
  *link = waiting.next;
  if (last_ == &waiting) last_ = before;
}

runtime::Task<WaitingLine::Inside> WaitingLine::wait(runtime::Lane& lane, ConcurrencyGate& gate,
                                                     runtime::Readiness& client,
                                                     base::Deadline deadline) {
  const std::uint32_t before = gate.waiting.fetch_add(1, std::memory_order_relaxed);
  if (before == 0) gate.empty_at.store(lane.now(), std::memory_order_relaxed);
  const base::Time end = deadline.never() ? base::kNever : deadline.at();
  const base::Time empty_at = gate.empty_at.load(std::memory_order_relaxed);
  const auto arrival = balance::on_arrival(false, before, gate.queue(), empty_at, end, lane.now());
  Inside inside;
  if (arrival.move == balance::QueueMove::wait && !client.cancelled()) {
    Waiting self(lane);
    (last_ != nullptr ? last_->next : first_) = &self;
    last_ = &self;
    for (;;) {
      const bool is_head = first_ == &self;
      const bool entered = is_head && gate.try_enter();
      const auto move = balance::on_head(entered, arrival.leave_at, lane.now());
      if (move == balance::QueueMove::enter) {
        inside = Inside(gate, *this);
        break;
      }
      if (entered) gate.leave();
      if (move == balance::QueueMove::refuse_late) break;
      self.readiness.readable = false;
      client.watch_hangup(&self.readiness);
      const base::Deadline until(arrival.leave_at);
      const auto wake = co_await self.readiness.wait_readable(
          first_ == &self ? until.shortened(lane.after(kLookAgain)) : until);
      client.watch_hangup(nullptr);
      if (wake == runtime::Wake::cancelled) break;
    }
    remove(self);
    wake();  // the next one is the head now
  }
  if (gate.waiting.fetch_sub(1, std::memory_order_relaxed) == 1) {
    gate.empty_at.store(lane.now(), std::memory_order_relaxed);
  }
  if (!inside) gate.refused.fetch_add(1, std::memory_order_relaxed);
  co_return inside;
}

}  // namespace weir::upstream
