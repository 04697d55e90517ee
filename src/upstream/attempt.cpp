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

// How soon a retry that found too many others on the wire asks again: they end when their answers
// come, so the longest wait is that of a slow answer, not of a spinning loop.
constexpr balance::BackoffConfig kPlaceWait{.base = std::chrono::milliseconds(5),
                                            .cap = std::chrono::milliseconds(160)};

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
  had_nobody_ = true;
  return false;
}

void Attempts::conclude(base::Time now) {
  try_.ticket.reset();
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
    row.latency.record(try_.begun - entered_ + outcome_.to_head);
  }
}

Endpoint* Attempts::next(base::Time now) {
  WEIR_ASSERT(try_.endpoint == nullptr && hedge_.endpoint == nullptr);
  try_.ticket = std::exchange(next_ticket_, std::nullopt);
  decision_ = {};
  waits_ = 0;
  if (count_ > 0) {
    set_ = service_.hold();
    leave_arms_of_others();
  }
  if (admit(try_, now)) [[likely]]
    return try_.endpoint;
  had_nobody_ = true;
  if (set_->breakers_open && refusal_ == Reason::no_host) refusal_ = Reason::breaker_open;
  return nullptr;
}

// A set of another policy has other arms, or none.
void Attempts::leave_arms_of_others() noexcept {
  if (set_->policy->arm_traffic.get() != arms_) arms_ = nullptr;
}

bool Attempts::admit(Try& into, base::Time now) {
  into.begun = now;
  const EndpointSet& set = *set_;
  while (!set.ids.empty() && !tried_.full()) {
    if (plan_.trace != nullptr) [[unlikely]] {
      plan_.trace->picks.push_back(service_.explain(set, tried_, plan_.wish, now));
    }
    std::size_t index = balance::kNobody;
    if (plan_.preferred != 0) [[unlikely]]
      index = preferred_index();
    if (plan_.trace != nullptr && index != balance::kNobody) [[unlikely]]
      plan_.trace->picks.back().sticky = true;
    if (index == balance::kNobody) [[likely]]
      index = service_.pick(set, tried_, plan_.wish, now);
    if (index == balance::kNobody) break;
    Endpoint& endpoint = *set.eligible[index];
    if (plan_.trace != nullptr) [[unlikely]]
      plan_.trace->picks.back().chosen = endpoint.id;
    tried_.add(endpoint.id);
    // Counted first and taken back: lanes that meet at the limit never exceed it together.
    const std::uint32_t before = endpoint.in_flight.fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t full = set.policy->per_endpoint;
    if (full != 0 && before >= full) [[unlikely]] {
      endpoint.in_flight.fetch_sub(1, std::memory_order_relaxed);
      if (refusal_ == Reason::no_host) refusal_ = Reason::overload;
      continue;
    }
    if (set.policy->breaker) {
      into.permit = endpoint.breaker.try_acquire(now);
      if (!into.permit) [[unlikely]] {
        endpoint.in_flight.fetch_sub(1, std::memory_order_relaxed);
        refusal_ = Reason::breaker_open;
        refused_until_ = std::min(refused_until_, endpoint.breaker.snapshot().until);
        continue;
      }
    }
    if (notes_.count < AttemptNotes::kMax) {
      AttemptNote& note = notes_.notes[notes_.count++];
      note.endpoint = endpoint.id;
      note.is_probe = into.permit.is_probe();
      if (into.permit.is_probe()) note.breaker_before = balance::BreakerState::half_open;
    }
    ++count_;
    into.endpoint = &endpoint;
    into.number = count_;
    endpoint_id_ = endpoint.id;
    service_.service().in_flight.fetch_add(1, std::memory_order_relaxed);
    endpoint.traffic.lane(service_.lane()).begin();
    if (arms_ != nullptr) [[unlikely]]
      endpoint.arm_picks[service_.lane()].of[plan_.wish.arm].add();
    return true;
  }
  return false;
}

void Attempts::answered(unsigned status, base::Time now) {
  try_.ticket.reset();
  const Cause cause = balance::cause_of_status(static_cast<int>(status < 100 ? 200 : status));
  const balance::CauseSet causes = set_->policy->breaker_causes;
  if (try_.permit) {
    end(try_.permit, balance::breaker_verdict(cause, causes, try_.permit.is_probe()), now);
  }
  if (service_permit_) {
    end(service_permit_, balance::breaker_verdict(cause, causes, service_permit_.is_probe()), now);
  }
}

