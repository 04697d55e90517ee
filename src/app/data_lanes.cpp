#include "app/data_lanes.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>

#include "config/address.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kSweepEvery = std::chrono::seconds(1);

// Descriptors kept for the admin listener, logs, children and checks: under a flood of connections
// weir can still be asked how it is.
constexpr std::uint64_t kReservedDescriptors = 256;

// Of all lanes and listeners together. A connection costs two descriptors, its own and its
// upstream's.
std::uint32_t connections_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1u << 24;
  const std::uint64_t all = limit.rlim_cur;
  const std::uint64_t free = all > 2 * kReservedDescriptors ? all - kReservedDescriptors : all / 2;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(std::max<std::uint64_t>(free / 2, 1), 1u << 24));
}

http::ServerLimits to_limits(const config::Limits& from) {
  http::ServerLimits limits;
  limits.head.line_max = static_cast<std::uint32_t>(from.request_line_max);
  limits.head.head_max = static_cast<std::uint32_t>(from.head_max);
  limits.head.fields_max = from.fields_max;
  limits.head_time = from.head_time;
  limits.idle = from.idle;
  limits.write_idle = from.write_idle;
  limits.body_rate_min = from.min_body_rate;
  limits.body_max = from.body_max;
  return limits;
}

}  // namespace

// Everything of one lane. Lane-only once its thread runs. Order of members is order of birth.
struct DataLanes::LaneParts {
  LaneParts(unsigned number, http::Connector& connector,
            const runtime::Published<gateway::RouteTable>& routes, telemetry::RecordRing* log)
      : lane(number), context(lane), proxy(context, connector, routes, log) {}

  runtime::Task<void> sweep_loop() {
    for (;;) {
      const auto wake = co_await runtime::sleep_for(lane, kSweepEvery, &stopping);
      if (wake == runtime::Wake::cancelled) co_return;
      proxy.sweep();
      if (recorder != nullptr) recorder->flush();
    }
  }

  runtime::Task<void> stop(base::Duration patience, std::atomic<std::size_t>& cut) {
    const base::Deadline deadline = lane.after(patience);
    for (auto& server : servers) {
      auto stopping_server = server->stop(deadline);
      cut += co_await stopping_server;
    }
    stopping.request();
    auto closing = gate.close();
    co_await closing;
    auto connects = proxy.finish_connects();
    co_await connects;
    proxy.close_idle();
    if (recorder != nullptr) recorder->flush();
    lane.stop();
  }

  runtime::Lane lane;
  http::LaneContext context;
  gateway::HttpProxy proxy;
  std::unique_ptr<upstream::PickRecorder> recorder;  // null: off
  std::vector<std::unique_ptr<http::Server>> servers;
  runtime::CancelSource stopping;
  runtime::Gate gate;
  runtime::Gate stop_gate;
};

base::Result<std::unique_ptr<DataLanes>> DataLanes::open(
    const config::Settings& settings, std::size_t lanes,
    const runtime::Published<gateway::RouteTable>& routes,
    std::span<telemetry::RecordRing* const> access_logs) {
  std::unique_ptr<DataLanes> all(new DataLanes);
  all->connections_ = std::make_unique<http::ConnectionBound>(connections_max());
  all->limits_.emplace_back(all->limits_of(settings.listeners));
  for (const config::Listener& listener : settings.listeners) {
    all->traffic_.push_back(std::make_unique<telemetry::ListenerTraffic>(lanes));
    WEIR_TRY(const net::Address address, net::Address::parse(config::to_text(listener.bind)));
    all->listeners_.push_back({listener.name, address, all->traffic_.back().get()});
  }
  for (std::size_t i = 0; i < lanes; ++i) {
    auto parts = std::make_unique<LaneParts>(static_cast<unsigned>(i), all->connector_, routes,
                                             access_logs.empty() ? nullptr : access_logs[i]);
    for (std::size_t k = 0; k < all->listeners_.size(); ++k) {
      OpenListener& listener = all->listeners_[k];
      // A Unix socket has no SO_REUSEPORT: the first lane serves it alone.
      if (i > 0 && listener.address.family() == AF_UNIX) continue;
      WEIR_TRY(auto socket, net::Listener::open(parts->lane, listener.address, i > 0));
      listener.address = socket->address();
      parts->servers.push_back(std::make_unique<http::Server>(
          parts->context, std::move(socket), static_cast<std::uint16_t>(k), all->limits_.back()[k],
          all->traffic_[k]->lane(i), parts->proxy));
    }
    all->lanes_.push_back(std::move(parts));
  }
  return all;
}

std::vector<http::ServerLimits> DataLanes::limits_of(
    const std::vector<config::Listener>& listeners) const {
  std::vector<http::ServerLimits> out;
  for (const config::Listener& listener : listeners) {
    out.push_back(to_limits(listener.limits));
    out.back().together = connections_.get();
  }
  return out;
}

// Those of before stay: connections that were accepted under them keep them.
void DataLanes::set_limits(const std::vector<config::Listener>& listeners) {
  limits_.push_back(limits_of(listeners));
  const std::vector<http::ServerLimits>& limits = limits_.back();
  for (auto& parts : lanes_) {
    LaneParts& mine = *parts;
    mine.lane.post([&mine, &limits] {
      for (auto& server : mine.servers) server->set_limits(limits[server->index()]);
    });
  }
}

void DataLanes::record_into(upstream::RecordSink& sink) {
  for (auto& parts : lanes_) {
    parts->recorder = std::make_unique<upstream::PickRecorder>(sink, parts->lane.number());
    parts->proxy.record_into(*parts->recorder);
  }
}

void DataLanes::start() {
  for (auto& parts : lanes_) {
    LaneParts& mine = *parts;
    mine.lane.post([&mine] {
      for (auto& server : mine.servers) server->start();
      runtime::spawn(mine.gate, "sweep", mine.sweep_loop());
    });
    threads_.emplace_back([&mine] {
      pthread_setname_np(pthread_self(), ("lane-" + std::to_string(mine.lane.number())).c_str());
      mine.lane.run();
    });
  }
}

void DataLanes::post_to(std::size_t lane, LaneWork work) {
  LaneParts& mine = *lanes_[lane];
  mine.lane.post(
      [&mine, call = std::move(work)]() mutable { call(mine.lane, mine.gate, mine.proxy); });
}

std::size_t DataLanes::stop(base::Duration patience) {
  std::atomic<std::size_t> cut{0};
  if (threads_.empty()) return 0;
  for (auto& parts : lanes_) {
    LaneParts& mine = *parts;
    mine.lane.post([&mine, &cut, patience] {
      runtime::spawn(mine.stop_gate, "stop", mine.stop(patience, cut));
    });
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return cut;
}

DataLanes::~DataLanes() { stop(base::Duration::zero()); }

}  // namespace weir::app
