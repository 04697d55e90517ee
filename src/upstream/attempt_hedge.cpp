// Attempts, hedging: a second try when the first one is slower than most. Whoever sends decides
// which of the two was first; here is when it may begin, and what each of them counts for. Source:
// balancing.md, section 5; Dean, Barroso, "The Tail at Scale" (2013).
#include <algorithm>

#include "upstream/attempt.hpp"

namespace weir::upstream {
namespace {

// A service that answers faster than this gains nothing from a second request.
constexpr base::Duration kHedgeLeast = std::chrono::milliseconds(10);

}  // namespace

base::Time Attempts::hedge_at(base::Time began) const noexcept {
  if (plan_.retry == nullptr || !plan_.retry->hedge || !plan_.is_idempotent) return base::kNever;
  if (count_ >= plan_.retry->attempts) return base::kNever;
  const Service& service = service_.service();
  const std::chrono::microseconds p95(service.p95_us.load(std::memory_order_relaxed));
  if (p95 == p95.zero()) return base::kNever;  // nobody knows yet what is slow
  return began + std::max<base::Duration>(p95, kHedgeLeast);
}

Endpoint* Attempts::hedge(base::Time now) {
  WEIR_ASSERT(try_.endpoint != nullptr && hedge_.endpoint == nullptr);
  Service& service = service_.service();
  const bool is_queued = service.gate && service.gate->waiting.load(std::memory_order_relaxed) > 0;
  const bool is_late = !plan_.total.never() && plan_.total.at() - now <= typical_time();
  if (is_queued || is_late || set_->panic) return nullptr;
  first_set_ = std::move(set_);
  set_ = service_.hold();
  leave_arms_of_others();
  if (set_->panic || !is_another_left()) return nullptr;
  auto ticket = service.retry_budget.ask(now, under_way());
  if (!ticket) return nullptr;
  const telemetry::Reason refusal = refusal_;
  const base::Time refused_until = refused_until_;
  const std::uint32_t first = endpoint_id_;
  const bool admitted = admit(hedge_, now);
  endpoint_id_ = first;
  refusal_ = refusal;
  refused_until_ = refused_until;
  if (!admitted) return nullptr;
  ++hedges_;
  hedge_.ticket = std::move(ticket);
  if (hedge_.number <= AttemptNotes::kMax) notes_.notes[hedge_.number - 1].is_hedge = true;
  service.retries.fetch_add(1, std::memory_order_relaxed);
  return hedge_.endpoint;
}

void Attempts::hedge_won() {
  cancel(try_);
  try_ = std::exchange(hedge_, Try());
  endpoint_id_ = try_.endpoint->id;
}

void Attempts::hedge_lost() { cancel(hedge_); }

void Attempts::hedge_failed(const AttemptOutcome& outcome, base::Time now) {
  finish(hedge_, outcome, now);
}

void Attempts::hedge_is_left(const AttemptOutcome& outcome, base::Time now) {
  finish(try_, outcome, now);
  try_ = std::exchange(hedge_, Try());
  endpoint_id_ = try_.endpoint->id;
}

// Nothing was learned about its endpoint: neither its breaker nor its latency hears of it.
void Attempts::cancel(Try& loser) {
  WEIR_ASSERT(loser.endpoint != nullptr);
  Endpoint& endpoint = *std::exchange(loser.endpoint, nullptr);
  loser.ticket.reset();
  loser.permit.end_without_verdict();
  endpoint.in_flight.fetch_sub(1, std::memory_order_relaxed);
  service_.service().in_flight.fetch_sub(1, std::memory_order_relaxed);
  endpoint.traffic.lane(service_.lane()).in_flight.subtract();
  if (loser.number > AttemptNotes::kMax) return;
  AttemptNote& note = notes_.notes[loser.number - 1];
  note.is_cancelled = true;
  note.breaker_after = note.breaker_before;
}

}  // namespace weir::upstream
