#pragma once
// The rule of the queue before a service: FIFO, 128 places, 200 ms. Decisions only; the gateway
// owns the list. A newcomer never overtakes one who waits; who is late leaves with 503 `OS`.
// Source: balancing.md, section 7.

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::balance {

struct QueueConfig {
  std::uint32_t places = 128;  ///< 0: nobody waits
  base::Duration longest_wait = std::chrono::milliseconds(200);
};

enum class QueueMove : std::uint8_t { enter, wait, refuse_full, refuse_late };

struct QueueDecision {
  QueueMove move = QueueMove::enter;
  base::Time leave_at = base::kNever;  ///< of `wait`: then it gives up its place
};

/// A request arrives. `has_room`: one more may be under way, by the service's limit and by that of
/// some endpoint. `deadline`: of the exchange.
constexpr QueueDecision on_arrival(bool has_room, std::uint32_t waiting, const QueueConfig& config,
                                   base::Time deadline, base::Time now) noexcept {
  if (now >= deadline) return {.move = QueueMove::refuse_late};
  if (has_room && waiting == 0) return {.move = QueueMove::enter};
  if (waiting >= config.places) return {.move = QueueMove::refuse_full};
  const base::Duration longest = std::max(config.longest_wait, base::Duration{});
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
