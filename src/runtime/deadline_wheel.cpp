#include "runtime/deadline_wheel.hpp"

#include <algorithm>
#include <bit>

namespace weir::runtime {

void WheelEntry::unlink() noexcept {
  if (previous_ == nullptr) return;
  *previous_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  next_ = nullptr;
  previous_ = nullptr;
}

std::int64_t DeadlineWheel::ticks_down(base::Time time) noexcept {
  return time.time_since_epoch() / kTick;
}

std::int64_t DeadlineWheel::ticks_up(base::Time time) noexcept {
  const std::int64_t down = ticks_down(time);
  return base::Time(down * kTick) < time ? down + 1 : down;
}

void DeadlineWheel::link(WheelEntry& entry, std::int64_t tick) noexcept {
  const auto slot = static_cast<std::size_t>(tick % kSlots);
  entry.linked_at_ = tick;
  entry.next_ = slots_[slot];
  entry.previous_ = &slots_[slot];
  if (entry.next_ != nullptr) entry.next_->previous_ = &entry.next_;
  slots_[slot] = &entry;
  occupied_[slot / 64] |= 1ull << (slot % 64);
}

void DeadlineWheel::arm(WheelEntry& entry, base::Time at) noexcept {
  if (at == base::kNever) {
    entry.disarm();
    return;
  }
  entry.deadline_ = ticks_up(at);
  if (entry.previous_ != nullptr && entry.linked_at_ <= entry.deadline_) return;
  entry.unlink();
  // Far deadlines are linked one turn ahead and judged again there.
  const std::int64_t tick = std::clamp(entry.deadline_, swept_ + 1, swept_ + kSlots - 1);
  link(entry, tick);
}

void DeadlineWheel::sweep(std::size_t slot, std::int64_t now_tick) noexcept {
  // Move the list aside first: expired() may link new entries into this very slot.
  WheelEntry* list = slots_[slot];
  slots_[slot] = nullptr;
  occupied_[slot / 64] &= ~(1ull << (slot % 64));
  if (list != nullptr) list->previous_ = &list;
  while (list != nullptr) {
    WheelEntry& entry = *list;
    entry.unlink();  // advances `list`, because entry.previous_ points at it
    if (!entry.armed()) continue;
    if (entry.deadline_ <= now_tick) {
      entry.disarm();
      entry.expired_(entry);
    } else {
      link(entry, std::min(entry.deadline_, std::max(swept_, now_tick) + kSlots - 1));
    }
  }
}

void DeadlineWheel::advance(base::Time now) noexcept {
  const std::int64_t now_tick = ticks_down(now);
  if (now_tick <= swept_) return;
  const std::int64_t first = std::max(swept_ + 1, now_tick - kSlots + 1);
  const std::int64_t turns = now_tick - first + 1;
  swept_ = now_tick;  // entries armed from inside expired() land after this turn
  for (std::int64_t i = 0; i < turns;) {
    const auto slot = static_cast<std::size_t>((first + i) % kSlots);
    const std::uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      i += 64 - static_cast<std::int64_t>(slot % 64);
      continue;
    }
    const int skip = std::countr_zero(word);
    i += skip;
    if (i >= turns) break;
    sweep(slot + static_cast<std::size_t>(skip), now_tick);
    ++i;
  }
}

base::Time DeadlineWheel::next_wake() const noexcept {
  const auto start = static_cast<std::size_t>((swept_ + 1) % kSlots);
  constexpr std::size_t kWords = kSlots / 64;
  for (std::size_t n = 0; n <= kWords; ++n) {
    const std::size_t index = (start / 64 + n) % kWords;
    std::uint64_t word = occupied_[index];
    if (n == 0) word &= ~0ull << (start % 64);
    if (n == kWords) word &= (start % 64) != 0 ? ~(~0ull << (start % 64)) : 0;
    if (word == 0) continue;
    const std::size_t slot = index * 64 + static_cast<std::size_t>(std::countr_zero(word));
    const auto ahead = static_cast<std::int64_t>((slot + kSlots - start) % kSlots);
    return base::Time((swept_ + 1 + ahead) * kTick);
  }
  return base::kNever;
}

}  // namespace weir::runtime
