// HttpProxy, when every attempt has failed: what the route answers in place of the failure. The
// exchange counts as failed all the same.
#include "gateway/request_key.hpp"
#include "gateway/story.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

std::string_view name_of(StandIn kind) noexcept {
  switch (kind) {
    case StandIn::answer:
      return "static";
    case StandIn::last_good:
      return "last_good";
    case StandIn::service:
      return "service";
    case StandIn::none:
      break;
  }
  return {};
}

std::string proxy_status(telemetry::Reason reason) {
  std::string status = "weir; details=\"fallback\"";
  if (const auto error = telemetry::proxy_error(reason); !error.empty()) {
    status += "; error=";
    status += error;
  }
  return status;
}

http::Response fixed_answer(const config::StaticAnswer& answer, std::uint32_t retry_after) {
  http::Response response;
  response.status = static_cast<std::uint16_t>(answer.status);
  response.body = answer.body;
  for (const config::Header& header : answer.headers) {
    response.fields.emplace_back(header.name, header.value);
  }
  if (answer.retry_after_auto && retry_after != 0) {
    response.fields.emplace_back("Retry-After", std::to_string(retry_after));
  }
  return response;
}

// Date is that of this answer, so Age tells how old it is. (RFC 9111, 5.1)
http::Response old_answer(const GoodAnswer& answer, const config::HeaderEdits& edits,
                          base::Time now) {
  http::Response response;
  response.body = answer.body;
  response.fields = answer.fields;
  for (const auto& header : edits.set) response.fields.emplace_back(header.name, header.value);
  for (const auto& header : edits.add) response.fields.emplace_back(header.name, header.value);
  const auto kept = std::chrono::duration_cast<std::chrono::seconds>(now - answer.at);
  response.fields.emplace_back("Age", std::to_string((answer.age_then + kept).count()));
  return response;
}

}  // namespace

namespace {

// The fields by which the configuration tells clients apart make an answer theirs.
bool names_field(const http::RequestHead& head, const config::Route& route,
                 const config::HashKey& hash_key) {
  const auto is_there = [&head](const config::HashKey& key) {
    return key.source == config::HashKey::Source::header && request_key(key, head, {}).has_value();
  };
  return is_there(hash_key) || (route.rate_limit && is_there(route.rate_limit->key));
}

}  // namespace

void HttpProxy::plan_fallback(const http::RequestHead& head, ForwardPlan& plan) {
  const config::Fallback& settings = *plan.route.settings.fallback;
  if (settings.answer) {
    plan.stand_in = StandIn::answer;
  } else if (settings.last_good) {
    const auto set = lane_of(plan.route.service).hold();
    const auto& sticky = set->policy->balance.sticky;
    const bool is_keyed = names_field(head, plan.route.settings, set->policy->balance.hash_key);
    if (!is_keyed)
      plan.good_key = last_good_key(head, sticky ? std::string_view(sticky->cookie) : "");
    if (!plan.good_key.empty()) plan.stand_in = StandIn::last_good;
  } else if (plan.route.fallback_service != nullptr) {
    plan.stand_in = StandIn::service;
  }
}

void HttpProxy::note_fallback(const Route& route, Story& story, http::Problem& problem) {
  story.flags.set(telemetry::Flag::fallback);
  story.fallback = true;
  route.service->fallbacks.fetch_add(1, std::memory_order_relaxed);
  problem.detail.clear();
}

runtime::Task<void> HttpProxy::fall_back(http::Exchange& exchange, ForwardPlan& plan,
                                         const upstream::AttemptPlan& tries, Forward& sender,
                                         Story& story, http::Problem& problem) {
  if (plan.stand_in == StandIn::service) {
    return ask_other_service(exchange, plan, tries, sender, story, problem);
  }
  return answer_instead(exchange, plan, story, problem);
}

runtime::Task<void> HttpProxy::answer_instead(http::Exchange& exchange, const ForwardPlan& plan,
                                              Story& story, http::Problem& problem) {
  const Route& route = plan.route;
  const config::Fallback& settings = *route.settings.fallback;
  http::Response response;
  if (plan.stand_in == StandIn::answer) {
    response = fixed_answer(*settings.answer, problem.retry_after);
  } else {
    const base::Time now = context_.lane.now();
    const auto kept = route.last_good->find(plan.good_key, now, settings.last_good->max_age);
    if (kept == nullptr) co_return;
    response = old_answer(*kept, route.settings.response_headers, now);
  }
  response.fields.emplace_back("weir-fallback", name_of(plan.stand_in));
  response.fields.emplace_back("Proxy-Status", proxy_status(story.reason));
  response.fields.emplace_back("X-Request-Id", std::string(telemetry::view(story.id)));
  if (story.asked_to_explain) {
    response.fields.emplace_back("weir-attempts", std::to_string(story.attempts));
  }
  note_fallback(route, story, problem);
  auto responding = exchange.respond(std::move(response));
  [[maybe_unused]] const auto sent = co_await responding;
}

// One hop: the other service's own fallbacks are nobody's business here. Its breaker, its picks,
// its limit and its retry budget hold as for any exchange of its own, and it counts it as one;
// whoever finds its gate full does not wait in a second line.
runtime::Task<void> HttpProxy::ask_other_service(http::Exchange& exchange, ForwardPlan& plan,
                                                 const upstream::AttemptPlan& tries,
                                                 Forward& sender, Story& story,
                                                 http::Problem& problem) {
  const Route& route = plan.route;
  const runtime::Lane& lane = context_.lane;
  if (!sender.may_go_over() || plan.total.expired(lane.now())) co_return;
  upstream::ServiceLane& service = lane_of(route.fallback_service);
  upstream::WaitingLine::Inside inside;
  if (service.service().gate) {
    inside = service.line().enter(*service.service().gate);
    if (!inside) co_return;
  }
  upstream::AttemptPlan own = tries;
  own.trace = nullptr;  // it tells of the picks of the route's own service
  if (own.wish.key == 0) own.wish.key = service.rng().next();
  own.wish.arm = upstream::ServiceLane::arm_of(*service.hold(), plan.request_id);
  own.preferred = 0;
  plan.stand_in = StandIn::none;
  plan.sticky.reset();
  plan.own_lines = "weir-fallback: service\r\nProxy-Status: " + proxy_status(story.reason) + "\r\n";
  const base::Time began = lane.now();
  service.counters().begin();
  upstream::Attempts attempts(service, own);
  sender.go_over_to(attempts);
  bool go_on = attempts.enter(lane.now());
  while (go_on) {
    upstream::Endpoint* const endpoint = attempts.next(lane.now());
    if (endpoint == nullptr) break;
    auto sending = sender.send(*endpoint);
    attempts.report(co_await sending, lane.now());
    go_on = sender.should_retry();
    if (go_on) {
      auto pausing = pause(exchange, attempts);
      go_on = co_await pausing;
    }
  }
  attempts.conclude(lane.now());
  const bool asked = attempts.count() > 0;
  const telemetry::Reason reason = asked ? attempts.outcome().reason : attempts.refusal();
  service.counters().finish({.status = attempts.outcome().status,
                             .reason = reason,
                             .duration = lane.precise_now() - began,
                             .bytes_in = exchange.body_bytes(),
                             .bytes_out = exchange.bytes_out()});
  if (exchange.responded()) {
    note_fallback(route, story, problem);
  } else if (story.reason == telemetry::Reason::ok) {
    // The answer that this one was to replace is gone.
    story.reason = reason == telemetry::Reason::ok ? telemetry::Reason::overload : reason;
    problem.reason = telemetry::code(story.reason);
  }
}

}  // namespace weir::gateway
