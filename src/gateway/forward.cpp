#include "gateway/forward.hpp"

#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using telemetry::Reason;
using Kind = http::UploadEnd::Kind;

constexpr std::size_t kHoldBytes = 16 * 1024;

}  // namespace

Forward::Step Forward::fail(Reason reason, unsigned status, std::string detail) {
  reason_ = reason;
  status_ = status;
  detail_ = std::move(detail);
  return Step::failed;
}

// The client cannot be served on: it left, or weir ends the connection at the end of its drain.
Forward::Step Forward::fail_client(unsigned status, std::string detail) {
  exchange_.abort();
  if (exchange_.client().readiness().cancelled()) {
    return fail(Reason::deadline, status, "cut at the end of the drain");
  }
  return fail(Reason::client_gone, status, std::move(detail));
}

// An error of the upstream's side while nothing final was sent to the client.
Forward::Step Forward::fail_upstream(const base::Error& error) {
  switch (error.code()) {
    case base::Errc::cancelled:
      return fail_client(0, "the client is gone");
    case base::Errc::deadline:
      if (plan_.total.expired(exchange_.lane().now())) {
        return fail(Reason::deadline, 504, "the exchange's total time is over");
      }
      return fail(Reason::attempt_timeout, 504, std::string(error.detail()));
    case base::Errc::bad_message:
    case base::Errc::too_large:
      return fail(Reason::upstream_protocol, 502, std::string(error.detail()));
    default:
      return fail(Reason::upstream_closed, 502, std::string(error.detail()));
  }
}

Forward::Step Forward::fail_upload(const http::UploadEnd& end) {
  exchange_.close_after();
  if (end.kind == Kind::upstream_failed) {
    const bool slow = end.code == base::Errc::deadline;
    return fail(slow ? Reason::attempt_timeout : Reason::upstream_closed, slow ? 504 : 502,
                end.why);
  }
  // The origin must see an unfinished request, never a complete one.
  upstream_->stream->set_reset_on_close();
  switch (end.code) {
    case base::Errc::bad_message:
      return fail(Reason::client_protocol, 400, end.why);
    case base::Errc::too_large:
      return fail(Reason::client_protocol, 413, end.why);
    case base::Errc::deadline:
      return fail(Reason::client_protocol, 408, end.why);
    default:
      return fail_client(0, end.why);
  }
}

runtime::Task<base::Result<void>> Forward::hold_body() {
  const base::Deadline until = exchange_.lane().after(exchange_.limits().hold_time);
  for (;;) {
    WEIR_CO_TRY(const auto piece, exchange_.decode_body());
    if (plan_.body_max != 0 && exchange_.body_bytes() > plan_.body_max) {
      exchange_.close_after();
      co_return base::fail(base::Errc::too_large, "the body is too large",
                           base::Origin::downstream);
    }
    held_.append(exchange_.input().data(), piece.content);
    exchange_.consume_body(piece);
    if (piece.last || held_.size() >= kHoldBytes) co_return base::Result<void>();
    if (until.expired(exchange_.lane().now())) co_return base::Result<void>();
    auto reading = exchange_.read_more(until);
    const auto read = co_await reading;
    if (!read && read.error().code() == base::Errc::deadline) co_return base::Result<void>();
    if (!read) co_return base::Fail(read.error());
  }
}

Forward::~Forward() {
  WEIR_ASSERT(hedge_ == nullptr);
  // What stayed in the input would be read as the next request.
  if (piece_.consumed > 0) exchange_.consume_body(piece_);
}

void Forward::begin_attempt() {
  const runtime::Lane& lane = exchange_.lane();
  started_ = first_ && !waited_ ? exchange_.started() : lane.now();
  attempt_ = lane.after(plan_.route.settings.timeout.attempt).shortened(plan_.total);
  if (!first_) {
    upstream_.reset();
    detail_.clear();
    head_at_ = {};
    retry_after_.reset();
    rest_ = {};
    interim_ = 0;
    any_byte_ = reconnected_ = unsent_ = retry_ = raced_ = hedged_ = false;
  }
  first_ = false;
}

bool Forward::fits_buffer() const noexcept {
  return std::max(piece_.content, held_.size()) <= plan_.route.settings.retry.buffer;
}

// An answer that failed is swallowed only for something better.
bool Forward::has_stand_in() const {
  switch (plan_.stand_in) {
    case StandIn::none:
      return false;
    case StandIn::answer:
      return true;
    case StandIn::last_good:
      return plan_.route.last_good->find(plan_.good_key, exchange_.lane().now(),
                                         plan_.route.settings.fallback->last_good->max_age) !=
             nullptr;
    case StandIn::service:
      return may_go_over();
  }
  return false;
}

