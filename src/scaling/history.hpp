#pragma once
// History: what a scaler must remember between two decisions. When did the last operation begin
// (cooldown), what was the highest recommendation of late (stabilisation), and how often did it
// turn round within an hour (flap budget).
//
// Bounded: recommendations fall from front to back, so there are at most as many as endpoints may
// be; reversals are dropped with the hour. Pure, a value.

#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.hpp"

namespace weir::scaling {

enum class Origin : std::uint8_t { automatic, by_operator };

class History {
 public:
  /// A recommendation of `wanted` endpoints was made.
  void recommend(std::uint32_t wanted, base::Time now);
  /// The highest recommendation younger than `window`, if there is any.
  std::optional<std::uint32_t> highest(base::Duration window, base::Time now) const noexcept;
  /// When highest() falls below what it is now, if nothing else is recommended; kNever if unknown.
  base::Time lower_at(base::Duration window, base::Time now) const noexcept;

  /// An operation begins. What an operator asks for stands as a recommendation, so that it is not
  /// undone before the window has passed.
  void operate(std::uint32_t from, std::uint32_t to, Origin origin, base::Time now);
  /// Until the next operation may begin; 0 when it may now.
  base::Duration cooldown_left(base::Duration cooldown, base::Time now) const noexcept;

  /// +1: the last operation added endpoints, -1: it took some away, 0: there was none.
  int direction() const noexcept { return direction_; }
  /// Reversals of the scaler's own within `window`.
  std::uint32_t reversals(base::Duration window, base::Time now) const noexcept;
  /// When the oldest `count` of them have left the window; kNever when there are not so many.
  base::Time reversals_left_at(base::Duration window, std::uint32_t count,
                               base::Time now) const noexcept;
  /// Forgets what is older than these.
  void forget(base::Duration recommendations, base::Duration reversals, base::Time now);

 private:
  static constexpr std::size_t kKept = 1024;

  struct Recommendation {
    std::uint32_t wanted = 0;
    base::Time at{};
  };
  std::deque<Recommendation> recommendations_;  // wanted falls, at grows
  std::deque<base::Time> reversals_;            // oldest first
  std::optional<base::Time> operated_;
  int direction_ = 0;
};

}  // namespace weir::scaling
