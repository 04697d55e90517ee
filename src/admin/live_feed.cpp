#include "admin/live_feed.hpp"

#include <fmt/format.h>

#include "admin/live_state.hpp"
#include "runtime/lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::admin {
namespace {

using Shape = LiveChannel::Shape;

constexpr base::Duration kTick = std::chrono::seconds(1);
constexpr base::Duration kFresh = std::chrono::milliseconds(1500);
constexpr std::size_t kLogEntriesPerTick = 200;

std::uint32_t bit_of(LiveTopic topic) { return 1u << static_cast<unsigned>(topic); }

}  // namespace

LiveFeed::LiveFeed(runtime::Lane& lane, AdminPort& port, Access& access,
                   const telemetry::LogTail& log)
    : lane_(lane),
      port_(port),
      access_(access),
      log_(log),
      channels_{LiveChannel(LiveTopic::overview, Shape::object),
                LiveChannel(LiveTopic::services, Shape::list),
                LiveChannel(LiveTopic::breakers, Shape::list),
                LiveChannel(LiveTopic::algorithms, Shape::list),
                LiveChannel(LiveTopic::logs, Shape::log)},
      ping_(std::make_shared<const std::string>(http::ws_frame(http::WsKind::ping, {}))) {}

runtime::Task<void> LiveFeed::serve(http::Exchange& exchange, std::string accept, LiveProof proof) {
  exchange.take_head();
  exchange.set_responded(101);
  exchange.tunnelled = true;
  const std::string head = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n\r\n",
      accept);
  auto sending = exchange.send({.head = head});
  if (!co_await sending) co_return;
  if (stopping_.requested()) co_return;
  exchange.client().readiness().watch_hangup(nullptr);
  LiveClient client(*this, exchange, std::move(proof));
  const auto place = clients_.insert(clients_.end(), &client);
  if (!is_ticking_) {
    is_ticking_ = true;
    runtime::spawn(gate_, "live tick", tick_loop());
  }
  auto serving = client.serve();
  co_await serving;
  clients_.erase(place);
}

runtime::Task<void> LiveFeed::stop() {
  stopping_.request();
  for (LiveClient* each : clients_) each->close(http::kWsGoingAway, "weir is stopping");
  auto closing = gate_.close();
  co_await closing;
}

runtime::Task<void> LiveFeed::tick_loop() {
  while (!clients_.empty() && !stopping_.requested()) {
    co_await runtime::sleep_for(lane_, kTick, &stopping_);
    if (!stopping_.requested()) tick();
  }
  is_ticking_ = false;
}

void LiveFeed::tick() {
  std::uint32_t wanted = 0;
  for (LiveClient* each : clients_) {
    const LiveProof& proof = each->proof();
    const Caller caller = access_.identify({proof.token, proof.cookie}, lane_.now(),
                                           base::wall_ms(), Access::Use::look_again);
    if (judge_access(Need::viewer, caller).status != 0) {
      each->close(http::kWsPolicy, "the log-in or token is over");
    }
    for (std::size_t i = 0; i < kLiveTopics.size(); ++i) {
      const auto topic = static_cast<LiveTopic>(i);
      if (each->has(topic)) wanted |= bit_of(topic);
    }
    each->second(lane_.now(), ping_);
  }
  look(wanted);
}

void LiveFeed::refresh(LiveTopic topic) {
  const base::Time looked = looked_[static_cast<std::size_t>(topic)];
  if (looked == base::Time{} || lane_.now() - looked > kFresh) look(bit_of(topic));
}

void LiveFeed::look(std::uint32_t topics) {
  if (topics == 0) return;
  const std::int64_t wall_ms = base::wall_ms();
  const observe::TrafficView view =
      topics == bit_of(LiveTopic::logs) ? observe::TrafficView() : port_.traffic();
  for (std::size_t i = 0; i < kLiveTopics.size(); ++i) {
    const auto topic = static_cast<LiveTopic>(i);
    if ((topics & bit_of(topic)) == 0) continue;
    looked_[i] = lane_.now();
    const LiveFrame delta = update(topic, view, wall_ms);
    if (!delta) continue;
    for (LiveClient* each : clients_) each->push(topic, delta);
  }
}

LiveFrame LiveFeed::update(LiveTopic topic, const observe::TrafficView& view,
                           std::int64_t wall_ms) {
  if (topic != LiveTopic::logs) return channel(topic).update(live_items(topic, view), wall_ms);
  const auto entries = log_.since(log_seen_, kLogEntriesPerTick);
  if (entries.empty()) return nullptr;
  const std::uint64_t skipped = entries.front().number - log_seen_ - 1;
  log_seen_ = entries.back().number;
  std::vector<LiveItem> items;
  for (const auto& each : entries) items.push_back(live_item(each));
  return channel(topic).update(std::move(items), wall_ms, skipped);
}

}  // namespace weir::admin
