#include "gateway/forward.hpp"

#include <fmt/format.h>

#include "http/h1_response.hpp"
#include "http/head_writer.hpp"
#include "http/tunnel.hpp"
#include "http/websocket.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using telemetry::Reason;
using Kind = http::UploadEnd::Kind;

constexpr std::size_t kHoldBytes = 16 * 1024;
constexpr int kInterimMax = 16;

}  // namespace

Forward::Step Forward::fail(Reason reason, unsigned status, std::string detail) {
  reason_ = reason;
  status_ = status;
  detail_ = std::move(detail);
  return Step::failed;
}

// An error of the upstream's side while nothing final was sent to the client.
Forward::Step Forward::fail_upstream(const base::Error& error) {
  switch (error.code()) {
    case base::Errc::cancelled:
      exchange_.abort();
      return fail(Reason::client_gone, 0, "the client is gone");
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
      exchange_.abort();
      return fail(Reason::client_gone, 0, end.why);
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
    co_return fail(Reason::connect_failed, late ? 504 : 502,
                   std::string(connected.error().detail()));
  }
  upstream_ = std::move(*connected);
  co_return Step::go_on;
}

// Head and first piece of the body leave in one system call.
Forward::Step Forward::send_request() {
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
  if (sent == net::Sent::all) [[likely]] return Step::go_on;
  if (sent == net::Sent::broken) {
    return fail_upstream(upstream_->stream->broken("send the request", base::Origin::upstream));
  }
  rest_ = parts;
  return Step::wait;
}

runtime::Task<Forward::Step> Forward::finish_request() {
  net::Stream& stream = *upstream_->stream;
  std::string head(rest_.head);
  std::string tail(rest_.tail);
  auto rest = net::send_rest(stream, std::move(head), rest_.body, std::move(tail), attempt_,
                             base::Origin::upstream);
  const auto result = co_await rest;
  // An upstream that stopped reading may have answered: that answer is wanted.
  if (!result && !stream.readiness().readable) co_return fail_upstream(result.error());
  co_return Step::go_on;
}

// What is left of the request's body. With Expect: 100-continue nothing is sent until the upstream
// says so or the client begins by itself.
runtime::Task<Forward::Step> Forward::upload() {
  if (piece_.consumed > 0) {
    exchange_.consume_body(piece_);
    piece_ = {};
    body_started_ = true;
  }
  runtime::Readiness& answer = upstream_->stream->readiness();
  if (exchange_.expects_continue() && exchange_.input().empty()) {
    const runtime::Wake wake = co_await runtime::EitherReadable(
        answer, exchange_.client().readiness(), attempt_);
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
      co_return Step::go_on;
    default:
      co_return fail_upload(end);
  }
}

