#include "admin/live_client.hpp"

#include <array>

#include "admin/live_feed.hpp"
#include "admin/live_request.hpp"
#include "runtime/gate.hpp"
#include "runtime/lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::admin {
namespace {

constexpr base::Duration kHeardWithin = std::chrono::seconds(60);
constexpr base::Duration kPingEvery = std::chrono::seconds(20);
constexpr base::Duration kCloseTime = std::chrono::seconds(1);
constexpr base::Duration kWritePatience = std::chrono::seconds(30);
// A page subscribes when it is opened; more than this is a program gone wild.
constexpr unsigned kMessagesPerSecond = 50;

}  // namespace

LiveClient::LiveClient(LiveFeed& feed, http::Exchange& exchange, LiveProof proof)
    : feed_(feed),
      exchange_(exchange),
      proof_(std::move(proof)),
      work_(exchange.lane()),
      heard_(exchange.lane().now()),
      pinged_(heard_) {}

runtime::Task<void> LiveClient::serve() {
  runtime::Gate gate;
  runtime::spawn(gate, "live reader", read_all());
  runtime::spawn(gate, "live writer", write_all());
  auto closing = gate.close();
  co_await closing;
}

void LiveClient::close(std::uint16_t code, std::string_view reason) {
  if (goodbye_) return;
  goodbye_ = std::make_shared<const std::string>(http::ws_close_frame(code, reason));
  end_ = exchange_.lane().after(kCloseTime);
  work_.signal_readable();
  exchange_.client().readiness().signal_readable();  // its wait is shorter now
}

void LiveClient::push(LiveTopic topic, const LiveFrame& frame) {
  queue_.delta(topic, frame);
  work_.signal_readable();
}

void LiveClient::notice(LiveFrame frame) {
  if (!queue_.notice(std::move(frame))) close(http::kWsPolicy, "it does not read its answers");
  work_.signal_readable();
}

void LiveClient::second(base::Time now, const LiveFrame& ping) {
  messages_ = 0;
  if (now - pinged_ < kPingEvery) return;
  pinged_ = now;
  notice(ping);
}

// ---- reading

runtime::Task<void> LiveClient::read_all() {
  net::Stream& stream = exchange_.client();
  net::Buffer& input = exchange_.input();
  runtime::Lane& lane = exchange_.lane();
  bool is_closed = false;
  while (!is_closed) {
    while (!input.empty() && !is_closed) {
      const http::WsReader::Step step = reader_.read(input.view());
      input.consume(step.consumed);
      if (step.refused != 0) close(step.refused, step.why);
      if (!step.message) continue;
      is_closed = step.message->kind == http::WsKind::close;
      take(*step.message);
      co_await lane.yield();  // the next one is another client's
    }
    if (is_closed) break;
    const base::Deadline quiet = base::Deadline::after(heard_, kHeardWithin);
    const runtime::Wake wake = co_await stream.readiness().wait_readable(goodbye_ ? end_ : quiet);
    if (wake == runtime::Wake::cancelled) break;
    if (wake == runtime::Wake::deadline || (goodbye_ && end_.expired(lane.now()))) {
      if (goodbye_) break;
      close(http::kWsGoingAway, "nothing was heard for 60 s");
      continue;
    }
    const net::IoCount got = stream.fill(input.room());
    if (got.status == net::IoStatus::ok) {
      input.filled(got.bytes);
      heard_ = lane.now();
      continue;
    }
    if (input.empty()) input.release();
    if (got.status != net::IoStatus::again) break;
  }
  input.release();
  is_over_ = true;
  if (!is_closed) stream.readiness().cancel();  // a writer that is stuck ends too
  work_.signal_readable();
}

void LiveClient::take(const http::WsMessage& message) {
  if (++messages_ > kMessagesPerSecond) {
    return close(http::kWsPolicy, "more than 50 messages in a second");
  }
  switch (message.kind) {
    case http::WsKind::text:
      return take_text(message.payload);
    case http::WsKind::binary:
      return close(http::kWsUnsupported, "text is spoken here");
    case http::WsKind::ping:
      return notice(
          std::make_shared<const std::string>(http::ws_frame(http::WsKind::pong, message.payload)));
    case http::WsKind::close:
      return close(message.code, {});
    default:
      return;
  }
}

void LiveClient::take_text(std::string_view text) {
  const auto request = parse_live_request(text);
  if (!request) {
    const bool is_json = request.error().code() == base::Errc::invalid_argument;
    return close(is_json ? http::kWsPolicy : http::kWsBadText, request.error().detail());
  }
  for (const LiveTopic topic : request->unsubscribe) queue_.unsubscribe(topic);
  for (const LiveTopic topic : request->subscribe) {
    if (queue_.subscribe(topic)) feed_.refresh(topic);
  }
  if (!request->mistake.empty()) notice(live_error(request->mistake));
  work_.signal_readable();
}

// ---- writing

LiveFrame LiveClient::next_frame() {
  auto next = queue_.pop();
  if (!next) return nullptr;
  return next->frame ? std::move(next->frame) : feed_.snapshot(next->topic);
}

runtime::Task<void> LiveClient::write_all() {
  net::Stream& stream = exchange_.client();
  bool is_last = false;
  while (!is_last) {
    std::array<LiveFrame, 3> frames;  // as many as leave in one system call
    is_last = goodbye_ != nullptr;
    if (is_last) frames[0] = goodbye_;
    for (std::size_t i = 0; i < frames.size() && !is_last; ++i) {
      frames[i] = next_frame();
      if (!frames[i]) break;
    }
    if (!frames[0]) {
      if (is_over_) break;
      work_.readable = false;
      co_await work_.wait_readable({});
      continue;
    }
    net::Gather parts{.head = *frames[0]};
    if (frames[1]) parts.body = *frames[1];
    if (frames[2]) parts.tail = *frames[2];
    auto sending = net::send_all(stream, parts, {}, base::Origin::downstream, kWritePatience);
    const auto sent = co_await sending;
    if (!sent) {
      stream.readiness().cancel();  // ends the reader too
      break;
    }
  }
}

}  // namespace weir::admin
