#pragma once
// Attempts: pick → admit → send → report → retry?, the same for any sender (HTTP now; gRPC, SQL and
// key-value later).
//
//   Attempts attempts(service, plan);
//   if (!attempts.enter(now)) return;      // the service's breaker is open
//   while (Endpoint* endpoint = attempts.next(now)) {
//     attempts.report(co_await send(*endpoint), now);
//     if (!attempts.again(facts, now)) break;
//     co_await sleep_for(lane, attempts.pause());
//     if (attempts.place(now) != Place::taken) break;  // or wait on, while it says so
//   }
//   attempts.conclude(now);
//
// 1. It holds no policy of its own and no coroutine: the sender is awaited by whoever drives it.
// 2. Never an endpoint tried before in this exchange, by construction: Tried excludes it.
// 3. Every breaker permit and budget ticket ends, on every way out: both are members.
// Lane-only; the snapshot it picked from lives as long as it does.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "balance/cause.hpp"
#include "balance/retry_rule.hpp"
#include "base/deadline.hpp"
#include "telemetry/reason.hpp"
#include "upstream/service_lane.hpp"

namespace weir::upstream {

/// How one try on one endpoint ended.
struct AttemptOutcome {
  telemetry::Reason reason = telemetry::Reason::no_host;
  unsigned status = 0;
  base::Duration duration{};  ///< of the whole attempt
  base::Duration to_head{};   ///< until the response's head, or until it failed
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// What an outcome is to breakers and the retry rule.
balance::Cause cause_of(const AttemptOutcome& outcome) noexcept;

/// What holds for all attempts of one exchange.
struct AttemptPlan {
  PickWish wish;
  std::uint32_t preferred = 0;           ///< an endpoint's id: picked while it can be; 0: none
  const config::Retry* retry = nullptr;  ///< null: one attempt
  bool is_idempotent = false;
  bool has_idempotency_key = false;  ///< present and allowed
  base::Deadline total;
  AttemptTrace* trace = nullptr;  ///< where each pick is explained; null: nowhere
};

/// What is known of a failed attempt when it may be repeated.
struct FailureFacts {
  balance::Cause cause = balance::Cause::none;
  bool is_unsent = false;
  bool is_response_begun = false;
  bool is_body_kept = true;
  std::optional<base::Duration> retry_after;
};

class Attempts {
 public:
  Attempts(ServiceLane& service, const AttemptPlan& plan) noexcept
      : service_(service), in_use_(service), plan_(plan) {}
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;
  ~Attempts() { WEIR_ASSERT(try_.endpoint == nullptr && hedge_.endpoint == nullptr); }

  /// Whether the service's own breaker lets the exchange in. Called once, first.
  bool enter(base::Time now);
  /// The exchange is over: its last outcome, before any fallback, counts for the service's breaker.
  void conclude(base::Time now);

  /// The endpoint to try, counted as in flight until report(); null when nobody is eligible
  /// (refusal() says why).
  Endpoint* next(base::Time now);

  /// The head of the response is here and will be passed on: breakers learn of it now, and the
  /// place among the retries on the wire is free. The body, or a stream, may last for hours.
  void answered(unsigned status, base::Time now);

  /// Between next() and report(): who is tried.
  const Endpoint& endpoint() const noexcept { return *try_.endpoint; }

  // ---- hedging: a second try beside the one that next() began, on an endpoint of its own
  /// When the second may begin; kNever: not in this exchange. `began`: the first one.
  base::Time hedge_at(base::Time began) const noexcept;
  /// The endpoint of the second, counted as a retry is; null: not allowed, or nobody is left.
  /// Requires: a first one is under way, and no second one.
  Endpoint* hedge(base::Time now);
  /// The second was first: it takes the first one's place, which counts as neither success nor
  /// failure.
  void hedge_won();
  /// The first one was first: the second counts as neither.
  void hedge_lost();
  /// The second failed by itself; the first goes on.
  void hedge_failed(const AttemptOutcome& outcome, base::Time now);
  /// The first failed by itself; the second takes its place.
  void hedge_is_left(const AttemptOutcome& outcome, base::Time now);