bool Forward::ask_again(balance::Cause cause) {
  retry_ = attempts_->again({.cause = cause,
                             .is_unsent = unsent_,
                             .is_response_begun = exchange_.responded() || told_interim_,
                             .is_body_kept = is_whole(),
                             .retry_after = retry_after_},
                            exchange_.lane().now());
  return retry_;
}

bool Forward::take_pooled(upstream::Endpoint& endpoint) {
  pool_ = pools_.of(endpoint);
  if (!pool_ || reconnected_) return false;
  upstream_ = pool_->take();
  // A request that must not be sent twice pays for a look at the pooled connection first.
  while (upstream_ && !plan_.idempotent && !upstream_->stream->is_quiet()) {
    upstream_ = pool_->take();
  }
  return upstream_ != nullptr;
}

runtime::Task<Forward::Step> Forward::connect(upstream::Endpoint& endpoint) {
  if (!pool_) co_return fail(Reason::connect_failed, 502, "the address cannot be read");
  auto& counters = endpoint.traffic.lane(exchange_.lane().number());
  counters.connects.add();
  if (reconnected_) counters.reconnects.add();
  const base::Deadline deadline =
      exchange_.lane().after(plan_.route.settings.timeout.connect).shortened(attempt_);
  auto connecting = pool_->connect(deadline);
  auto connected = co_await connecting;
  if (!connected) {
    const bool late = connected.error().code() == base::Errc::deadline;
    unsent_ = true;
    co_return fail(Reason::connect_failed, late ? 504 : 502,
                   std::string(connected.error().detail()));
  }
  upstream_ = std::move(*connected);
  co_return Step::go_on;
}

// Head and first piece of the body leave in one system call.
Forward::Step Forward::send_request() {
  const runtime::Readiness& answer = upstream_->stream->readiness();
  if (answer.readable && !answer.hangup) [[unlikely]] {
    return fail(Reason::upstream_protocol, 502, "the upstream spoke before it was asked");
  }
  http::BodyDecoder& body = exchange_.body();
  net::Gather parts{.head = plan_.head};
  upload_done_ = body.done();
  if (plan_.chunked) {
    if (!held_.empty() || (upload_done_ && !exchange_.expects_continue())) {
      const http::FramedPiece framed(http::Coding::chunked, held_, upload_done_, body.trailers());
      framed_head_.assign(plan_.head);
      framed_head_ += framed.size_line();
      framed_tail_.assign(framed.tail());
      parts = {framed_head_, held_, framed_tail_};
    }
  } else if (body.framing() == http::Framing::length && !exchange_.expects_continue()) {
    if (!piece_taken_) {
      const auto piece = exchange_.decode_body();
      WEIR_ASSERT(piece.has_value());  // length framing has no syntax
      piece_ = *piece;
      piece_taken_ = true;
    }
    parts.body = {exchange_.input().data(), piece_.content};
    upload_done_ = piece_.last;
  }
  const net::Sent sent = net::send_now(*upstream_->stream, parts);
  if (sent == net::Sent::all) [[likely]]
    return Step::go_on;
  if (sent == net::Sent::broken) {
    unsent_ = true;  // the kernel took none of it
    return fail_upstream(upstream_->stream->broken("send the request", base::Origin::upstream));
  }
  rest_ = parts;
  return Step::wait;
}

runtime::Task<Forward::Step> Forward::finish_request() {
  net::Stream& stream = *upstream_->stream;
  auto rest = net::send_upstream(stream, rest_, attempt_);
  const auto result = co_await rest;
  if (!result) {
    upload_done_ = false;  // the connection is never used again, nor the request sent again
    body_started_ = upload_cut_ = true;
    exchange_.close_after();
    // An upstream that stopped reading may have answered: that answer is wanted.
    const bool gone = result.error().code() == base::Errc::cancelled;
    if (gone || !stream.readiness().readable) co_return fail_upstream(result.error());
  }
  co_return Step::go_on;
}

