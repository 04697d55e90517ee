#pragma once
// Breaker: stops sending to what fails, then tries it again with a few probes.
//
//   CLOSED --5 failures in a row--> OPEN --time over--> HALF_OPEN --3 probes pass--> CLOSED
//                                    ^                      |
//                                    +-- one probe fails ---+   open time x 2, at most 5 min
//
// 1. Lanes share it without a lock. What must change together is one word (breaker_word); times
//    stand beside it, stamped with the generation they belong to (see breaker.cpp).
// 2. A Permit ends once: success, failure, or its destructor, which frees the slot and counts
//    nothing. A result of an older generation is dropped.
// 3. Admitted probes plus passed ones never exceed `probes`. One still out after `probe_timeout`
//    has failed; whoever comes next notices. Half-open without traffic simply waits.
// 4. Closed and healthy costs one relaxed load to enter and one to leave, and no write.
//
// It reads no clock, and knows neither causes nor texts: what is a failure says cause.hpp. One
// class for both scopes: an endpoint's attempts, a service's final outcomes. Source:
// balancing.md, 6.

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "balance/breaker_word.hpp"
#include "balance/pair_window.hpp"
#include "base/clock.hpp"

namespace weir::balance {

struct BreakerConfig {
  std::uint32_t failures = 5;  ///< in a row, 1..4095
  base::Duration open = std::chrono::seconds(30);
  base::Duration longest = std::chrono::minutes(5);
  std::uint32_t probes = 3;  ///< 1..16
  base::Duration probe_timeout = std::chrono::seconds(10);
  base::Duration forgive = std::chrono::seconds(60);  ///< closed for so long: doublings forgotten
  /// The rate rule, off at 0: opens when >= share of >= rate_minimum in the last 10 s failed.
  double rate_share = 0;
  std::uint32_t rate_minimum = 20;
};

/// What a call changed; told to exactly one caller per change, who logs it.
enum class BreakerChange : std::uint8_t {
  none,
  dropped,         ///< a late result of an older generation: counted nothing
  opened,          ///< CLOSED → OPEN, failures in a row
  opened_by_rate,  ///< CLOSED → OPEN, the rate rule
  half_opened,     ///< OPEN → HALF_OPEN
  reopened,        ///< HALF_OPEN → OPEN: a probe failed, or was out for too long
  closed,          ///< HALF_OPEN → CLOSED; the caller begins slow start
};

struct BreakerSnapshot {
  BreakerState state = BreakerState::closed;
  std::uint32_t generation = 0;
  std::uint32_t failures = 0;       ///< in a row; while open, those that opened it
  base::Time until = base::kNever;  ///< open: when probes begin
  std::uint32_t probes_out = 0;
  std::uint32_t probes_passed = 0;
  std::uint32_t probes_free = 0;  ///< half-open: permits still to be had
  bool forced = false;
};

class Breaker {
 public:
  class Permit;

  /// Values of `config` out of range are clamped. `seed` makes the jitter replayable.
  explicit Breaker(const BreakerConfig& config = {}, std::uint64_t seed = 0) noexcept;
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  /// Asks to send one attempt now. Lifetime: the breaker outlives the permit. Cost: one load when
  /// closed; never allocates or waits.
  Permit try_acquire(base::Time now) noexcept;

  /// Moves that time alone makes: OPEN → HALF_OPEN, overdue probes → OPEN. The control lane calls
  /// it, so that the state shown (and the candidates) do not wait for traffic.
  BreakerChange poll(base::Time now) noexcept;

  /// Operator. Each returns whether anything changed, and makes results under way late ones.
  bool force_open() noexcept;
  bool force_close() noexcept;
  /// Ends a force: from forced open to HALF_OPEN (it must prove itself), from forced closed to
  /// CLOSED. Without a force it changes nothing.
  bool resume_auto(base::Time now) noexcept;
  /// CLOSED, unforced, no failures, no doublings.
  bool reset(base::Time now) noexcept;

  /// Takes over the state of the breaker it replaces when the configuration changed; probes under
  /// way report to the old one. Requires: no other thread knows this breaker yet.
  void inherit(const Breaker& other) noexcept;

  BreakerSnapshot snapshot() const noexcept;
  const BreakerConfig& config() const noexcept { return config_; }

 private:
  static constexpr std::uint8_t kNoSlot = 0xff;

  Permit acquire_slowly(base::Time now) noexcept;
  BreakerChange succeed(std::uint32_t generation, std::uint8_t slot, base::Time now) noexcept;
  BreakerChange succeed_slowly(std::uint32_t generation, std::uint8_t slot,
                               base::Time now) noexcept;
  BreakerChange succeed_probe(std::uint32_t generation, std::uint8_t slot, base::Time now) noexcept;
  BreakerChange fail(std::uint32_t generation, std::uint8_t slot, base::Time now) noexcept;
  void abandon(std::uint32_t generation, std::uint8_t slot) noexcept;

