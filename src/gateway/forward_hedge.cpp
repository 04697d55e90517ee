// Forward, hedging: a second request beside one that is slower than most. The first final head
// wins; the loser's connection is closed, and its attempt counts as neither success nor failure.
//
// 1. One frame drives both: it waits for either connection. Only connecting runs beside it, in the
//    proxy's gate, since nobody can end a connect: what it made for an exchange that is over goes
//    to the pool, unused.
// 2. A side that fails by itself is reported as such, and the other goes on alone; so does one
// whose
//    answer would be repeated. A pooled connection that turns out to be closed is no failure.
// 3. A race happens once an attempt, before any byte of an answer, and shares the attempt's
// deadline.
#include "gateway/forward.hpp"
#include "http/h1_response.hpp"
#include "runtime/lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::gateway {
namespace {

using telemetry::Reason;

}  // namespace

// What nobody needs any more is still a good connection for the next exchange.
Forward::Hedge::~Hedge() {
  if (connecting == nullptr) return;
  connecting->is_abandoned = true;
  if (connecting->made != nullptr) connecting->pool->give(std::move(connecting->made));
}

runtime::Task<void> Forward::make_connection(std::shared_ptr<Connecting> state,
                                             base::Deadline deadline) {
  auto connecting = state->pool->connect(deadline);
  auto made = co_await connecting;
  if (made && state->is_abandoned) {
    state->pool->give(std::move(*made));
  } else if (made) {
    state->made = std::move(*made);
  }
  state->ready.signal_readable();
}

// A second endpoint, and a connection to it: at once, or on its way.
bool Forward::begin_hedge() {
  runtime::Lane& lane = exchange_.lane();
  upstream::Endpoint* const endpoint = attempts_->hedge(lane.now());
  if (endpoint == nullptr) return false;
  flags_.set(telemetry::Flag::hedged);
  hedge_ = std::make_unique<Hedge>();
  hedge_->started = lane.now();
  hedge_->pool = pools_.of(*endpoint);
  if (hedge_->pool) hedge_->upstream = hedge_->pool->take();
  if (hedge_->upstream) return send_hedge();
  hedge_->connecting = std::make_shared<Connecting>(lane);
  hedge_->connecting->pool = pools_.of(*endpoint);
  if (!hedge_->connecting->pool) {
    hedge_->connecting->ready.signal_readable();
    return true;
  }
  endpoint->traffic.lane(lane.number()).connects.add();
  const base::Deadline deadline =
      lane.after(plan_.route.settings.timeout.connect).shortened(attempt_);
  return runtime::spawn(connects_, "hedge", make_connection(hedge_->connecting, deadline)) ||
         (drop_hedge(), false);
}

// A head without a body is a few hundred bytes: a connection that does not take it is of no use.
bool Forward::send_hedge() {
  net::Gather parts{.head = plan_.head};
  if (net::send_now(*hedge_->upstream->stream, parts) == net::Sent::all) return true;
  drop_hedge();
  return false;
}

void Forward::drop_hedge() {
  attempts_->hedge_lost();
  hedge_.reset();
}

// The hedge's connection is the exchange's from now on.
Forward::Step Forward::take_hedge() {
  exchange_.client().readiness().watch_hangup(&hedge_->upstream->stream->readiness());
  upstream_ = std::move(hedge_->upstream);
  pool_ = std::move(hedge_->pool);
  started_ = hedge_->started;
  hedge_.reset();
  hedged_ = true;
  return Step::go_on;
}

// Reads once. `failed`: outcome says how; its reason is client_gone where nothing was learned.
Forward::Seen Forward::look_at(http::ClientConnection& connection,
                               upstream::AttemptOutcome& outcome) {
  const auto failed = [&](Reason reason, unsigned status) {
    outcome.reason = reason;
    outcome.status = status;
    return Seen::failed;
  };
  net::Buffer& input = connection.input;
  const net::IoCount got = connection.stream->fill(input.room());
  if (got.status == net::IoStatus::again) return Seen::nothing;
  if (got.status != net::IoStatus::ok) {
    const bool is_stale = connection.reused && input.empty();
    return failed(is_stale ? Reason::client_gone : Reason::upstream_closed, 502);
  }
  input.filled(got.bytes);
  http::ResponseHead& head = exchange_.context().response;
  const http::Verdict verdict = http::parse_response(input.view(), {}, plan_.method(), head);
  if (verdict.is_refused()) return failed(Reason::upstream_protocol, 502);
  if (!verdict.is_complete()) return Seen::nothing;
  const bool is_failure = plan_.failing.has(balance::cause_of_status(head.status));
  return is_failure ? failed(Reason::ok, head.status) : Seen::head;
}

