#include "simulate/fleet.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"

namespace weir::simulate {
namespace {

using std::chrono::microseconds;

constexpr base::Duration kRefusal = microseconds(500);  // there and back
constexpr base::Duration kFastError = microseconds(1000);
constexpr base::Duration kSoonest = microseconds(10);  // nothing is answered in no time at all

}  // namespace

Fleet::Fleet(const World& world, EventQueue& events, IsWanted is_wanted)
    : world_(world),
      events_(events),
      is_wanted_(std::move(is_wanted)),
      is_caching_(world.caches_at_start) {
  servers_.reserve(world.endpoints.size());
  for (const EndpointPlan& plan : world.endpoints) servers_.emplace_back(plan, world.cache.entries);
}

void Fleet::send(std::uint32_t endpoint, const Job& job, base::Time now) {
  Server& server = servers_[endpoint];
  const Event end{.a = endpoint, .b = server.life, .slot = job.slot, .serial = job.serial};
  if (server.condition == Condition::frozen) return;
  if (server.condition == Condition::dead) {
    Event refused = end;
    refused.kind = EventKind::refused;
    events_.add(now + kRefusal, refused);
    return;
  }
  const auto share = static_cast<double>(base::mix64(job.luck ^ endpoint) >> 11) * 0x1.0p-53;
  if (share < server.failing) {
    Event failed = end;
    failed.kind = EventKind::failed_fast;
    events_.add(now + kFastError, failed);
    return;
  }
  if (server.busy < server.servers) return begin(endpoint, job, now);
  server.queue.push_back(job);
}

void Fleet::begin(std::uint32_t endpoint, const Job& job, base::Time now) {
  Server& server = servers_[endpoint];
  ++server.busy;
  double ms = job.work * server.mean_ms * server.slowness * coldness(server, now);
  if (is_caching_ && world_.cache.entries > 0 && !server.cache.touch(job.key)) {
    ms *= world_.cache.miss_factor;
  }
  events_.add(now + std::max(from_ms(ms), kSoonest), {.kind = EventKind::served,
                                                      .a = endpoint,
                                                      .b = server.life,
                                                      .slot = job.slot,
                                                      .serial = job.serial});
}

double Fleet::coldness(const Server& server, base::Time now) const noexcept {
  if (!server.is_cold || now - server.began >= world_.warm_up) return 1;
  const double passed = base::to_ms(now - server.began) / base::to_ms(world_.warm_up);
  return world_.cold_factor - (world_.cold_factor - 1) * passed;
}

bool Fleet::finish(const Event& event, bool is_stream_head, base::Time now) {
  Server& server = servers_[event.a];
  if (server.life != event.b) return false;
  if (is_stream_head) return true;
  --server.busy;
  begin_waiting(event.a, now);
  return true;
}

void Fleet::begin_waiting(std::uint32_t endpoint, base::Time now) {
  Server& server = servers_[endpoint];
  while (server.busy < server.servers && !server.queue.empty()) {
    const Job job = server.queue.front();
    server.queue.pop_front();
    if (is_wanted_(job.slot, job.serial)) begin(endpoint, job, now);
  }
}

void Fleet::set_slowness(const Group& who, double factor) {
  for (std::size_t i = 0; i < who.count; ++i) servers_[who.first + i].slowness = factor;
}

void Fleet::set_failing(const Group& who, double share) {
  for (std::size_t i = 0; i < who.count; ++i) servers_[who.first + i].failing = share;
}

void Fleet::set_servers(const Group& who, std::uint32_t servers, base::Time now) {
  for (std::size_t i = who.first; i < who.first + who.count; ++i) {
    servers_[i].servers = servers;
    begin_waiting(static_cast<std::uint32_t>(i), now);
  }
}

void Fleet::stop(const Group& who, Condition as) {
  for (std::size_t i = 0; i < who.count; ++i) {
    Server& server = servers_[who.first + i];
    server.condition = as;
    ++server.life;
    server.busy = 0;
    server.queue.clear();
  }
}

void Fleet::start(const Group& who, base::Time now) {
  for (std::size_t i = 0; i < who.count; ++i) {
    Server& server = servers_[who.first + i];
    if (server.condition != Condition::frozen) {
      server.is_cold = true;
      server.began = now;
      server.cache.clear();
    }
    server.condition = Condition::up;
  }
}

}  // namespace weir::simulate
