#include "balance/breaker.hpp"

#include <algorithm>
#include <bit>

#include "base/hash.hpp"

namespace weir::balance {
namespace {

// The publication rule for times beside the word: the time of generation g + 1 is written *before*
// the exchange that makes the word say g + 1 (release), and read *after* a load of the word
// (acquire). So whoever sees generation g sees its time or a newer generation's, and then the word
// is stale and is read again. Several lanes may prepare the same generation; the later time wins.
// A lane that prepared and was held up can only write a time of an older generation, or an earlier
// time of the same one: both are ignored. Compared by serial number arithmetic, so wrapping is
// fine.
constexpr std::uint64_t kMsMask = (1ull << 40) - 1;

std::uint64_t stamp(std::uint32_t generation, base::Time time) noexcept {
  // Rounded up, so that a phase is never shorter than said.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(generation) << 40 |
         std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)), 0,
                                   kMsMask);
}

base::Time time_of(std::uint64_t stamped) noexcept {
  return base::Time{} + std::chrono::milliseconds(static_cast<std::int64_t>(stamped & kMsMask));
}

template <class Value>
void raise_to(std::atomic<Value>& place, Value value) noexcept {
  Value seen = place.load(std::memory_order_relaxed);
  // Relaxed: the exchange of the word that follows publishes it.
  while (static_cast<std::int64_t>(value - seen) > 0 &&
         !place.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

BreakerConfig clamped(BreakerConfig config) noexcept {
  config.failures = std::clamp(config.failures, 1u, BreakerWord::kFailuresMax);
  config.probes = std::clamp(config.probes, 1u, BreakerWord::kProbesMax);
  config.open = std::max(config.open, base::Duration(std::chrono::milliseconds(1)));
  config.longest = std::max(config.longest, config.open);
  return config;
}

base::Duration open_time(const BreakerConfig& config, std::uint64_t seed,
                         const BreakerWord& opened) noexcept {
  base::Duration time = config.open;
  for (std::uint32_t i = 0; i < opened.doublings && time < config.longest; ++i) time *= 2;
  time = std::min(time, config.longest);
  // 0..10 %, so that breakers that opened together do not probe together.
  const std::uint64_t draw = base::mix64(seed ^ base::mix64(opened.generation)) % 1001;
  return time + time / 10'000 * static_cast<std::int64_t>(draw);
}

}  // namespace

Breaker::Breaker(const BreakerConfig& config, std::uint64_t seed) noexcept
    : config_(clamped(config)), seed_(seed), counts_rate_(config.rate_share > 0) {}

Breaker::Permit Breaker::acquire_slowly(base::Time now) noexcept {
  const BreakerChange change = poll(now);
  for (;;) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    BreakerWord word = BreakerWord::unpack(seen);
    if (word.state == BreakerState::closed || word.state == BreakerState::forced_closed) {
      return Permit(this, word.generation, kNoSlot, change);
    }
    const auto out = static_cast<std::uint32_t>(std::popcount(word.out));
    if (word.state != BreakerState::half_open || out + word.passed >= config_.probes) {
      return Permit(nullptr, word.generation, kNoSlot, change);
    }
    const auto slot = static_cast<std::uint8_t>(std::countr_one(word.out));
    raise_to(issued_[slot], std::int64_t{now.time_since_epoch().count()});
    word.out |= 1u << slot;
    if (exchange(seen, word)) return Permit(this, word.generation, slot, change);
  }
}

BreakerChange Breaker::poll(base::Time now) noexcept {
  for (;;) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    const BreakerWord word = BreakerWord::unpack(seen);
    if (word.state == BreakerState::open && is_open_over(word, now)) {
      if (exchange(seen, word.moved_to(BreakerState::half_open))) return BreakerChange::half_opened;
    } else if (word.state == BreakerState::half_open && has_overdue_probe(word, now)) {
      if (open_from(seen, word, now)) return BreakerChange::reopened;
    } else {
      return BreakerChange::none;
    }
  }
}