// What is left of the request's body. With Expect: 100-continue nothing is sent until the upstream
// says so or the client begins by itself.
runtime::Task<Forward::Step> Forward::upload() {
  if (upload_cut_) co_return Step::go_on;
  if (piece_.consumed > 0) {
    exchange_.consume_body(piece_);
    piece_ = {};
    body_started_ = true;
  }
  runtime::Readiness& answer = upstream_->stream->readiness();
  if (exchange_.expects_continue() && exchange_.input().empty()) {
    const runtime::Wake wake =
        co_await runtime::EitherReadable(answer, exchange_.client().readiness(), attempt_);
    if (wake == runtime::Wake::deadline) {
      co_return fail_upstream(base::Error(base::Errc::deadline, "the upstream did not answer"));
    }
    if (wake == runtime::Wake::cancelled) {
      co_return fail_upstream(base::Error(base::Errc::cancelled));
    }
  }
  if (answer.readable) co_return Step::go_on;
  auto uploading = upload_rest();
  co_return co_await uploading;
}

runtime::Task<Forward::Step> Forward::upload_rest() {
  body_started_ = true;
  auto pumping = http::pump_request_body(exchange_, *upstream_, request_coding(),
                                         plan_.route.settings.timeout.idle, plan_.body_max);
  const http::UploadEnd end = co_await pumping;
  switch (end.kind) {
    case Kind::complete:
      upload_done_ = true;
      // A long upload must not eat the upstream's time to answer; from here on nothing is retried,
      // so the total no longer counts either.
      attempt_ = exchange_.lane().after(plan_.route.settings.timeout.attempt);
      co_return Step::go_on;
    case Kind::early_response:
      if (end.is_cut) {
        upload_cut_ = true;
        exchange_.close_after();
      }
      attempt_ = exchange_.lane().after(plan_.route.settings.timeout.attempt);
      co_return Step::go_on;
    default:
      co_return fail_upload(end);
  }
}

bool Forward::may_reconnect() const noexcept {
  return upstream_ && upstream_->reused && !reconnected_ && !hedged_ && !any_byte_ &&
         plan_.idempotent && !body_started_ && reason_ == Reason::upstream_closed;
}

void Forward::release_connection() {
  if (!upstream_) return;
  const bool whole = reason_ == Reason::ok && upload_done_ && upstream_->body.done() &&
                     upstream_->body.framing() != http::Framing::until_close;
  if (whole && upstream_->keep_alive && upstream_->input.empty()) {
    pool_->give(std::move(upstream_));
  }
  upstream_.reset();
}

runtime::Task<upstream::AttemptOutcome> Forward::send(upstream::Endpoint& endpoint) {
  runtime::Readiness& client = exchange_.client().readiness();
  begin_attempt();
  Step step = Step::go_on;
  for (;;) {
    reason_ = Reason::ok;
    unsent_ = false;
    step = Step::go_on;
    if (!take_pooled(endpoint)) {
      auto connecting = connect(endpoint);
      step = co_await connecting;
      if (step == Step::failed) break;
    }
    runtime::Readiness& answer = upstream_->stream->readiness();
    client.watch_hangup(&answer);  // the client's abort ends the wait for the upstream
    step = send_request();
    if (step == Step::wait) {
      auto finishing = finish_request();
      step = co_await finishing;
    }
    if (step == Step::go_on && !upload_done_) {
      auto uploading = upload();
      step = co_await uploading;
    }
    while (step == Step::go_on) {
      step = judge_answer();
      if (step != Step::wait) {
        if (step == Step::go_on) {
          auto answering = answer_interim();
          step = co_await answering;
        }
        continue;
      }
      if (plan_.may_hedge && !raced_ && !any_byte_) [[unlikely]] {
        auto racing = race();
        step = co_await racing;
        continue;
      }
      const runtime::Wake wake = co_await upstream_->stream->readiness().wait_readable(attempt_);
      step = take_bytes(wake);
    }
    if (step == Step::carry) {
      auto finishing = finish_answer();
      step = co_await finishing;
    }
    client.watch_hangup(nullptr);
    if (step != Step::failed || !may_reconnect()) break;
    reconnected_ = true;
    flags_.set(telemetry::Flag::reconnect);
    upstream_.reset();
  }
  release_connection();
  if (keeping_ != nullptr && step == Step::done) [[unlikely]]
    keep_answer();
  const base::Time now = exchange_.lane().precise_now();
  const upstream::AttemptOutcome outcome{
      .reason = reason_,
      .status = status_,
      .duration = now - started_,
      .to_head = std::max<base::Duration>((head_at_ == base::Time{} ? now : head_at_) - started_,
                                          std::chrono::microseconds(1)),
      .bytes_in = exchange_.body_bytes(),
      .bytes_out = exchange_.bytes_out()};
  if (step == Step::failed && !exchange_.responded() && !exchange_.aborted()) {
    ask_again(upstream::cause_of(outcome));
  }
  co_return outcome;
}

}  // namespace weir::gateway