bool Forward::may_reconnect() const noexcept {
  return upstream_->reused && !reconnected_ && !any_byte_ && plan_.idempotent && !body_started_ &&
         reason_ == Reason::upstream_closed;
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
  attempt_ = exchange_.lane()
                 .after(plan_.route.settings.timeout.attempt)
                 .shortened(plan_.total);
  for (;;) {
    reason_ = Reason::ok;
    Step step = Step::go_on;
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
      const runtime::Wake wake = co_await answer.wait_readable(attempt_);
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
  co_return upstream::AttemptOutcome{
      .reason = reason_,
      .status = status_,
      .duration = exchange_.lane().precise_now() - exchange_.started(),
      .bytes_in = exchange_.body_bytes(),
      .bytes_out = exchange_.bytes_out()};
}

runtime::Task<Forward::Step> Forward::answer_interim() {
  http::ResponseHead& head = exchange_.context().response;
  if (++interim_ > kInterimMax) {
    co_return fail(Reason::upstream_protocol, 502, "too many interim responses");
  }
  const std::uint32_t bytes = head.bytes;
  if (head.status == 101) {
    if (plan_.websocket_accept.empty() || !http::is_accepted(head, plan_.websocket_accept)) {
      co_return fail(Reason::upstream_protocol, 502, "a 101 that was not asked for");
    }
    auto upgrading = run_upgrade();
    co_return co_await upgrading;
  }
  const bool relay_continue = head.status == 100 && exchange_.expects_continue() &&
                              !continue_relayed_ && !upload_done_ && exchange_.input().empty();
  const bool relay_other = head.status != 100 && exchange_.minor() >= 1;
  if (relay_continue || relay_other) {
    continue_relayed_ = continue_relayed_ || relay_continue;
    http::HeadWriter out(exchange_.context().out());
    write_interim_head(out, head);
    auto sending = exchange_.send({.head = out.text()});
    const auto sent = co_await sending;
    if (!sent) co_return fail(Reason::client_gone, 0, "the client is gone");
  }
  upstream_->input.consume(bytes);
  if (upload_done_ || !upstream_->input.empty()) co_return Step::go_on;
  auto uploading = upload_rest();
  co_return co_await uploading;
}

http::BodyDecoder Forward::answer_body(const http::ResponseHead& head) const {
  switch (head.framing) {
    case http::Framing::length:
      return http::BodyDecoder::length(head.content_length);
    case http::Framing::chunked:
      return http::BodyDecoder::chunked({});
    case http::Framing::until_close:
      return http::BodyDecoder::until_close();
    case http::Framing::none:
      break;
  }
  return http::BodyDecoder::none();
}

// Head and first piece of the body leave in one system call. What came with the head is decoded
// before anything is sent: a bad first chunk is still a 502.
Forward::Step Forward::answer_final() {
  http::ResponseHead& head = exchange_.context().response;
  const ResponseFraming framing =
      frame_response(head, exchange_.minor(), exchange_.is_head_request());
  if (framing.closes || !upload_done_) exchange_.close_after();
  coding_ = framing.coding;
  upstream_->keep_alive = head.keep_alive;
  upstream_->body = answer_body(head);
  http::HeadWriter out(exchange_.context().out());
  write_response_head(out, head, plan_.route, exchange_, framing, plan_.request_id);
  const std::span<char> bytes(const_cast<char*>(upstream_->input.data()) + head.bytes,
                              upstream_->input.size() - head.bytes);
  const http::BodyDecoder::Step first = upstream_->body.decode(bytes);
  if (first.refused) return fail(Reason::upstream_protocol, 502, first.why);
  const bool done = upstream_->body.done();
  const http::FramedPiece framed(coding_, {bytes.data(), first.content}, done,
                                 upstream_->body.trailers());
  out.put(framed.size_line());
  if (!out.fits()) return fail(Reason::upstream_protocol, 502, "the response's head is too large");
  status_ = head.status;
  exchange_.set_responded(head.status);
  net::Gather parts{out.text(), {bytes.data(), first.content}, framed.tail()};
  rest_consumed_ = head.bytes + first.consumed;
  switch (exchange_.send_now(parts)) {
    case net::Sent::broken:
      return fail(Reason::client_gone, status_, "the client is gone");
    case net::Sent::some:
      framed_head_.assign(parts.head);
      framed_tail_.assign(parts.tail);
      rest_ = {framed_head_, parts.body, framed_tail_};
      return Step::wait;
    case net::Sent::all:
      break;
  }
  rest_ = {};
  upstream_->input.consume(rest_consumed_);
  return done ? Step::done : Step::wait;
}

// Bytes behind a whole response stay in the input: release_connection() then drops the connection,
// so that nobody takes them for the next response.
runtime::Task<Forward::Step> Forward::finish_answer() {
  if (rest_.size() > 0) {
    auto rest = net::send_rest(exchange_.client(), std::move(framed_head_), rest_.body,
                               std::move(framed_tail_), exchange_.write_deadline(),
                               base::Origin::downstream);
    const auto result = co_await rest;
    if (!result) {
      exchange_.abort();
      co_return fail(Reason::client_gone, status_, "the client does not read");
    }
    upstream_->input.consume(rest_consumed_);
  }
  auto pumping = http::pump_response_body(*upstream_, exchange_, coding_,
                                          plan_.route.settings.timeout.idle);
  const http::DownloadEnd end = co_await pumping;
  switch (end.kind) {
    case http::DownloadEnd::Kind::complete:
      co_return Step::done;
    case http::DownloadEnd::Kind::client_failed:
      exchange_.abort();
      co_return fail(Reason::client_gone, status_, "the client is gone");
    case http::DownloadEnd::Kind::upstream_failed:
      exchange_.abort();  // a broken body never gets a clean end
      co_return fail(Reason::body_broken, status_, "the upstream broke off the body");
  }
  co_return Step::failed;
}

// go_on: an interim answer is in scratch. wait: more bytes are needed. Otherwise the final answer
// went out, or the exchange failed.
Forward::Step Forward::judge_answer() {
  net::Buffer& input = upstream_->input;
  if (input.empty()) return Step::wait;
  any_byte_ = true;
  http::ResponseHead& head = exchange_.context().response;
  const http::Verdict verdict = http::parse_response(input.view(), {}, plan_.method(), head);
  if (verdict.is_refused()) return fail(Reason::upstream_protocol, 502, verdict.why);
  if (!verdict.is_complete()) return Step::wait;
  if (head.status < 200) return Step::go_on;
  const Step answered = answer_final();
  return answered == Step::wait ? Step::carry : answered;
}

// After a wait for the upstream: reads once.
Forward::Step Forward::take_bytes(runtime::Wake wake) {
  if (wake == runtime::Wake::deadline) {
    return fail_upstream(base::Error(base::Errc::deadline, "the upstream did not answer in time"));
  }
  if (wake == runtime::Wake::cancelled) return fail_upstream(base::Error(base::Errc::cancelled));
  net::Buffer& input = upstream_->input;
  const net::IoCount got = upstream_->stream->fill(input.room());
  if (got.status == net::IoStatus::ok) [[likely]] {
    input.filled(got.bytes);
    return Step::go_on;
  }
  if (input.empty()) input.release();
  if (got.status == net::IoStatus::again) return Step::go_on;
  if (got.status == net::IoStatus::ended) {
    return fail_upstream(base::Error(base::Errc::closed, "the upstream closed the connection"));
  }
  return fail_upstream(upstream_->stream->broken("read the response", base::Origin::upstream));
}

runtime::Task<Forward::Step> Forward::run_upgrade() {
  http::ResponseHead& head = exchange_.context().response;
  http::HeadWriter out(exchange_.context().out());
  write_interim_head(out, head);
  upstream_->input.consume(head.bytes);
  status_ = 101;
  exchange_.set_responded(101);
  auto sending = exchange_.send({.head = out.text()});
  const auto sent = co_await sending;
  if (!sent) co_return fail(Reason::client_gone, 101, "the client is gone");
  const auto& timeout = plan_.route.settings.timeout;
  auto tunnelling = http::run_tunnel(exchange_, *upstream_, timeout.idle, timeout.stream);
  const http::TunnelEnd end = co_await tunnelling;
  exchange_.add_bytes_out(end.to_client);
  upstream_->keep_alive = false;
  co_return Step::done;
}

}  // namespace weir::gateway