void Attempts::report(const AttemptOutcome& outcome, base::Time now) {
  outcome_ = outcome;
  finish(try_, outcome, now);
}

void Attempts::finish(Try& ended, const AttemptOutcome& outcome, base::Time now) {
  WEIR_ASSERT(ended.endpoint != nullptr);
  Endpoint& endpoint = *std::exchange(ended.endpoint, nullptr);
  ended.ticket.reset();
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
      balance::breaker_verdict(cause, set_->policy->breaker_causes, ended.permit.is_probe());
  end(ended.permit, verdict, now);
  if (ended.number <= AttemptNotes::kMax) {
    AttemptNote& note = notes_.notes[ended.number - 1];
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

std::size_t Attempts::preferred_index() const noexcept {
  if (tried_.has(plan_.preferred)) return balance::kNobody;
  const auto found = std::ranges::lower_bound(set_->ids, plan_.preferred);
  if (found == set_->ids.end() || *found != plan_.preferred) return balance::kNobody;
  return static_cast<std::size_t>(found - set_->ids.begin());
}

bool Attempts::is_another_left() const noexcept {
  if (tried_.full()) return false;
  return std::ranges::any_of(set_->ids, [&](std::uint32_t id) { return !tried_.has(id); });
}

bool Attempts::again(const FailureFacts& failure, base::Time now) {
  if (plan_.retry == nullptr) return false;
  const config::Retry& settings = *plan_.retry;
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
  exempt_ = failure.is_unsent && count_ == 1;
  if (exempt_) facts.backoff = {};
  facts.service_p50 = typical_time();
  facts.retry_after = failure.retry_after;
  const balance::RetryPolicy policy{.attempts = settings.attempts, .causes = settings.causes};
  decision_ = balance::decide_retry(facts, policy);
  if (!decision_) return false;
  // Only a look: whoever would be refused now need not wait for it.
  const balance::RetryBudget::View budget = service_.service().retry_budget.view(now);
  if (budget.retries < budget.allowed) return true;
  decision_ = {.reason = balance::RetryReason::over_budget};
  return false;
}

Attempts::Place Attempts::place(base::Time now) {
  if (next_ticket_) return Place::taken;
  if (!plan_.total.never() && plan_.total.at() - now <= typical_time()) {
    return refuse(balance::RetryReason::no_time_left);
  }
  Service& service = service_.service();
  auto ticket = service.retry_budget.ask(now, under_way(), exempt_);
  switch (ticket.grant()) {
    case balance::RetryGrant::granted:
      next_ticket_ = std::move(ticket);
      service.retries.fetch_add(1, std::memory_order_relaxed);
      return Place::taken;
    case balance::RetryGrant::over_cap:
      return Place::wait;
    case balance::RetryGrant::over_budget:
      break;
  }
  return refuse(balance::RetryReason::over_budget);
}

base::Duration Attempts::wait_for_place(base::Time now) noexcept {
  const base::Duration bound = balance::backoff_bound(++waits_, kPlaceWait);
  // Half of it by chance: those that wait do not all come back at once.
  const auto part = 0.5 + 0.5 * service_.rng().unit();
  const auto wait =
      base::Duration(static_cast<std::int64_t>(static_cast<double>(bound.count()) * part));
  return plan_.total.never() ? wait : std::min<base::Duration>(wait, plan_.total.at() - now);
}

Attempts::Place Attempts::refuse(balance::RetryReason reason) noexcept {
  decision_.reason = reason;
  if (try_.number >= 1 && try_.number <= AttemptNotes::kMax) {
    notes_.notes[try_.number - 1].then = reason;
  }
  return Place::refused;
}

// Exchanges of the service: at an endpoint, in line at the gate, or between two attempts. Whoever
// begins one counts it in the service's traffic first.
std::uint32_t Attempts::under_way() const noexcept {
  telemetry::Traffic& traffic = service_.service().traffic;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < traffic.lanes(); ++i) sum += traffic.lane(i).in_flight.value();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(sum, 0));
}

base::Duration Attempts::typical_time() const noexcept {
  return std::chrono::microseconds(service_.service().p50_us.load(std::memory_order_relaxed));
}

std::string_view Attempts::endpoint_address() const noexcept {
  if (!set_) return {};
  for (const EndpointRef& each : set_->eligible) {
    if (each->id == endpoint_id_) return each->address;
  }
  return {};
}

base::Time Attempts::refused_until() const noexcept {
  const bool known = set_ && set_->breakers_open;
  return known ? std::min(refused_until_, set_->probes_at) : refused_until_;
}

}  // namespace weir::upstream