BreakerChange Breaker::succeed_slowly(std::uint32_t generation, std::uint8_t slot,
                                      base::Time now) noexcept {
  if (slot != kNoSlot) return succeed_probe(generation, slot, now);
  std::uint64_t seen = word_.load(std::memory_order_acquire);
  if (BreakerWord::generation_of(seen) != generation) return BreakerChange::dropped;
  if (counts_rate_ && BreakerWord::state_of(seen) == BreakerState::closed) outcomes_.add(now, 1, 0);
  for (;;) {
    BreakerWord word = BreakerWord::unpack(seen);
    if (word.generation != generation) return BreakerChange::dropped;
    if (word.state != BreakerState::closed || word.failures == 0) return BreakerChange::none;
    word.failures = 0;
    if (exchange(seen, word)) return BreakerChange::none;
    seen = word_.load(std::memory_order_acquire);
  }
}

BreakerChange Breaker::succeed_probe(std::uint32_t generation, std::uint8_t slot,
                                     base::Time now) noexcept {
  for (;;) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    BreakerWord word = BreakerWord::unpack(seen);
    if (word.generation != generation) return BreakerChange::dropped;
    if (has_overdue_probe(word, now)) {  // perhaps this one: then it came too late to pass
      if (open_from(seen, word, now)) return BreakerChange::reopened;
      continue;
    }
    word.out &= ~(1u << slot);
    ++word.passed;
    if (word.passed >= config_.probes) {
      if (close_from(seen, word, now)) return BreakerChange::closed;
    } else if (exchange(seen, word)) {
      return BreakerChange::none;
    }
  }
}

BreakerChange Breaker::fail(std::uint32_t generation, std::uint8_t slot, base::Time now) noexcept {
  bool is_counted = false;
  for (;;) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    BreakerWord word = BreakerWord::unpack(seen);
    if (word.generation != generation) return BreakerChange::dropped;
    if (slot != kNoSlot) {
      if (open_from(seen, word, now)) return BreakerChange::reopened;
      continue;
    }
    if (word.state != BreakerState::closed) return BreakerChange::none;  // forced closed
    if (counts_rate_ && !is_counted) outcomes_.add(now, 1, 1);
    is_counted = true;
    word.failures = std::min(word.failures + 1, BreakerWord::kFailuresMax);
    if (word.failures >= config_.failures) {
      if (open_from(seen, word, now)) return BreakerChange::opened;
    } else if (is_rate_too_high(now)) {
      if (open_from(seen, word, now)) return BreakerChange::opened_by_rate;
    } else if (exchange(seen, word)) {
      return BreakerChange::none;
    }
  }
}

void Breaker::abandon(std::uint32_t generation, std::uint8_t slot) noexcept {
  for (;;) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    BreakerWord word = BreakerWord::unpack(seen);
    if (word.generation != generation) return;
    word.out &= ~(1u << slot);
    if (exchange(seen, word)) return;
  }
}

bool Breaker::open_from(std::uint64_t seen, BreakerWord word, base::Time now) noexcept {
  const bool was_closed = word.state == BreakerState::closed;
  const std::uint64_t closed_since = closed_since_.load(std::memory_order_relaxed);
  if (!was_closed) {
    word.doublings = std::min(word.doublings + 1, BreakerWord::kDoublingsMax);
  } else if (BreakerWord::generation_of(closed_since) == word.generation &&
             now >= time_of(closed_since) + config_.forgive) {
    word.doublings = 0;
  }
  const BreakerWord opened = word.moved_to(BreakerState::open);
  raise_to(until_, stamp(opened.generation, now + open_time(config_, seed_, opened)));
  return exchange(seen, opened);
}

bool Breaker::close_from(std::uint64_t seen, BreakerWord word, base::Time now) noexcept {
  const BreakerWord closed = word.moved_to(BreakerState::closed);
  raise_to(closed_since_, stamp(closed.generation, now));
  // Nothing is counted while half-open, so a lane that prepares in vain clears nothing of value.
  if (counts_rate_) outcomes_.clear();
  return exchange(seen, closed);
}

bool Breaker::is_open_over(const BreakerWord& word, base::Time now) const noexcept {
  const std::uint64_t until = until_.load(std::memory_order_relaxed);
  // Another generation's time: the word has moved on, and the exchange after this one would fail.
  return BreakerWord::generation_of(until) != word.generation || now >= time_of(until);
}

