#pragma once
// Deadline wheel: thousands of deadlines that are set often and expire rarely.
//
// Moving a deadline later, or dropping it, is one integer store: the entry stays in the slot it is
// linked in and is judged again when that slot is swept (at most once in kSlots ticks). Only an
// earlier deadline relinks. Resolution is one tick (1 ms), always late, never early.
// Lane-only. Source: hashed timing wheels, Varghese and Lauck (1987), scheme 6, made lazy.

#include <array>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::runtime {

/// A deadline that can be armed in a wheel. Owned by whoever waits; unlinks itself when destroyed.
class WheelEntry {
 public:
  using Expired = void (*)(WheelEntry& entry);

  explicit WheelEntry(Expired expired) noexcept : expired_(expired) {}
  WheelEntry(const WheelEntry&) = delete;
  WheelEntry& operator=(const WheelEntry&) = delete;
  ~WheelEntry() { unlink(); }

  bool armed() const noexcept { return deadline_ != kIdle; }
  /// One store; the entry may stay linked.
  void disarm() noexcept { deadline_ = kIdle; }

 private:
  friend class DeadlineWheel;
  static constexpr std::int64_t kIdle = INT64_MAX;

  void unlink() noexcept;

  Expired expired_;
  std::int64_t deadline_ = kIdle;  // in ticks
  std::int64_t linked_at_ = 0;     // the tick whose slot holds the entry
  WheelEntry* next_ = nullptr;
  WheelEntry** previous_ = nullptr;  // null while unlinked
};

class DeadlineWheel {
 public:
  static constexpr base::Duration kTick = std::chrono::milliseconds(1);
  static constexpr std::int64_t kSlots = 8192;

  explicit DeadlineWheel(base::Time now) noexcept : swept_(ticks_down(now)) {}
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// Sets (or moves) the entry's deadline; kNever disarms. Cost: one store unless it moves earlier.
  void arm(WheelEntry& entry, base::Time at) noexcept;

  /// Calls the expired function of every entry due at `now`, each disarmed before its call. An
  /// entry may be destroyed or armed again inside any of these calls.
  void advance(base::Time now) noexcept;

  /// No entry expires before this instant; kNever when none is linked. May be early (lazy entries).
  base::Time next_wake() const noexcept;

 private:
  static std::int64_t ticks_down(base::Time time) noexcept;
  static std::int64_t ticks_up(base::Time time) noexcept;
  void link(WheelEntry& entry, std::int64_t tick) noexcept;
  void sweep(std::size_t slot, std::int64_t now_tick) noexcept;

  std::int64_t swept_;  // every tick up to this one has been swept
  std::array<WheelEntry*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // a set bit may be stale, a clear one not
};

}  // namespace weir::runtime
