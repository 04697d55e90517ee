#pragma once
// The rule of the queue before a service: FIFO, 128 places, 200 ms. Decisions only; the gateway
// owns the list. A newcomer never overtakes one who waits; who is late leaves with 503 `OS`.
//
// A queue is for bursts. One that was not empty for half the time anybody may wait is standing:
// it no longer evens anything out, every place in it is only delay. Newcomers then wait a tenth at
// most, so what is served in an overload is served soon. Source: balancing.md, section 7;
// controlled delay (Nichols and Jacobson, 2012); ADR 0007.

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::balance {

struct QueueConfig {
  std::uint32_t places = 128;  ///< 0: nobody waits
  base::Duration longest_wait = std::chrono::milliseconds(200);
};

enum class QueueMove : std::uint8_t { enter, wait, refuse_full, refuse_late };

/// Of the longest wait, once the queue is standing.
inline constexpr int kStandingPart = 10;

struct QueueDecision {
  QueueMove move = QueueMove::enter;
  base::Time leave_at = base::kNever;  ///< of `wait`: then it gives up its place
};

/// A request arrives. `has_room`: one more may be under way, by the service's limit and by that of
/// some endpoint. `empty_at`: when nobody waited last. `deadline`: of the exchange.
constexpr QueueDecision on_arrival(bool has_room, std::uint32_t waiting, const QueueConfig& config,
                                   base::Time empty_at, base::Time deadline,
                                   base::Time now) noexcept {
  if (now >= deadline) return {.move = QueueMove::refuse_late};
  if (has_room && waiting == 0) return {.move = QueueMove::enter};
  if (waiting >= config.places) return {.move = QueueMove::refuse_full};
  const base::Duration allowed = std::max(config.longest_wait, base::Duration{});
  const bool is_standing = waiting > 0 && now - empty_at > allowed / 2;
  const base::Duration longest = is_standing ? allowed / kStandingPart : allowed;
  const base::Time leave_at = longest < deadline - now ? now + longest : deadline;
  return {.move = QueueMove::wait, .leave_at = leave_at};
}

/// There may be room for the head of the queue, or time has passed: it enters, waits on or leaves.
constexpr QueueMove on_head(bool has_room, base::Time leave_at, base::Time now) noexcept {
  if (now >= leave_at) return QueueMove::refuse_late;
  return has_room ? QueueMove::enter : QueueMove::wait;
}

/// For the 503: a full queue empties within its longest wait, or shedding goes on.
inline constexpr std::int64_t kQueueRetryAfterSeconds = 1;

}  // namespace weir::balance