/// A slot may be freed and taken again between the load of the word and the exchange that follows;
/// that probe is then judged by the one before it, which had been out too long: still a failure.
bool Breaker::has_overdue_probe(const BreakerWord& word, base::Time now) const noexcept {
  for (std::uint32_t left = word.out; left != 0; left &= left - 1) {
    const auto slot = static_cast<std::size_t>(std::countr_zero(left));
    const base::Duration issued(issued_[slot].load(std::memory_order_relaxed));
    if (now - base::Time(issued) >= config_.probe_timeout) return true;
  }
  return false;
}

bool Breaker::is_rate_too_high(base::Time now) const noexcept {
  if (!counts_rate_) return false;
  const PairWindow::Sums sums = outcomes_.sums(now);
  return sums.first >= config_.rate_minimum &&
         static_cast<double>(sums.second) >= config_.rate_share * static_cast<double>(sums.first);
}

bool Breaker::exchange(std::uint64_t seen, const BreakerWord& next) noexcept {
  return word_.compare_exchange_strong(seen, next.pack(), std::memory_order_acq_rel,
                                       std::memory_order_relaxed);
}

template <class Next>
bool Breaker::force(Next next) noexcept {
  for (;;) {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    const BreakerWord word = BreakerWord::unpack(seen);
    const BreakerWord target = next(word);
    if (target == word) return false;
    if (exchange(seen, target)) return true;
  }
}

bool Breaker::force_open() noexcept {
  return force([](const BreakerWord& word) {
    return word.state == BreakerState::forced_open ? word
                                                   : word.moved_to(BreakerState::forced_open);
  });
}

bool Breaker::force_close() noexcept {
  return force([](const BreakerWord& word) {
    return word.state == BreakerState::forced_closed ? word
                                                     : word.moved_to(BreakerState::forced_closed);
  });
}

bool Breaker::resume_auto(base::Time now) noexcept {
  return force([this, now](const BreakerWord& word) {
    if (word.state == BreakerState::forced_open) return word.moved_to(BreakerState::half_open);
    if (word.state != BreakerState::forced_closed) return word;
    const BreakerWord closed = word.moved_to(BreakerState::closed);
    raise_to(closed_since_, stamp(closed.generation, now));
    outcomes_.clear();
    return closed;
  });
}

bool Breaker::reset(base::Time now) noexcept {
  outcomes_.clear();
  return force([this, now](const BreakerWord& word) {
    const bool is_fresh = word.state == BreakerState::closed && word.failures == 0;
    if (is_fresh && word.doublings == 0) return word;
    BreakerWord closed = word.moved_to(BreakerState::closed);
    closed.doublings = 0;
    raise_to(closed_since_, stamp(closed.generation, now));
    return closed;
  });
}

void Breaker::inherit(const Breaker& other) noexcept {
  BreakerWord word;
  std::uint64_t until = 0;
  do {  // until both belong together, as in snapshot()
    word = BreakerWord::unpack(other.word_.load(std::memory_order_acquire));
    until = other.until_.load(std::memory_order_relaxed);
  } while (word.state == BreakerState::open &&
           BreakerWord::generation_of(until) != word.generation);
  word.out = 0;
  if (word.state == BreakerState::closed) {
    word.failures = std::min(word.failures, config_.failures - 1);
  }
  word.passed = std::min(word.passed, config_.probes - 1);
  until_.store(until, std::memory_order_relaxed);
  closed_since_.store(other.closed_since_.load(std::memory_order_relaxed),
                      std::memory_order_relaxed);
  word_.store(word.pack(), std::memory_order_release);
}

BreakerSnapshot Breaker::snapshot() const noexcept {
  for (;;) {
    const BreakerWord word = BreakerWord::unpack(word_.load(std::memory_order_acquire));
    const std::uint64_t until = until_.load(std::memory_order_relaxed);
    const bool is_open = word.state == BreakerState::open;
    if (is_open && BreakerWord::generation_of(until) != word.generation) continue;
    const auto out = static_cast<std::uint32_t>(std::popcount(word.out));
    const bool is_half_open = word.state == BreakerState::half_open;
    return {.state = word.state,
            .generation = word.generation,
            .failures = word.failures,
            .until = is_open ? time_of(until) : base::kNever,
            .probes_out = out,
            .probes_passed = word.passed,
            .probes_free =
                is_half_open ? config_.probes - std::min(config_.probes, out + word.passed) : 0,
            .forced = word.state == BreakerState::forced_open ||
                      word.state == BreakerState::forced_closed};
  }
}

}  // namespace weir::balance
