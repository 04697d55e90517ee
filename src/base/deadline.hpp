#pragma once
// Deadline: the instant after which nobody waits any longer. Handing one down may only shorten it,
// so an inner step can never outlive the budget of the outer one (style.md, coroutine rule 8).

#include <algorithm>

#include "base/clock.hpp"

namespace weir::base {

class Deadline {
 public:
  /// Never expires.
  constexpr Deadline() noexcept = default;
  constexpr explicit Deadline(Time at) noexcept : at_(at) {}

  /// `timeout` from `now`; a timeout too large to add means never. Units: any duration ≥ 0.
  static constexpr Deadline after(Time now, Duration timeout) noexcept {
    return timeout > kNever - now ? Deadline() : Deadline(now + timeout);
  }

  constexpr Deadline shortened(Deadline other) const noexcept {
    return Deadline(std::min(at_, other.at_));
  }
  constexpr bool expired(Time now) const noexcept { return now >= at_; }
  constexpr bool never() const noexcept { return at_ == kNever; }
  constexpr Time at() const noexcept { return at_; }
  /// Time left, 0 when expired; Duration::max() when it never expires.
  constexpr Duration left(Time now) const noexcept {
    if (never()) return Duration::max();
    return at_ > now ? at_ - now : Duration::zero();
  }

  friend constexpr bool operator==(Deadline, Deadline) noexcept = default;

 private:
  Time at_ = kNever;
};

}  // namespace weir::base