  /// Ends the try that next() began.
  void report(const AttemptOutcome& outcome, base::Time now);

  /// Whether a failed attempt may be made again; if so pause() says how long to wait. Nothing is
  /// reserved yet: a retry that waits is not on the wire. Asked at most once an attempt, before or
  /// after report().
  bool again(const FailureFacts& facts, base::Time now);
  base::Duration pause() const noexcept { return decision_.after; }
  /// After the pause: takes the retry's place in the budget and on the wire. `wait`: too many
  /// retries are under way; ask again soon. `refused`: why_not() says why. Cost: no allocation.
  enum class Place : std::uint8_t { taken, wait, refused };
  Place place(base::Time now);
  /// How long to wait until place() is asked again: longer each time, never past the deadline.
  base::Duration wait_for_place(base::Time now) noexcept;
  balance::RetryReason why_not() const noexcept { return decision_.reason; }

  /// The last try's; `no_host` when there was none.
  const AttemptOutcome& outcome() const noexcept { return outcome_; }
  /// Of the last try; 0: nobody was eligible.
  std::uint32_t endpoint_id() const noexcept { return endpoint_id_; }
  /// Its address; empty when the endpoint is gone. Lifetime: this object, until next().
  std::string_view endpoint_address() const noexcept;
  std::uint32_t count() const noexcept { return count_; }
  std::uint32_t hedges() const noexcept { return hedges_; }  ///< of them, second tries beside one
  const AttemptNotes& notes() const noexcept { return notes_; }
  bool in_panic() const noexcept { return set_ && set_->panic; }
  /// Why next() gave nobody: no_host, or breaker_open when only breakers stood in the way.
  telemetry::Reason refusal() const noexcept { return refusal_; }
  /// The last next() gave nobody, or enter() refused.
  bool had_nobody() const noexcept { return had_nobody_; }
  /// When the first breaker that keeps endpoints out lets probes in; kNever when not known.
  base::Time refused_until() const noexcept;

 private:
  bool is_another_left() const noexcept;
  void count_for_arm() noexcept;
  std::size_t preferred_index() const noexcept;
  /// One attempt under way.
  struct Try {
    Endpoint* endpoint = nullptr;
    balance::Breaker::Permit permit;
    std::optional<balance::RetryBudget::Ticket> ticket;
    std::uint32_t number = 0;  // from 1
    base::Time begun{};
  };

  bool admit(Try& into, base::Time now);
  void leave_arms_of_others() noexcept;
  void finish(Try& ended, const AttemptOutcome& outcome, base::Time now);
  void cancel(Try& loser);
  Place refuse(balance::RetryReason reason) noexcept;
  std::uint32_t under_way() const noexcept;
  base::Duration typical_time() const noexcept;

  ServiceLane& service_;
  const ServiceLane::Use in_use_;
  const AttemptPlan& plan_;
  ServiceLane::Held set_;
  balance::Tried tried_;
  balance::Breaker::Permit service_permit_;
  Try try_;
  Try hedge_;                    // beside it
  ServiceLane::Held first_set_;  // keeps the endpoint of the one that was hedged
  std::optional<balance::RetryBudget::Ticket> next_ticket_;  // of the one that place() let through
  AttemptOutcome outcome_;
  AttemptNotes notes_;
  balance::RetryDecision decision_;
  ArmTraffic* arms_ = nullptr;  // of the set at enter(); null: one arm, or they changed since
  base::Time entered_{};
  std::uint32_t endpoint_id_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t hedges_ = 0;
  std::uint32_t waits_ = 0;  // for the place of the next attempt
  bool had_nobody_ = false;
  bool exempt_ = false;  // from the cap on retries on the wire
  telemetry::Reason refusal_ = telemetry::Reason::no_host;
  base::Time refused_until_ = base::kNever;
};

}  // namespace weir::upstream
