// HttpProxy, before the first attempt: rate limits and the service's concurrency limit.
#include <fmt/format.h>

#include "gateway/request_key.hpp"
#include "gateway/story.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {

using telemetry::Reason;

// Charges the request to the route's and the service's limit. Requests without the key share one
// allowance: leaving a header out is no way around the limit.
bool HttpProxy::is_too_many(const http::RequestHead& head, Story& story, const Route& route,
                            http::Problem& problem) {
  const base::Time now = context_.lane.now();
  const auto over = [&](balance::RateLimit& limit, const config::RateLimit& settings) {
    const auto key = request_key(settings.key, head, story.client.view());
    const balance::GcraAnswer answer = limit.check(key.value_or(0) ^ hash_seed_, now);
    if (answer.is_allowed) return false;
    story.reason = Reason::rate_limit;
    problem.status = 429;
    problem.detail = fmt::format("more than {} requests/s from one client", settings.rate);
    problem.action = "Slow down, and try again after the time in Retry-After.";
    problem.reason = telemetry::code(Reason::rate_limit);
    problem.retry_after =
        static_cast<std::uint32_t>(balance::retry_after_seconds(answer.retry_after));
    return true;
  };
  if (route.rate_limit != nullptr && over(*route.rate_limit, *route.settings.rate_limit)) {
    return true;
  }
  upstream::Service& service = *route.service;
  if (!service.rate_limit) return false;
  upstream::ServiceLane& lane = lane_of(route.service);
  const auto set = lane.hold();
  return set->policy->rate_limit && over(*service.rate_limit, *set->policy->rate_limit);
}

// In line for a place; an empty one is answered 503.
runtime::Task<upstream::WaitingLine::Inside> HttpProxy::stand_in_line(
    http::Exchange& exchange, upstream::ServiceLane& service, Forward& sender, ForwardPlan& plan,
    Story& story, http::Problem& problem) {
  sender.has_waited();
  upstream::ConcurrencyGate& gate = *service.service().gate;
  const runtime::Readiness& client = exchange.client().readiness();
  const bool was_half_closed = client.hangup;
  plan.may_hedge = false;  // whoever has to wait knows that there is no room for a second request
  auto waiting =
      service.line().wait(context_.lane, gate, exchange.client().readiness(), plan.total);
  upstream::WaitingLine::Inside inside = co_await waiting;
  if (!inside) {
    story.reason = Reason::overload;
    problem.status = 503;
    problem.detail = fmt::format("{} is at its limit of {} requests at once",
                                 service.service().name, gate.limit());
    problem.action = "Try again after the time in Retry-After, or give the service more endpoints.";
    problem.reason = telemetry::code(Reason::overload);
    problem.retry_after = balance::kQueueRetryAfterSeconds;
    if ((client.hangup && !was_half_closed) || client.cancelled()) exchange.abort();
  }
  co_return inside;
}

}  // namespace weir::gateway
