// Forward, the way back: reading the upstream's answer and carrying it to the client.
#include "gateway/forward.hpp"
#include "http/field_lines.hpp"
#include "http/h1_response.hpp"
#include "http/head_writer.hpp"
#include "http/tunnel.hpp"
#include "http/websocket.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using telemetry::Reason;

constexpr int kInterimMax = 16;

}  // namespace

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
    told_interim_ = told_interim_ || relay_other;
    http::HeadWriter out(exchange_.context().out());
    write_interim_head(out, head);
    auto sending = exchange_.send({.head = out.text()});
    const auto sent = co_await sending;
    if (!sent) co_return fail_client(0, "the client is gone");
    if (relay_continue) exchange_.restart_body_clock();
  }
  upstream_->input.consume(bytes);
  if (upload_done_ || upload_cut_ || !upstream_->input.empty()) co_return Step::go_on;
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

// An answer that says the endpoint failed is not passed on when another attempt or a fallback
// follows. True: it was swallowed, and status_ says what it was.
bool Forward::swallow_answer() {
  http::ResponseHead& head = exchange_.context().response;
  const balance::Cause cause = balance::cause_of_status(head.status);
  if (!plan_.failing.has(cause) || exchange_.responded()) return false;
  const std::string_view wish = head.fields.find(http::FieldId::retry_after);
  std::uint64_t seconds = 0;
  std::string_view digits;
  if (!wish.empty() && http::parse_content_length(wish, seconds, digits)) {
    retry_after_ = std::chrono::seconds(std::min<std::uint64_t>(seconds, 86'400));
  }
  if (!ask_again(cause) && !has_stand_in()) return false;
  status_ = head.status;
  upstream_->body = answer_body(head);
  upstream_->keep_alive = head.keep_alive;
  const std::span<char> bytes(const_cast<char*>(upstream_->input.data()) + head.bytes,
                              upstream_->input.size() - head.bytes);
  const http::BodyDecoder::Step rest = upstream_->body.decode(bytes);
  upstream_->keep_alive = upstream_->keep_alive && !rest.refused;
  upstream_->input.consume(head.bytes + rest.consumed);
  return true;
}

// Head and first piece of the body leave in one system call. What came with the head is decoded
// before anything is sent: a bad first chunk is still a 502.
Forward::Step Forward::answer_final() {
  http::ResponseHead& head = exchange_.context().response;
  head_at_ = exchange_.lane().now();
  if (head.status >= 429 && swallow_answer()) [[unlikely]]
    return Step::done;
  const ResponseFraming framing =
      frame_response(head, exchange_.minor(), exchange_.is_head_request());
  if (framing.closes || !upload_done_) exchange_.close_after();
  coding_ = framing.coding;
  // 204 has no body; one that announces a length may send it all the same.
  const bool suspicious = head.status == 204 && head.content_length > 0;
  upstream_->keep_alive = head.keep_alive && !suspicious;
  upstream_->body = answer_body(head);
  http::HeadWriter out(exchange_.context().out());
  write_response_head(out, head, plan_.route, exchange_, framing, plan_.request_id,
                      plan_.tells_attempts ? attempts_->count() : 0, own_lines());
  const std::span<char> bytes(const_cast<char*>(upstream_->input.data()) + head.bytes,
                              upstream_->input.size() - head.bytes);
  const http::BodyDecoder::Step first = upstream_->body.decode(bytes);
  if (first.refused) return fail(Reason::upstream_protocol, 502, first.why);
  const bool done = upstream_->body.done();
  const http::FramedPiece framed(coding_, {bytes.data(), first.content}, done,
                                 upstream_->body.trailers());
  out.put(framed.size_line());
  if (!out.fits()) return fail(Reason::upstream_protocol, 502, "the response's head is too large");
  if (!plan_.good_key.empty() && may_be_kept(head)) [[unlikely]]
    begin_keeping(head, {bytes.data(), first.content});
  status_ = head.status;
  exchange_.set_responded(head.status);
  attempts_->answered(head.status, exchange_.lane().now());
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

// A cookie that names this endpoint already needs no other.
std::string_view Forward::own_lines() {
  if (plan_.sticky == nullptr) [[likely]]
    return plan_.own_lines;
  const upstream::Endpoint& endpoint = attempts_->endpoint();
  if (endpoint.id == plan_.sticky->wanted) return {};
  cookie_line_ = set_cookie_line(*plan_.sticky, endpoint);
  return cookie_line_;
}

void Forward::begin_keeping(const http::ResponseHead& head, std::string_view content) {
  auto answer = copy_fields(head);
  if (answer == nullptr) return;
  keeping_ = std::make_unique<Keeping>();
  keeping_->answer = std::move(answer);
  keeping_->body.max = LastGood::kBodyMax;
  keeping_->body.text.reserve(head.content_length);
  keeping_->body.add(content);
}

void Forward::keep_answer() {
  const std::unique_ptr<Keeping> keeping = std::move(keeping_);
  if (keeping->body.is_over) return;
  keeping->answer->body = std::move(keeping->body.text);
  keeping->answer->at = exchange_.lane().now();
  plan_.route.last_good->keep(plan_.good_key, std::move(keeping->answer));
}

// Bytes behind a whole response stay in the input: release_connection() then drops the connection,
// so that nobody takes them for the next response.
runtime::Task<Forward::Step> Forward::finish_answer() {
  if (rest_.size() > 0) {
    auto rest = net::send_rest(exchange_.client(), std::move(framed_head_), rest_.body,
                               std::move(framed_tail_), {}, base::Origin::downstream,
                               exchange_.limits().write_idle);
    const auto result = co_await rest;
    if (!result) {
      co_return fail_client(status_, "the client does not read");
    }
    upstream_->input.consume(rest_consumed_);
  }
  auto pumping =
      http::pump_response_body(*upstream_, exchange_, coding_, plan_.route.settings.timeout.idle,
                               keeping_ != nullptr ? &keeping_->body : nullptr);
  const http::DownloadEnd end = co_await pumping;
  switch (end.kind) {
    case http::DownloadEnd::Kind::complete:
      co_return Step::done;
    case http::DownloadEnd::Kind::client_failed:
      co_return fail_client(status_, "the client is gone");
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
  write_interim_head(out, head, own_lines());
  upstream_->input.consume(head.bytes);
  status_ = 101;
  exchange_.set_responded(101);
  attempts_->answered(101, exchange_.lane().now());
  auto sending = exchange_.send({.head = out.text()});
  const auto sent = co_await sending;
  if (!sent) co_return fail_client(101, "the client is gone");
  const auto& timeout = plan_.route.settings.timeout;
  auto tunnelling = http::run_tunnel(exchange_, *upstream_, timeout.idle, timeout.stream);
  const http::TunnelEnd end = co_await tunnelling;
  exchange_.add_bytes_out(end.to_client);
  upstream_->keep_alive = false;
  co_return Step::done;
}

}  // namespace weir::gateway
