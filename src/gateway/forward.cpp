#include "gateway/forward.hpp"

#include <fmt/format.h>

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

runtime::Task<Forward::Step> Forward::connect(upstream::Endpoint& endpoint) {
  pool_ = pools_.of(endpoint);
  if (pool_ == nullptr) co_return fail(Reason::connect_failed, 502, "the address cannot be read");
  if (!reconnected_) upstream_ = pool_->take();
  // A request that must not be sent twice pays for a look at the pooled connection first.
  while (upstream_ && !plan_.idempotent && !upstream_->stream->is_quiet()) {
    upstream_ = pool_->take();
  }
  if (upstream_) co_return Step::go_on;
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
runtime::Task<Forward::Step> Forward::send_request() {
  net::Stream& stream = *upstream_->stream;
  http::BodyDecoder& body = exchange_.body();
  std::string_view content;
  bool last = false;
  if (plan_.chunked) {
    content = held_;
    last = body.done();
  } else if (body.framing() == http::Framing::length && !exchange_.expects_continue()) {
    if (!reconnected_) {
      const auto piece = exchange_.decode_body();
      WEIR_ASSERT(piece.has_value());  // length framing has no syntax
      piece_ = *piece;
    }
    content = {exchange_.input().data(), piece_.content};
    last = piece_.last;
  } else {
    last = body.done();
  }
  const bool send_framing = plan_.chunked && !(exchange_.expects_continue() && held_.empty());
  const http::FramedPiece framed(send_framing ? http::Coding::chunked : http::Coding::plain, content,
                                 last && send_framing, body.trailers());
  net::Gather parts = framed.gather(plan_.head);
  const net::Sent sent = net::send_now(stream, parts);
  if (sent == net::Sent::broken) {
    co_return fail_upstream(stream.broken("send the request", base::Origin::upstream));
  }
  if (sent == net::Sent::some) {
    std::string head(parts.head);
    std::string tail(parts.tail);
    auto rest = net::send_rest(stream, std::move(head), parts.body, std::move(tail), attempt_,
                               base::Origin::upstream);
    const auto result = co_await rest;
    // An upstream that stopped reading may have answered: that answer is wanted.
    if (!result && !stream.readiness().readable) co_return fail_upstream(result.error());
  }
  upload_done_ = last;
  if (!last && !plan_.chunked && piece_.consumed > 0) {
    exchange_.consume_body(piece_);
    body_started_ = true;
  }
  co_return Step::go_on;
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

// Expect: 100-continue. Until the upstream speaks, the client may also begin by itself.
runtime::Task<Forward::Step> Forward::await_continue() {
  if (!exchange_.input().empty()) co_return Step::go_on;
  const runtime::Wake wake = co_await runtime::EitherReadable(
      upstream_->stream->readiness(), exchange_.client().readiness(), attempt_);
  if (wake == runtime::Wake::deadline) {
    co_return fail_upstream(base::Error(base::Errc::deadline, "the upstream did not answer"));
  }
  if (wake == runtime::Wake::cancelled) {
    co_return fail_upstream(base::Error(base::Errc::cancelled));
  }
  co_return Step::go_on;
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

runtime::Task<upstream::AttemptOutcome> Forward::run(upstream::Endpoint& endpoint) {
  const auto timeout = plan_.route.settings.timeout.attempt;
  attempt_ = exchange_.lane().after(timeout).shortened(plan_.total);
  Step step = Step::go_on;
  for (;;) {
    reason_ = Reason::ok;
    auto connecting = connect(endpoint);
    step = co_await connecting;
    if (step == Step::go_on) {
      // The client's abort ends the wait for the upstream.
      exchange_.client().readiness().watch_hangup(&upstream_->stream->readiness());
      auto requesting = send_request();
      step = co_await requesting;
      if (step == Step::go_on && exchange_.expects_continue() && !upload_done_) {
        auto waiting = await_continue();
        step = co_await waiting;
      }
      if (step == Step::go_on && !upload_done_ && !upstream_->stream->readiness().readable) {
        auto uploading = upload_rest();
        step = co_await uploading;
      }
      if (step == Step::go_on) {
        auto reading = read_answer();
        step = co_await reading;
      }
      exchange_.client().readiness().watch_hangup(nullptr);
    }
    if (step != Step::failed || !upstream_ || !may_reconnect()) break;
    reconnected_ = true;
    flags_.set(telemetry::Flag::reconnect);
    upstream_.reset();
  }
  release_connection();
  co_return upstream::AttemptOutcome{.reason = reason_, .status = status_};
}

runtime::Task<upstream::AttemptOutcome> Forward::send(upstream::Endpoint& endpoint) {
  const base::Time start = exchange_.lane().precise_now();
  auto running = run(endpoint);
  upstream::AttemptOutcome outcome = co_await running;
  outcome.duration = exchange_.lane().precise_now() - start;
  outcome.bytes_in = exchange_.body_bytes();
  outcome.bytes_out = exchange_.bytes_out();
  co_return outcome;
}

runtime::Task<Forward::Step> Forward::read_answer() {
  for (;;) {
    auto reading = upstream_->read_head(exchange_.context(), plan_.method, attempt_, any_byte_);
    const auto read = co_await reading;
    if (!read) co_return fail_upstream(read.error());
    if (exchange_.context().response.status >= 200) break;
    auto answering = answer_interim();
    const Step step = co_await answering;
    if (step != Step::go_on) co_return step;
  }
  auto answering = answer_final();
  co_return co_await answering;
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

runtime::Task<Forward::Step> Forward::answer_final() {
  http::ResponseHead& head = exchange_.context().response;
  const bool head_request = exchange_.is_head_request();
  const ResponseFraming framing = frame_response(head, exchange_.minor(), head_request);
  if (framing.closes || !upload_done_) exchange_.close_after();
  upstream_->keep_alive = head.keep_alive;
  switch (head.framing) {
    case http::Framing::length:
      upstream_->body = http::BodyDecoder::length(head.content_length);
      break;
    case http::Framing::chunked:
      upstream_->body = http::BodyDecoder::chunked({});
      break;
    case http::Framing::until_close:
      upstream_->body = http::BodyDecoder::until_close();
      break;
    case http::Framing::none:
      upstream_->body = http::BodyDecoder::none();
      break;
  }
  http::HeadWriter out(exchange_.context().out());
  write_response_head(out, head, plan_.route, exchange_, framing, plan_.request_id);
  if (!out.fits()) co_return fail(Reason::upstream_protocol, 502, "the response's head is too large");
  const std::uint32_t head_bytes = head.bytes;
  const std::uint16_t status = head.status;
  // Decode what came with the head before anything is sent: a bad first chunk is still a 502.
  const std::span<char> bytes(const_cast<char*>(upstream_->input.data()) + head_bytes,
                              upstream_->input.size() - head_bytes);
  const http::BodyDecoder::Step first = upstream_->body.decode(bytes);
  if (first.refused) co_return fail(Reason::upstream_protocol, 502, first.why);
  status_ = status;
  exchange_.set_responded(status);
  const bool done = upstream_->body.done();
  const http::FramedPiece framed(framing.coding, {bytes.data(), first.content}, done,
                                 upstream_->body.trailers());
  net::Gather parts = framed.gather(out.text());
  const net::Sent sent = exchange_.send_now(parts);
  if (sent != net::Sent::all) {
    if (sent == net::Sent::broken) co_return fail(Reason::client_gone, status, "the client is gone");
    std::string rest_head(parts.head);
    std::string rest_tail(parts.tail);
    auto rest = net::send_rest(exchange_.client(), std::move(rest_head), parts.body,
                               std::move(rest_tail), exchange_.write_deadline(),
                               base::Origin::downstream);
    const auto result = co_await rest;
    if (!result) {
      exchange_.abort();
      co_return fail(Reason::client_gone, status, "the client does not read");
    }
  }
  upstream_->input.consume(head_bytes + first.consumed);
  if (done) {
    // Bytes behind the body would be taken for the next response: drop the connection.
    if (upload_done_ && !upstream_->input.empty()) upstream_->keep_alive = false;
    co_return Step::done;
  }
  auto carrying = carry_rest(framing.coding);
  co_return co_await carrying;
}

runtime::Task<Forward::Step> Forward::carry_rest(http::Coding coding) {
  auto pumping = http::pump_response_body(*upstream_, exchange_, coding,
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
