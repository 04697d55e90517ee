#include "upstream/attempt.hpp"

#include <algorithm>

#include "balance/backoff.hpp"

namespace weir::upstream {

using balance::Cause;
using telemetry::Reason;

Cause cause_of(const AttemptOutcome& outcome) noexcept {
  switch (outcome.reason) {
    case Reason::ok:
      return outcome.status >= 100 ? balance::cause_of_status(static_cast<int>(outcome.status))
                                   : Cause::none;
    case Reason::connect_failed:
      return Cause::connect;
    case Reason::attempt_timeout:
    case Reason::deadline:
      return Cause::timeout;
    case Reason::upstream_closed:
    case Reason::upstream_protocol:
    case Reason::body_broken:
      return Cause::reset;
    default:
      return Cause::client_gone;  // nothing was learned about the endpoint
  }
}

namespace {

void end(balance::Breaker::Permit& permit, balance::Outcome verdict, base::Time now) {
  switch (verdict) {
    case balance::Outcome::success:
      permit.success(now);
      break;
    case balance::Outcome::failure:
      permit.failure(now);
      break;
    case balance::Outcome::neither:
      permit.end_without_verdict();
      break;
  }
}

}  // namespace

bool Attempts::enter(base::Time now) {
  set_ = service_.hold();
  service_.service().retry_budget.add_first_attempt(now);
  arms_ = set_->policy->arm_traffic.get();
  if (arms_ != nullptr && plan_.wish.arm >= arms_->arms().size()) arms_ = nullptr;
  entered_ = now;
  if (!set_->policy->breaker) return true;
  balance::Breaker& breaker = service_.service().breaker;
  service_permit_ = breaker.try_acquire(now);
  if (service_permit_) [[likely]]
    return true;
  refusal_ = Reason::breaker_open;
  refused_until_ = breaker.snapshot().until;
  return false;
}

void Attempts::conclude(base::Time now) {
  ticket_.reset();
  next_ticket_.reset();
  if (arms_ != nullptr) [[unlikely]]
    count_for_arm();
  if (!service_permit_) return;
  const Cause cause = count_ == 0 ? Cause::client_gone : cause_of(outcome_);
  const auto verdict =
      balance::breaker_verdict(cause, set_->policy->breaker_causes, service_permit_.is_probe());
  end(service_permit_, verdict, now);
}

// What the exchange was for its client, up to the last response's head: a download's length says
// nothing about who was picked.
void Attempts::count_for_arm() noexcept {
  const Cause cause = count_ == 0 ? Cause::client_gone : cause_of(outcome_);
  if (cause == Cause::client_gone) return;
  ArmTraffic::Row& row = arms_->row(service_.lane(), plan_.wish.arm);
  row.requests.add();
  if (outcome_.reason != Reason::ok || outcome_.status >= 500) {
    row.failures.add();
  } else {
    row.latency.record(begun_ - entered_ + outcome_.to_head);
  }
}

Endpoint* Attempts::next(base::Time now) {
  WEIR_ASSERT(endpoint_ == nullptr);
  ticket_ = std::exchange(next_ticket_, std::nullopt);
  decision_ = {};
  if (count_ > 0) {
    set_ = service_.hold();
    if (set_->policy->arm_traffic.get() != arms_) arms_ = nullptr;
  }
  begun_ = now;
  if (set_->ids.empty() && set_->breakers_open) {
    refusal_ = Reason::breaker_open;
    refused_until_ = set_->probes_at;
  }
  const EndpointSet& set = *set_;
  while (!set.ids.empty() && !tried_.full()) {
    if (plan_.trace != nullptr) [[unlikely]] {
      plan_.trace->picks.push_back(service_.explain(set, tried_, plan_.wish, now));
    }
    const std::size_t index = service_.pick(set, tried_, plan_.wish, now);
    if (index == balance::kNobody) break;
    Endpoint& endpoint = *set.eligible[index];
    if (plan_.trace != nullptr) [[unlikely]]
      plan_.trace->picks.back().chosen = endpoint.id;
    tried_.add(endpoint.id);
    const std::uint32_t full = set.policy->per_endpoint;
    if (full != 0 && endpoint.in_flight.load(std::memory_order_relaxed) >= full) [[unlikely]] {
      if (refusal_ == Reason::no_host) refusal_ = Reason::overload;
      continue;
    }
    if (set.policy->breaker) {
      permit_ = endpoint.breaker.try_acquire(now);
      if (!permit_) [[unlikely]] {
        refusal_ = Reason::breaker_open;
        refused_until_ = std::min(refused_until_, endpoint.breaker.snapshot().until);
        continue;
      }
    }
    if (notes_.count < AttemptNotes::kMax) {
      AttemptNote& note = notes_.notes[notes_.count++];
      note.endpoint = endpoint.id;
      note.is_probe = permit_.is_probe();
      if (permit_.is_probe()) note.breaker_before = balance::BreakerState::half_open;
    }
    ++count_;
    endpoint_ = &endpoint;
    endpoint_id_ = endpoint.id;
    endpoint.in_flight.fetch_add(1, std::memory_order_relaxed);
    service_.service().in_flight.fetch_add(1, std::memory_order_relaxed);
    endpoint.traffic.lane(service_.lane()).begin();
    if (arms_ != nullptr) [[unlikely]]
      endpoint.arm_picks[service_.lane()].of[plan_.wish.arm].add();
    return endpoint_;
  }
  return nullptr;
}

void Attempts::answered(unsigned status, base::Time now) {
  ticket_.reset();
  const Cause cause = balance::cause_of_status(static_cast<int>(status < 100 ? 200 : status));
  const balance::CauseSet causes = set_->policy->breaker_causes;
  if (permit_) {
    end(permit_, balance::breaker_verdict(cause, causes, permit_.is_probe()), now);
  }
  if (service_permit_) {
    end(service_permit_, balance::breaker_verdict(cause, causes, service_permit_.is_probe()), now);
  }
}

void Attempts::report(const AttemptOutcome& outcome, base::Time now) {
  WEIR_ASSERT(endpoint_ != nullptr);
  Endpoint& endpoint = *std::exchange(endpoint_, nullptr);
  outcome_ = outcome;
  ticket_.reset();
  endpoint.in_flight.fetch_sub(1, std::memory_order_relaxed);
  service_.service().in_flight.fetch_sub(1, std::memory_order_relaxed);
  endpoint.traffic.lane(service_.lane())
      .finish({.status = outcome.status,
               .reason = outcome.reason,
               .duration = outcome.duration,
               .bytes_in = outcome.bytes_in,
               .bytes_out = outcome.bytes_out});
  const Cause cause = cause_of(outcome);
  const auto verdict =
      balance::breaker_verdict(cause, set_->policy->breaker_causes, permit_.is_probe());
  end(permit_, verdict, now);
  if (count_ <= AttemptNotes::kMax) {
    AttemptNote& note = notes_.notes[count_ - 1];
    note.status = static_cast<std::uint16_t>(outcome.status);
    note.reason = outcome.reason;
    note.took = outcome.duration;
    note.then = decision_.reason;
    note.pause = decision_.after;
    note.breaker_after = note.breaker_before;
    if (verdict == balance::Outcome::failure || note.is_probe) {
      note.breaker_after = endpoint.breaker.snapshot().state;
    }
  }
  if (cause == Cause::client_gone) return;
  if (cause == Cause::connect) endpoint.suspected.store(true, std::memory_order_relaxed);
  const bool failed = verdict == balance::Outcome::failure;
  service_.learn(endpoint.id, failed, outcome.to_head, now);
}

bool Attempts::is_another_left() const noexcept {
  if (tried_.full()) return false;
  return std::ranges::any_of(set_->ids, [&](std::uint32_t id) { return !tried_.has(id); });
}

bool Attempts::again(const FailureFacts& failure, base::Time now) {
  if (plan_.retry == nullptr) return false;
  const config::Retry& settings = *plan_.retry;
  Service& service = service_.service();
  balance::RetryFacts facts;
  facts.cause = failure.cause;
  facts.is_idempotent = plan_.is_idempotent;
  facts.is_unsent = failure.is_unsent;
  facts.is_response_begun = failure.is_response_begun;
  facts.is_body_kept = failure.is_body_kept;
  facts.has_idempotency_key = plan_.has_idempotency_key;
  facts.is_other_endpoint_left = is_another_left();
  facts.attempts = count_;
  facts.deadline_left =
      plan_.total.never() ? base::Duration::max() : base::Duration(plan_.total.at() - now);
  facts.backoff =
      balance::backoff(count_, {settings.backoff_base, settings.backoff_cap}, service_.rng());
  // The first retry of what was provably never sent starts at once (balancing.md, 5).
  const bool at_once = failure.is_unsent && count_ == 1;
  if (at_once) facts.backoff = {};
  facts.service_p50 = std::chrono::microseconds(service.p50_us.load(std::memory_order_relaxed));
  facts.retry_after = failure.retry_after;
  const balance::RetryPolicy policy{.attempts = settings.attempts, .causes = settings.causes};
  decision_ = balance::decide_retry(facts, policy);
  if (!decision_) return false;
  exempt_ = at_once;
  return ask_for_place(now) != Place::refused;
}

Attempts::Place Attempts::ask_for_place(base::Time now) {
  Service& service = service_.service();
  const std::uint32_t under_way = service.in_flight.load(std::memory_order_relaxed);
  auto ticket = service.retry_budget.ask(now, under_way, exempt_);
  switch (ticket.grant()) {
    case balance::RetryGrant::granted:
      next_ticket_ = std::move(ticket);
      service.retries.fetch_add(1, std::memory_order_relaxed);
      return Place::taken;
    case balance::RetryGrant::over_cap:
      if (!plan_.total.expired(now)) return Place::wait;
      decision_.reason = balance::RetryReason::no_time_left;
      return Place::refused;
    case balance::RetryGrant::over_budget:
      break;
  }
  decision_.reason = balance::RetryReason::over_budget;
  return Place::refused;
}

}  // namespace weir::upstream