Forward::Step Forward::after_hedge_event() {
  upstream::AttemptOutcome outcome;
  const base::Time now = exchange_.lane().precise_now();
  outcome.duration = outcome.to_head = now - hedge_->started;
  if (hedge_->connecting != nullptr) {
    const std::shared_ptr<Connecting> connecting = std::move(hedge_->connecting);
    hedge_->upstream = std::move(connecting->made);
    if (hedge_->upstream != nullptr) {
      [[maybe_unused]] const bool sent = send_hedge();
      return Step::wait;
    }
    outcome.reason = Reason::connect_failed;
    outcome.status = 502;
  } else {
    const Seen seen = look_at(*hedge_->upstream, outcome);
    if (seen == Seen::nothing) return Step::wait;
    if (seen == Seen::head) {
      attempts_->hedge_won();
      return take_hedge();
    }
  }
  if (outcome.reason == Reason::client_gone) {
    attempts_->hedge_lost();
  } else {
    attempts_->hedge_failed(outcome, now);
  }
  hedge_.reset();
  return Step::wait;
}

// The second goes on alone, when it is connected.
runtime::Task<Forward::Step> Forward::after_first_failed(upstream::AttemptOutcome outcome) {
  runtime::Readiness& client = exchange_.client().readiness();
  const base::Time now = exchange_.lane().precise_now();
  client.watch_hangup(&hedge_->readiness());
  upstream_.reset();
  outcome.duration = outcome.to_head = now - started_;
  if (outcome.reason == Reason::client_gone) {
    attempts_->hedge_won();
  } else {
    attempts_->hedge_is_left(outcome, now);
  }
  started_ = hedge_->started;
  hedged_ = true;
  while (hedge_->connecting != nullptr) {
    const std::shared_ptr<Connecting> connecting = hedge_->connecting;
    const runtime::Wake wake = co_await connecting->ready.wait_readable(attempt_);
    client.watch_hangup(nullptr);
    hedge_->connecting.reset();
    if (wake == runtime::Wake::ready && connecting->made != nullptr) {
      hedge_->upstream = std::move(connecting->made);
      net::Gather parts{.head = plan_.head};
      if (net::send_now(*hedge_->upstream->stream, parts) == net::Sent::all) break;
    }
    connecting->is_abandoned = true;
    hedge_.reset();
    if (wake == runtime::Wake::cancelled) co_return fail_client(0, "the client is gone");
    co_return fail(Reason::connect_failed, wake == runtime::Wake::deadline ? 504 : 502,
                   "the second endpoint could not be asked");
  }
  co_return take_hedge();
}

runtime::Task<Forward::Step> Forward::race() {
  raced_ = true;
  const base::Time at = attempts_->hedge_at(started_);
  if (at == base::kNever) co_return Step::go_on;
  const base::Deadline until = base::Deadline(at).shortened(attempt_);
  runtime::Readiness& first = upstream_->stream->readiness();
  runtime::Wake wake = co_await first.wait_readable(until);
  const bool is_slow = wake == runtime::Wake::deadline && !attempt_.expired(exchange_.lane().now());
  if (!is_slow) co_return take_bytes(wake);
  if (!begin_hedge()) co_return Step::go_on;
  Step step = Step::wait;
  while (hedge_ != nullptr && step == Step::wait) {
    wake = co_await runtime::EitherReadable(first, hedge_->readiness(), attempt_);
    if (wake != runtime::Wake::ready) {
      drop_hedge();
      co_return take_bytes(wake);
    }
    if (!first.readable) {
      step = after_hedge_event();
      continue;
    }
    upstream::AttemptOutcome outcome;
    const Seen seen = look_at(*upstream_, outcome);
    if (seen == Seen::nothing) continue;
    if (seen == Seen::head) {
      drop_hedge();
      co_return Step::go_on;
    }
    auto going_over = after_first_failed(outcome);
    co_return co_await going_over;
  }
  co_return step == Step::wait ? Step::go_on : step;
}

}  // namespace weir::gateway