  bool open_from(std::uint64_t seen, BreakerWord word, base::Time now) noexcept;
  bool close_from(std::uint64_t seen, BreakerWord word, base::Time now) noexcept;
  bool is_open_over(const BreakerWord& word, base::Time now) const noexcept;
  bool has_overdue_probe(const BreakerWord& word, base::Time now) const noexcept;
  bool is_rate_too_high(base::Time now) const noexcept;
  bool exchange(std::uint64_t seen, const BreakerWord& next) noexcept;
  template <class Next>
  bool force(Next next) noexcept;

  // fixed after construction
  BreakerConfig config_;
  std::uint64_t seed_;
  bool counts_rate_;

  // shared: every lane admits and reports here; the word orders all else (acquire/release).
  alignas(64) std::atomic<std::uint64_t> word_{0};
  // shared: generation << 40 | ms, written before the word names that generation, never lowered.
  std::atomic<std::uint64_t> until_{0};
  std::atomic<std::uint64_t> closed_since_{0};
  // shared: issue time (ns) of the probe in each slot, written before its bit is set, never
  // lowered.
  std::array<std::atomic<std::int64_t>, BreakerWord::kProbesMax> issued_{};
  // shared: all and failed attempts while closed; used with the rate rule only.
  PairWindow outcomes_;
};

/// The right to send one attempt, or the answer that there is none.
class [[nodiscard]] Breaker::Permit {
 public:
  Permit() noexcept = default;
  Permit(Permit&& other) noexcept
      : breaker_(std::exchange(other.breaker_, nullptr)),
        generation_(other.generation_),
        slot_(other.slot_),
        change_(other.change_) {}
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      end_without_verdict();
      breaker_ = std::exchange(other.breaker_, nullptr);
      generation_ = other.generation_;
      slot_ = other.slot_;
      change_ = other.change_;
    }
    return *this;
  }
  ~Permit() { end_without_verdict(); }

  /// False when it was refused, or has ended.
  explicit operator bool() const noexcept { return breaker_ != nullptr; }
  bool is_probe() const noexcept { return slot_ != kNoSlot; }
  std::uint32_t generation() const noexcept { return generation_; }
  /// What asking changed: none, half_opened, or reopened (an overdue probe was found).
  BreakerChange change() const noexcept { return change_; }

  /// Ends the permit. On a refused or ended one: nothing, `none`.
  BreakerChange success(base::Time now) noexcept {
    Breaker* breaker = std::exchange(breaker_, nullptr);
    return breaker ? breaker->succeed(generation_, slot_, now) : BreakerChange::none;
  }
  BreakerChange failure(base::Time now) noexcept {
    Breaker* breaker = std::exchange(breaker_, nullptr);
    return breaker ? breaker->fail(generation_, slot_, now) : BreakerChange::none;
  }
  /// Same as destruction: the client left, the attempt was cancelled.
  void end_without_verdict() noexcept {
    Breaker* breaker = std::exchange(breaker_, nullptr);
    if (breaker && slot_ != kNoSlot) breaker->abandon(generation_, slot_);
  }

 private:
  friend class Breaker;
  Permit(Breaker* breaker, std::uint32_t generation, std::uint8_t slot,
         BreakerChange change) noexcept
      : breaker_(breaker), generation_(generation), slot_(slot), change_(change) {}

  Breaker* breaker_ = nullptr;
  std::uint32_t generation_ = 0;
  std::uint8_t slot_ = kNoSlot;
  BreakerChange change_ = BreakerChange::none;
};

inline Breaker::Permit Breaker::try_acquire(base::Time now) noexcept {
  // Relaxed: a permit of the closed state carries only the generation and reads nothing else.
  const std::uint64_t seen = word_.load(std::memory_order_relaxed);
  if (BreakerWord::state_of(seen) == BreakerState::closed) [[likely]] {
    return Permit(this, BreakerWord::generation_of(seen), kNoSlot, BreakerChange::none);
  }
  return acquire_slowly(now);
}

inline BreakerChange Breaker::succeed(std::uint32_t generation, std::uint8_t slot,
                                      base::Time now) noexcept {
  // Relaxed: nothing is written, so nothing is ordered.
  const std::uint64_t seen = word_.load(std::memory_order_relaxed);
  const bool is_healthy = (seen & BreakerWord::kStateAndFailuresMask) == 0 &&
                          BreakerWord::generation_of(seen) == generation;
  if (is_healthy && !counts_rate_) [[likely]]
    return BreakerChange::none;
  return succeed_slowly(generation, slot, now);
}

}  // namespace weir::balance
