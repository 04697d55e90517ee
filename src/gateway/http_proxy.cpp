#include "gateway/http_proxy.hpp"

#include <fmt/format.h>

#include <cstring>

#include "gateway/story.hpp"
#include "http/head_writer.hpp"
#include "http/websocket.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using telemetry::Reason;

constexpr std::string_view kBodyTooLarge = "the body is too large";
constexpr std::size_t kTargetMax = 256;  // of the client's, kept for `weir explain`
constexpr int kViaMax = 3;               // our own mark so often in Via is a loop

// A fallback stands in for the service, not for the client's own mistakes.
bool is_fallback_due(const http::Exchange& exchange, StandIn stand_in, Reason reason) noexcept {
  return stand_in != StandIn::none && reason != Reason::client_protocol &&
         reason != Reason::client_gone && !exchange.responded() && !exchange.aborted();
}

std::uint64_t smaller_limit(std::uint64_t a, std::uint64_t b) noexcept {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

// The upstream's head must outlive every wait, so it gets a pooled block of its own.
class HttpProxy::HeadBlock {
 public:
  explicit HeadBlock(net::BufferPool& pool) : pool_(pool), block_(pool.take_small()) {}
  HeadBlock(const HeadBlock&) = delete;
  HeadBlock& operator=(const HeadBlock&) = delete;
  ~HeadBlock() {
    if (large_) {
      pool_.give_large(block_);
    } else {
      pool_.give_small(block_);
    }
  }
  /// A copy of `text`, cut to fit, behind the first `used` bytes. Lifetime: this object.
  std::string_view keep(std::size_t used, std::string_view text) noexcept {
    const std::span<char> rest = room().subspan(used);
    text = text.substr(0, std::min(text.size(), rest.size()));
    std::memcpy(rest.data(), text.data(), text.size());
    return {rest.data(), text.size()};
  }
  std::span<char> room() const noexcept {
    return {block_, large_ ? net::BufferPool::kLarge : net::BufferPool::kSmall};
  }
  void grow() {
    pool_.give_small(block_);
    block_ = pool_.take_large();
    large_ = true;
  }

 private:
  net::BufferPool& pool_;
  char* block_;
  bool large_ = false;
};

upstream::ServiceLane& HttpProxy::lane_of(const std::shared_ptr<upstream::Service>& service) {
  const std::uint32_t slot = service->slot;
  if (slot >= services_.size()) services_.resize(slot + 1);
  auto& lane = services_[slot];
  if (lane == nullptr) [[unlikely]] {
    lane = std::make_unique<upstream::ServiceLane>(service, context_.lane.number(), recorder_);
  }
  return *lane;
}

// Services that no route names any more, once nobody works with them.
void HttpProxy::forget_services() {
  const auto table = routes_.hold();
  for (std::size_t slot = 0; slot < services_.size(); ++slot) {
    const auto& lane = services_[slot];
    if (lane == nullptr || lane->is_in_use() || table->names(&lane->service())) continue;
    services_[slot].reset();
    if (slot < sticky_.size()) sticky_[slot] = {};
  }
}

runtime::Task<void> HttpProxy::refuse(http::Exchange& exchange, http::Problem problem,
                                      const Story& story, std::string allow) {
  http::Response response = http::problem_response(problem);
  if (const auto error = telemetry::proxy_error(story.reason); !error.empty()) {
    response.fields.emplace_back("Proxy-Status", fmt::format("weir; error={}", error));
  }
  if (!problem.request_id.empty()) {
    response.fields.emplace_back("X-Request-Id", std::string(problem.request_id));
  }
  if (problem.retry_after != 0) {
    response.fields.emplace_back("Retry-After", std::to_string(problem.retry_after));
  }
  if (!allow.empty()) response.fields.emplace_back("Allow", std::move(allow));
  if (story.asked_to_explain) {
    response.fields.emplace_back("weir-attempts", std::to_string(story.attempts));
  }
  if (problem.status == 426) response.fields.emplace_back("Sec-WebSocket-Version", "13");
  auto responding = exchange.respond(std::move(response));
  [[maybe_unused]] const auto sent = co_await responding;
}

runtime::Task<void> HttpProxy::redirect(http::Exchange& exchange, const Route& route) {
  http::Response response;
  response.status = static_cast<std::uint16_t>(route.settings.redirect->status);
  response.fields.emplace_back("Location", route.settings.redirect->location);
  auto responding = exchange.respond(std::move(response));
  [[maybe_unused]] const auto sent = co_await responding;
}

// The route of this exchange, or null with the problem to answer. Plain code: nothing is awaited
// while the head lies in scratch.
const Route* HttpProxy::decide(http::Exchange& exchange, const RouteTable& table, Story& story,
                               http::Problem& problem, std::string& allow) {
  const http::RequestHead& head = exchange.head();
  const http::Peer& peer = exchange.peer();
  context_.ids.next(context_.date.wall_ms(context_.lane.now()), story.id);
  story.peer_is_trusted = is_trusted(peer.ip, table.trusted());
  story.client = find_client(head.fields, peer, story.peer_is_trusted, table.trusted());
  if (access_log_ != nullptr) {
    story.record = make_record();
    story.record->method.set(head.method);
    story.record->host.set(head.authority);
    story.record->path.set(head.target);
    story.record->user_agent.set(head.fields.find(http::FieldId::user_agent));
    story.record->endpoint.clear();
    story.record->wall_ms = base::wall_ms();
  }
  const RouteMatch match = table.find(peer.listener, head.authority, head.path, head.method);
  if (match.route == nullptr) {
    story.reason = Reason::no_route;
    if (match.method_refused) {
      problem = make_problem(405, "no route takes this method here", {}, Reason::no_route);
      allow = table.allowed_methods(peer.listener, head.authority, head.path);
    } else {
      problem = make_problem(404, "no route matches this host and path",
                             "Add a route to weir.yaml, or check the path.", Reason::no_route);
    }
    return nullptr;
  }
  if (head.via_ours >= kViaMax) {
    story.reason = Reason::no_route;
    problem = make_problem(508, "the request has been through this gateway before",
                           "Look for a service whose endpoint is weir itself.", Reason::no_route);
    return nullptr;
  }
  if (head.has_kept_escape && match.route->settings.escapes != config::Escapes::keep) {
    story.reason = Reason::client_protocol;
    exchange.close_after();
    problem = make_problem(400, "an encoded slash or backslash in the path",
                           "Say `escapes: keep` in the route if its service needs them.",
                           Reason::client_protocol);
    return nullptr;
  }
  return match.route;
}

// Fills the plan and writes the upstream's head. Plain code, as decide().
void HttpProxy::prepare(http::Exchange& exchange, Story& story, HeadBlock& block, ForwardPlan& plan,
                        upstream::AttemptPlan& tries, http::Problem& problem) {
  http::RequestHead& head = exchange.head();
  const Route& route = plan.route;
  story.service = route.service.get();
  plan.set_method(head.method);
  plan.chunked = head.framing == http::Framing::chunked;
  plan.idempotent = balance::is_idempotent(head.method);
  if (route.settings.fallback) [[unlikely]]
    plan_fallback(head, plan);
  plan_tries(head, story, route, tries);
  plan.may_repeat = plan.idempotent || tries.has_idempotency_key;
  if (route.service->is_sticky) [[unlikely]]
    plan_sticky(head, plan, tries);
  begin_decision(head, story, route, tries);
  plan.tells_attempts = story.asked_to_explain;
  plan.failing = route.settings.retry.causes;
  plan.body_max = smaller_limit(route.settings.body_max, exchange.limits().body_max);
  if (route.rate_limit != nullptr || route.service->rate_limit) [[unlikely]] {
    is_too_many(head, story, route, problem);
  }
  plan.total = exchange.lane().after(route.settings.timeout.total);
  tries.total = plan.total;
  if (problem.detail.empty() && plan.body_max != 0 && head.content_length > plan.body_max) {
    problem = make_problem(413, fmt::format("the body is larger than {} bytes", plan.body_max), {},
                           Reason::client_protocol);
  }
  story.websocket = head.wants_websocket && route.settings.websocket;
  if (story.websocket) {
    const http::UpgradeProblem wrong = http::check_upgrade(head);
    if (wrong.status != 0 && problem.detail.empty()) {
      problem = make_problem(wrong.status, wrong.why, {}, Reason::client_protocol);
    }
    plan.websocket_accept =
        http::websocket_accept(head.fields.find(http::FieldId::sec_websocket_key));
  }
  if (route.settings.retry.hedge) [[unlikely]] {
    plan.may_hedge = plan.idempotent && !plan.chunked && head.content_length == 0 &&
                     !story.websocket && !head.expects_continue && tries.preferred == 0;
  }
  const ForwardedBy by{exchange.peer(), story.client, story.peer_is_trusted, plan.request_id,
                       context_.forwarded};
  http::HeadWriter out(block.room());
  write_request_head(out, head, route, by, story.websocket);
  if (!out.fits()) {
    block.grow();
    out = http::HeadWriter(block.room());
    write_request_head(out, head, route, by, story.websocket);
    if (!out.fits() && problem.detail.empty()) {
      problem = make_problem(431, "the head is too large", {}, Reason::client_protocol);
    }
  }
  plan.head = out.text();
  story.target = block.keep(plan.head.size(), head.target.substr(0, kTargetMax));
  if (!problem.detail.empty() && story.reason == Reason::ok) {
    story.reason = Reason::client_protocol;
  }
  exchange.take_head();
}

runtime::Task<void> HttpProxy::serve(http::Exchange& exchange) {
  const auto table = routes_.hold();
  Story story;
  http::Problem problem;
  std::string allow;
  const Route* route = decide(exchange, *table, story, problem, allow);
  if (route == nullptr) {
    problem.request_id = telemetry::view(story.id);
    auto refusing = refuse(exchange, std::move(problem), story, std::move(allow));
    co_await refusing;
  } else if (route->settings.redirect) {
    auto redirecting = redirect(exchange, *route);
    co_await redirecting;
  } else {
    HeadBlock block(context_.buffers);
    ForwardPlan plan{.route = *route, .request_id = telemetry::view(story.id)};
    upstream::AttemptPlan tries;
    prepare(exchange, story, block, plan, tries, problem);
    upstream::ServiceLane& service = lane_of(route->service);
    telemetry::TrafficCounters& counters = service.counters();
    counters.begin();
    upstream::Attempts attempts(service, tries);
    Forward sender(exchange, pools_, plan, attempts, connects_);
    upstream::WaitingLine::Inside inside;
    if (problem.detail.empty() && route->service->gate) {
      inside = service.line().enter(*route->service->gate);
      if (!inside) {
        auto waiting = stand_in_line(exchange, service, sender, plan, story, problem);
        inside = co_await waiting;
      }
    }
    if (problem.detail.empty() && plan.chunked && !exchange.expects_continue()) {
      auto holding = sender.hold_body();
      const auto held = co_await holding;
      if (!held) problem = body_problem(exchange, held.error(), story);
    }
    if (problem.detail.empty()) {
      const runtime::Lane& lane = context_.lane;
      bool go_on = attempts.enter(lane.now());
      while (go_on) {
        upstream::Endpoint* const endpoint = attempts.next(lane.now());
        if (endpoint == nullptr) break;
        auto sending = sender.send(*endpoint);
        const upstream::AttemptOutcome outcome = co_await sending;
        if (story.record != nullptr) story.record->endpoint.set(attempts.endpoint().name);
        attempts.report(outcome, lane.now());
        go_on = sender.should_retry();
        if (go_on) {
          auto pausing = pause(exchange, attempts);
          go_on = co_await pausing;
        }
      }
      attempts.conclude(lane.now());
      settle(exchange, story, attempts, sender, problem);
      if (is_fallback_due(exchange, plan.stand_in, story.reason)) [[unlikely]] {
        auto falling = fall_back(exchange, plan, tries, sender, story, problem);
        co_await falling;
      }
    }
    if (!problem.detail.empty() && !exchange.aborted()) [[unlikely]] {
      problem.request_id = plan.request_id;
      story.detail = problem.detail;
      auto refusing = refuse(exchange, std::move(problem), story, {});
      co_await refusing;
    }
    count(exchange, story, counters);
    if (story.is_worth_keeping(exchange)) keep_decision(exchange, story, plan, attempts);
  }
  if (story.record != nullptr) tell(exchange, story);
}

http::Problem HttpProxy::body_problem(http::Exchange& exchange, const base::Error& error,
                                      Story& story) {
  switch (error.code()) {
    case base::Errc::bad_message:
      story.reason = Reason::client_protocol;
      return make_problem(400, std::string(error.detail()), {}, story.reason);
    case base::Errc::too_large:
      story.reason = Reason::client_protocol;
      return make_problem(exchange.body().done() || error.detail() == kBodyTooLarge ? 413 : 431,
                          std::string(error.detail()), {}, story.reason);
    default:
      exchange.abort();
      story.reason = Reason::client_gone;
      return make_problem(400, "the client is gone", {}, story.reason);
  }
}

void HttpProxy::count(const http::Exchange& exchange, const Story& story,
                      telemetry::TrafficCounters& counters) {
  const bool attempted = story.attempts == 1 && story.reason == Reason::ok && !story.fallback;
  const base::Duration duration =
      attempted ? story.outcome.duration : context_.lane.precise_now() - exchange.started();
  // A fallback is what the client sees; the service failed all the same.
  counters.finish({.status = story.fallback ? story.outcome.status : exchange.status(),
                   .reason = story.reason,
                   .duration = duration,
                   .bytes_in = exchange.body_bytes(),
                   .bytes_out = exchange.bytes_out()});
}

void HttpProxy::tell(const http::Exchange& exchange, const Story& story) {
  telemetry::ExchangeRecord* slot = access_log_->claim();
  if (slot == nullptr) return;  // counted by the ring
  telemetry::ExchangeRecord& record = *story.record;
  record.duration = context_.lane.precise_now() - exchange.started();
  record.upstream = story.outcome.duration;
  record.bytes_in = exchange.body_bytes();
  record.bytes_out = exchange.bytes_out();
  record.service_number = story.service != nullptr ? story.service->number : 0;
  record.endpoint_id = story.endpoint_id;
  record.status = exchange.status();
  record.lane = static_cast<std::uint16_t>(context_.lane.number());
  record.attempts = static_cast<std::uint8_t>(story.attempts);
  record.reason = story.reason;
  record.flags = story.flags;
  record.protocol =
      story.websocket && exchange.status() == 101
          ? telemetry::Protocol::websocket
          : (exchange.minor() == 0 ? telemetry::Protocol::http10 : telemetry::Protocol::http11);
  record.request_id.set(telemetry::view(story.id));
  record.trace_id.clear();
  record.client.set(story.client.view());
  record.service.set(story.service != nullptr ? std::string_view(story.service->name)
                                              : std::string_view());
  *slot = record;
  access_log_->publish();
}

}  // namespace weir::gateway
