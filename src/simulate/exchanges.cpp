#include "simulate/exchanges.hpp"

#include <algorithm>
#include <utility>

#include "balance/backoff.hpp"
#include "balance/retry_rule.hpp"
#include "base/hash.hpp"

namespace weir::simulate {
namespace {

using balance::Cause;

// Always the shortest pause of upstream/attempt, which waits longer from try to try.
constexpr base::Duration kPlacePause = std::chrono::milliseconds(5);

void end_permit(balance::Breaker::Permit& permit, balance::Outcome verdict, base::Time now) {
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

Ending ending_of(Cause cause) noexcept {
  if (cause == Cause::none) return Ending::answered;
  return cause == Cause::status_503 ? Ending::error : Ending::broken;
}

}  // namespace

Exchanges::Exchanges(const World& world, std::size_t lanes, std::uint64_t seed, EventQueue& events,
                     Fleet& fleet, Hosts& hosts, Arms& arms)
    : world_(world), events_(events), fleet_(fleet), hosts_(hosts), arms_(arms) {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    Lane& made = lanes_.emplace_back(
        Lane{.policies = {}, .facts = {}, .rng = base::Rng(base::mix64(seed + 100 + lane))});
    for (const balance::Algorithm each : arms.algorithms()) {
      made.policies.emplace_back(each, balance::PolicyOptions{.lane = lane});
    }
  }
  outcome_.picks.assign(world.endpoints.size(), 0);
}

Exchanges::Lane& Exchanges::lane_of(const Exchange& exchange) noexcept {
  return lanes_[(exchange.request.hash >> 20) % lanes_.size()];
}

std::uint32_t Exchanges::take_slot() {
  if (free_.empty()) {
    exchanges_.emplace_back();
    return static_cast<std::uint32_t>(exchanges_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

std::uint64_t Exchanges::key_of(const Exchange& exchange) const noexcept {
  const bool by_client = arms_.algorithms()[exchange.arm] == balance::Algorithm::ip_hash;
  const std::uint64_t number = by_client ? exchange.request.client : exchange.request.key;
  return base::mix64(number + (by_client ? 0xc11e47ull << 32 : 0x4e9ull << 32));
}

void Exchanges::begin(const Request& request, base::Time now) {
  const std::uint32_t slot = take_slot();
  Exchange& exchange = exchanges_[slot];
  exchange.request = request;
  exchange.arm = arms_.arm_of(request.hash);
  ++outcome_.sent;
  budget_.add_first_attempt(now);
  if (world_.resilience.breaker) {
    exchange.service_permit = service_breaker_.try_acquire(now);
    if (!exchange.service_permit) return end(slot, false, now);
  }
  attempt(slot, now);
}

void Exchanges::attempt(std::uint32_t slot, base::Time now) {
  Exchange& exchange = exchanges_[slot];
  exchange.ticket = std::exchange(exchange.next_ticket, std::nullopt);
  Lane& lane = lane_of(exchange);
  while (!exchange.tried.full() && hosts_.candidates().size() > 0) {
    const std::size_t picked = lane.policies[exchange.arm].pick({.candidates = hosts_.candidates(),
                                                                 .tried = exchange.tried,
                                                                 .facts = lane.facts,
                                                                 .now = now,
                                                                 .rng = lane.rng,
                                                                 .key = key_of(exchange),
                                                                 .tables = hosts_.tables()});
    if (picked == balance::kNobody) break;
    const std::size_t index = hosts_.index_of(picked);
    exchange.tried.add(hosts_.candidates().ids[picked]);
    if (world_.resilience.breaker) {
      exchange.permit = hosts_.breaker(index).try_acquire(now);
      if (!exchange.permit) continue;
    }
    exchange.endpoint = static_cast<std::uint32_t>(index);
    return send(slot, now);
  }
  end(slot, false, now);
}

void Exchanges::send(std::uint32_t slot, base::Time now) {
  Exchange& exchange = exchanges_[slot];
  ++exchange.attempts;
  ++outcome_.attempts;
  ++outcome_.picks[exchange.endpoint];
  arms_.picked(exchange.arm, exchange.endpoint);
  hosts_.begin_attempt(exchange.endpoint);
  exchange.serial = ++last_serial_;
  exchange.is_sent = true;
  exchange.attempt_began = now;
  timeouts_.push_back({now + world_.attempt_timeout, slot, exchange.serial});
  fleet_.send(exchange.endpoint,
              {.slot = slot,
               .serial = exchange.serial,
               .luck = base::mix64(exchange.request.hash + exchange.attempts),
               .work = exchange.request.work,
               .key = exchange.request.key},
              now);
}

void Exchanges::on(const Event& event, base::Time now) {
  const bool wanted = is_wanted(event.slot, event.serial);
  Exchange& exchange = exchanges_[event.slot];
  switch (event.kind) {
    case EventKind::served: {
      const bool is_stream_head = wanted && exchange.request.hold > base::Duration{};
      if (!fleet_.finish(event, is_stream_head, now) || !wanted) return;
      exchange.took = now - exchange.request.at;
      if (!is_stream_head) return report(event.slot, Cause::none, now);
      exchange.is_answered = true;
      Event over = event;
      over.kind = EventKind::stream_over;
      events_.add(now + exchange.request.hold, over);
      learn(exchange, false, now);
      return;
    }
    case EventKind::stream_over: {
      const bool is_whole = fleet_.finish(event, false, now);
      if (wanted) report(event.slot, is_whole ? Cause::none : Cause::reset, now);
      return;
    }
    case EventKind::refused:
      if (wanted) report(event.slot, Cause::connect, now);
      return;
    case EventKind::failed_fast:
      if (wanted) report(event.slot, Cause::status_503, now);
      return;
    case EventKind::retry:
      if (!wanted) return;
      if (exchange.next_ticket) return attempt(event.slot, now);
      return ask_for_place(event.slot, {}, now);
    default:
      return;
  }
}

base::Time Exchanges::next_timeout() {
  while (!timeouts_.empty()) {
    const Timeout& first = timeouts_.front();
    const Exchange& exchange = exchanges_[first.slot];
    if (exchange.serial == first.serial && !exchange.is_answered) return first.at;
    timeouts_.pop_front();
  }
  return base::kNever;
}

void Exchanges::end_timed_out(base::Time now) {
  while (next_timeout() <= now) report(timeouts_.front().slot, Cause::timeout, now);
}

void Exchanges::reset_all(std::size_t endpoint, base::Time now) {
  std::vector<std::uint32_t> there;
  for (std::uint32_t slot = 0; slot < exchanges_.size(); ++slot) {
    const Exchange& exchange = exchanges_[slot];
    if (exchange.is_sent && exchange.endpoint == endpoint) there.push_back(slot);
  }
  for (const std::uint32_t slot : there) report(slot, Cause::reset, now);
}

void Exchanges::learn(Exchange& exchange, bool failed, base::Time now) {
  Lane& lane = lane_of(exchange);
  const std::uint32_t id = exchange.endpoint + 1;
  const std::size_t index = lane.facts.index_of(id);
  if (index == balance::kNobody) return;
  const base::Duration took = now - exchange.attempt_began;
  if (!failed) {
    lane.facts.sample(index, took, now);
    return;
  }
  lane.facts.sample_failure(index, took, hosts_.p95(), now);
  lane.policies[exchange.arm].failed(id);
}

void Exchanges::report(std::uint32_t slot, Cause cause, base::Time now) {
  Exchange& exchange = exchanges_[slot];
  exchange.serial = 0;
  exchange.is_sent = false;
  exchange.ticket.reset();
  const bool is_stream_end = exchange.is_answered;
  const auto verdict =
      balance::breaker_verdict(cause, balance::kBreakerCauses, exchange.permit.is_probe());
  end_permit(exchange.permit, verdict, now);
  hosts_.end_attempt(exchange.endpoint,
                     is_stream_end ? exchange.took : now - exchange.attempt_began, ending_of(cause),
                     cause == Cause::connect, now);
  const bool failed = verdict == balance::Outcome::failure;
  if (failed || !is_stream_end) learn(exchange, failed, now);
  exchange.cause = cause;
  if (cause == Cause::none) return end(slot, true, now);
  if (!retries(slot, now)) end(slot, false, now);
}

/// Whether it is to be made again; then the pause has begun.
bool Exchanges::retries(std::uint32_t slot, base::Time now) {
  if (!world_.resilience.retries) return false;
  Exchange& exchange = exchanges_[slot];
  const balance::Candidates& set = hosts_.candidates();
  balance::RetryFacts facts;
  facts.cause = exchange.cause;
  facts.is_idempotent = true;
  facts.is_unsent = exchange.cause == Cause::connect;
  facts.is_response_begun = exchange.is_answered;
  facts.is_other_endpoint_left =
      !exchange.tried.full() &&
      std::ranges::any_of(set.ids, [&](std::uint32_t id) { return !exchange.tried.has(id); });
  facts.attempts = exchange.attempts;
  facts.deadline_left = exchange.request.at + world_.total_timeout - now;
  facts.backoff = balance::backoff(exchange.attempts, {}, lane_of(exchange).rng);
  const bool at_once = facts.is_unsent && exchange.attempts == 1;
  if (at_once) facts.backoff = {};
  facts.service_p50 = hosts_.p50();
  const balance::RetryDecision decision = balance::decide_retry(facts, {});
  if (!decision) return false;
  exchange.is_exempt = at_once;
  ask_for_place(slot, decision.after, now);
  return true;
}

void Exchanges::ask_for_place(std::uint32_t slot, base::Duration after, base::Time now) {
  Exchange& exchange = exchanges_[slot];
  auto ticket = budget_.ask(now, hosts_.in_flight(), exchange.is_exempt);
  switch (ticket.grant()) {
    case balance::RetryGrant::granted:
      exchange.next_ticket = std::move(ticket);
      ++outcome_.retries;
      if (after <= base::Duration{}) return attempt(slot, now);
      return pause(slot, after, now);
    case balance::RetryGrant::over_cap:
      if (now >= exchange.request.at + world_.total_timeout) break;
      return pause(slot, std::max(after, kPlacePause), now);
    case balance::RetryGrant::over_budget:
      break;
  }
  end(slot, false, now);
}

void Exchanges::pause(std::uint32_t slot, base::Duration duration, base::Time now) {
  Exchange& exchange = exchanges_[slot];
  exchange.serial = ++last_serial_;
  events_.add(now + duration, {.kind = EventKind::retry, .slot = slot, .serial = exchange.serial});
}

void Exchanges::end(std::uint32_t slot, bool is_done, base::Time now) {
  Exchange& exchange = exchanges_[slot];
  const bool is_probe = exchange.service_permit.is_probe();
  end_permit(exchange.service_permit,
             balance::breaker_verdict(exchange.cause, balance::kBreakerCauses, is_probe), now);
  if (is_done) {
    ++outcome_.done;
    arms_.done(exchange.arm, exchange.took);
  } else {
    ++outcome_.failed;
    exchange.took = std::max(now - exchange.request.at, world_.attempt_timeout);
    arms_.failed(exchange.arm);
  }
  latency_.add_at(telemetry::ReportHistogram::Layout::index(exchange.took), 1);
  exchanges_[slot] = Exchange();
  free_.push_back(slot);
}

Outcome Exchanges::outcome() const {
  Outcome out = outcome_;
  out.p50 = latency_.percentile(0.50);
  out.p95 = latency_.percentile(0.95);
  out.p99 = latency_.percentile(0.99);
  return out;
}

}  // namespace weir::simulate
