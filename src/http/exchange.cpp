#include "http/exchange.hpp"

#include "http/head_writer.hpp"
#include "runtime/lane.hpp"

namespace weir::http {

Exchange::Exchange(LaneContext& context, net::Stream& client, net::Buffer& input, const Peer& peer,
                   const ServerLimits& limits, telemetry::ListenerCounters& counters)
    : context_(context),
      client_(client),
      input_(input),
      peer_(peer),
      limits_(limits),
      counters_(counters),
      started_(context.lane.precise_now()),
      body_since_(started_),
      head_bytes_(context.request.bytes),
      minor_(context.request.minor),
      is_head_request_(context.request.method == "HEAD"),
      expects_continue_(context.request.expects_continue),
      keep_alive_(context.request.keep_alive &&
                  !(limits.together != nullptr && limits.together->is_crowded())),
      is_last_(!context.request.keep_alive) {
  switch (context.request.framing) {
    case Framing::length:
      body_ = BodyDecoder::length(context.request.content_length);
      break;
    case Framing::chunked:
      body_ = BodyDecoder::chunked(limits.head);
      break;
    default:
      break;
  }
}

void Exchange::take_head() noexcept {
  if (head_taken_) return;
  head_taken_ = true;
  counters_.bytes_in.add(head_bytes_);
  input_.consume(head_bytes_);
}

base::Result<Exchange::Piece> Exchange::decode_body() {
  take_head();
  Piece piece;
  if (body_.done()) {
    piece.last = true;
    return piece;
  }
  if (!input_.empty()) {
    const std::span<char> bytes(const_cast<char*>(input_.data()), input_.size());
    const BodyDecoder::Step step = body_.decode(bytes);
    if (step.refused) {
      keep_alive_ = false;
      const auto code = step.status == 431 ? base::Errc::too_large : base::Errc::bad_message;
      return base::fail(code, step.why, base::Origin::downstream);
    }
    piece.content = step.content;
    piece.consumed = step.consumed;
    body_bytes_ += step.content;
    counters_.bytes_in.add(step.consumed);
  }
  piece.last = body_.done();
  return piece;
}

runtime::Task<base::Result<void>> Exchange::read_more(base::Deadline deadline) {
  take_head();
  for (;;) {
    const runtime::Wake wake = co_await client_.readiness().wait_readable(deadline);
    if (wake == runtime::Wake::deadline) {
      co_return base::fail(base::Errc::deadline, "the request's body did not arrive in time",
                           base::Origin::downstream);
    }
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    const net::IoCount got = client_.fill(input_.room());
    if (got.status == net::IoStatus::ok) {
      input_.filled(got.bytes);
      co_return base::Result<void>();
    }
    if (input_.empty()) input_.release();
    if (got.status == net::IoStatus::ended) {
      co_return base::fail(base::Errc::closed, "the request's body ends early",
                           base::Origin::downstream);
    }
    if (got.status == net::IoStatus::broken) {
      co_return base::Fail(client_.broken("read the request", base::Origin::downstream));
    }
  }
}

base::Deadline Exchange::body_deadline() const noexcept {
  // By the instant t the client must have sent rate x (t - start - grace) bytes.
  const auto earned = std::chrono::milliseconds(
      limits_.body_rate_min == 0 ? 0 : body_bytes_ * 1000 / limits_.body_rate_min);
  if (limits_.body_rate_min == 0) return context_.lane.after(limits_.idle);
  const base::Deadline by_rate(body_since_ + limits_.body_grace + earned);
  return by_rate.shortened(context_.lane.after(limits_.idle));
}

runtime::Task<base::Result<std::string>> Exchange::read_body(std::size_t max) {
  std::string out;
  for (;;) {
    WEIR_CO_TRY(const Piece piece, decode_body());
    if (out.size() + piece.content > max) {
      close_after();
      co_return base::fail(base::Errc::too_large, "the body is too large",
                           base::Origin::downstream);
    }
    out.append(input_.data(), piece.content);
    consume_body(piece);
    if (piece.last) co_return out;
    if (expects_continue_ && out.empty()) {
      expects_continue_ = false;
      restart_body_clock();
      auto sending = send({.head = "HTTP/1.1 100 Continue\r\n\r\n"});
      WEIR_CO_CHECK(co_await sending);
    }
    auto reading = read_more(body_deadline());
    WEIR_CO_CHECK(co_await reading);
  }
}

runtime::Task<base::Result<void>> Exchange::respond(Response response) {
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  if (response.close || !body_.done()) close_after();
  set_responded(response.status);
  HeadWriter out(context_.out());
  out.put("HTTP/1.1 ");
  out.put_uint(response.status);
  out.put(" ");
  out.put(reason_phrase(response.status));
  out.put("\r\n");
  if (!response.content_type.empty()) out.put_field("Content-Type", response.content_type);
  for (const auto& [name, value] : response.fields) out.put_field(name, value);
  out.put("Date: ");
  out.put(context_.date.text(context_.lane.now()));
  out.put("\r\n");
  if (!bodiless) {
    out.put("Content-Length: ");
    out.put_uint(response.body.size());
    out.put("\r\n");
  }
  if (!keep_alive_) {
    out.put("Connection: close\r\n");
  } else if (minor_ == 0) {
    out.put("Connection: keep-alive\r\n");
  }
  out.put("\r\n");
  if (!out.fits()) {
    abort();
    co_return base::fail(base::Errc::too_large, "the response's head does not fit");
  }
  const std::string_view body =
      bodiless || is_head_request_ ? std::string_view() : std::string_view(response.body);
  auto sending = send({.head = out.text(), .body = body});
  co_return co_await sending;
}

net::Sent Exchange::send_now(net::Gather& parts) {
  counters_.bytes_out.add(parts.size());
  bytes_out_ += parts.body.size();
  const net::Sent sent = net::send_now(client_, parts);
  if (sent == net::Sent::broken) abort();
  return sent;
}

runtime::Task<base::Result<void>> Exchange::send(net::Gather parts) {
  const net::Sent sent = send_now(parts);
  if (sent == net::Sent::all) co_return base::Result<void>();
  if (sent == net::Sent::broken) {
    co_return base::Fail(client_.broken("send", base::Origin::downstream));
  }
  std::string head(parts.head);
  std::string tail(parts.tail);
  auto rest = net::send_rest(client_, std::move(head), parts.body, std::move(tail), {},
                             base::Origin::downstream, limits_.write_idle);
  auto result = co_await rest;
  if (!result) abort();
  co_return result;
}

}  // namespace weir::http
