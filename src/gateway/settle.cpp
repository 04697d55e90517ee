// HttpProxy, after the last attempt: what the exchange came to, and the problem that is answered
// when nothing could be forwarded.
#include <fmt/format.h>

#include <algorithm>

#include "gateway/story.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using telemetry::Reason;

constexpr std::uint32_t kForcedRetryAfter = 30;  // s; forced open by the operator: no end is known

std::string advice_for(Reason reason, const upstream::Attempts& attempts,
                       const upstream::Service& service) {
  switch (reason) {
    case Reason::breaker_open:
      return fmt::format(
          "Too many requests failed, or an operator opened it: weir breaker {} shows which, and "
          "resets it.",
          service.name);
    case Reason::no_host:
      return "See which endpoints are eligible: weir status, or GET /api/services on the admin "
             "listener.";
    case Reason::connect_failed:
    case Reason::upstream_closed: {
      if (service.is_run_here) {
        return fmt::format("Look at the service's own log: weir logs {}.", service.name);
      }
      const std::string_view address = attempts.endpoint_address();
      const std::string_view shown = address.empty() ? "the endpoint's address" : address;
      if (reason == Reason::connect_failed) {
        return fmt::format("Check that {} listens and can be reached from here.", shown);
      }
      return fmt::format("Look at the log of the server at {}: weir does not run it.", shown);
    }
    case Reason::attempt_timeout:
    case Reason::deadline:
      return "Raise the route's timeout, or find out why the service is slow.";
    case Reason::overload:
      return "Try again after the time in Retry-After.";
    default:
      return {};
  }
}

// An answer was kept from the client because another attempt was to follow; here is why none did.
Reason why_no_retry(http::Exchange& exchange, const upstream::Attempts& attempts) {
  if (exchange.aborted()) {
    return exchange.client().readiness().cancelled() ? Reason::deadline : Reason::client_gone;
  }
  if (attempts.had_nobody()) return attempts.refusal();
  return attempts.why_not() == balance::RetryReason::no_time_left ? Reason::deadline
                                                                  : Reason::overload;
}

std::uint16_t status_for(Reason reason, unsigned answered, bool had_nobody) {
  if (reason == Reason::deadline) return 504;
  return had_nobody ? 503 : static_cast<std::uint16_t>(answered);
}

std::uint32_t whole_seconds(base::Duration left) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(left / std::chrono::seconds(1) + 1, 1, 3600));
}

}  // namespace

http::Problem make_problem(std::uint16_t status, std::string detail, std::string_view action,
                           Reason reason) {
  http::Problem problem;
  problem.status = status;
  problem.detail = std::move(detail);
  problem.action = action;
  problem.reason = telemetry::code(reason);
  return problem;
}

// What the attempts came to; a problem when the client has no answer yet.
void HttpProxy::settle(http::Exchange& exchange, Story& story, const upstream::Attempts& attempts,
                       const Forward& sender, http::Problem& problem) {
  story.attempts = attempts.count();
  story.outcome = attempts.outcome();
  story.endpoint_id = attempts.endpoint_id();
  story.reason = story.attempts == 0 ? attempts.refusal() : story.outcome.reason;
  story.flags = sender.flags();
  if (story.attempts - attempts.hedges() > 1) story.flags.set(telemetry::Flag::retried);
  if (attempts.in_panic()) story.flags.set(telemetry::Flag::panic);
  if (exchange.responded()) return;
  if (story.attempts > 0) {
    problem = failed_problem(exchange, story, attempts, sender);
  } else {
    problem = refused_problem(story);
  }
  story.advice = advice_for(story.reason, attempts, *story.service);
  problem.action = story.advice;
  const base::Time until = attempts.refused_until();
  const bool is_open =
      attempts.had_nobody()
          ? attempts.refusal() == Reason::breaker_open
          : attempts.why_not() == balance::RetryReason::no_other_endpoint && until != base::kNever;
  if (is_open && problem.retry_after == 0) {
    problem.retry_after =
        until == base::kNever ? kForcedRetryAfter : whole_seconds(until - context_.lane.now());
  }
}

http::Problem HttpProxy::failed_problem(http::Exchange& exchange, Story& story,
                                        const upstream::Attempts& attempts, const Forward& sender) {
  const unsigned status = story.outcome.status;
  const bool is_swallowed = story.reason == Reason::ok;
  if (!is_swallowed) {
    return make_problem(static_cast<std::uint16_t>(status), sender.detail(), {}, story.reason);
  }
  std::string detail =
      fmt::format("the last of {} attempts was answered {}", story.attempts, status);
  std::uint16_t answered = static_cast<std::uint16_t>(status);
  if (sender.should_retry()) {
    story.reason = why_no_retry(exchange, attempts);
    const bool had_nobody = attempts.had_nobody();
    answered = status_for(story.reason, status, had_nobody);
    detail += fmt::format(
        ", and another could not be made: {}",
        had_nobody ? telemetry::meaning(story.reason) : balance::name(attempts.why_not()));
  }
  http::Problem problem = make_problem(answered, std::move(detail), {}, story.reason);
  if (answered == status && sender.retry_after() && story.reason != Reason::breaker_open) {
    problem.retry_after =
        static_cast<std::uint32_t>(*sender.retry_after() / std::chrono::seconds(1));
  }
  return problem;
}

http::Problem HttpProxy::refused_problem(const Story& story) {
  const std::string& name = story.service->name;
  if (story.reason == Reason::overload) {
    http::Problem problem = make_problem(
        503, fmt::format("every endpoint of {} is at its limit", name), {}, story.reason);
    problem.retry_after = balance::kQueueRetryAfterSeconds;
    return problem;
  }
  const bool open = story.reason == Reason::breaker_open;
  return make_problem(503,
                      open ? fmt::format("the circuit breakers of {} are open", name)
                           : fmt::format("no endpoint of {} is eligible", name),
                      {}, story.reason);
}

}  // namespace weir::gateway
