#pragma once
// Fleet: the endpoints of a world as they behave: so many servers each, a queue before them, a
// cache, bad days. It knows nothing of weir; what becomes of an attempt arrives as events.
//
// 1. First come, first served. An attempt nobody waits for any more is skipped when its turn comes;
//    one that is being served is served to its end.
// 2. Killed and frozen endpoints lose all they had (`life` counts): events of an earlier life mean
//    nothing to it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "simulate/event_queue.hpp"
#include "simulate/lru_keys.hpp"
#include "simulate/world.hpp"

namespace weir::simulate {

/// One attempt, as an endpoint sees it.
struct Job {
  std::uint32_t slot = 0;
  std::uint64_t serial = 0;
  std::uint64_t luck = 0;  ///< decides whether a failing endpoint fails it
  double work = 1;
  std::uint32_t key = 0;
};

enum class Condition : std::uint8_t { up, frozen, dead };

class Fleet {
 public:
  /// Whether the attempt is still waited for.
  using IsWanted = std::function<bool(std::uint32_t slot, std::uint64_t serial)>;

  /// Lifetime: both outlive it.
  Fleet(const World& world, EventQueue& events, IsWanted is_wanted);

  /// Begins an attempt; its end is an event.
  void send(std::uint32_t endpoint, const Job& job, base::Time now);
  /// A `served` or `stream_over` event is due. False: the endpoint has lost it meanwhile. A stream
  /// that was served holds its server until `stream_over`.
  bool finish(const Event& event, bool is_stream_head, base::Time now);

  void set_slowness(const Group& who, double factor);
  void set_failing(const Group& who, double share);
  void set_servers(const Group& who, std::uint32_t servers, base::Time now);
  void stop(const Group& who, Condition as);
  /// `cold`: a new process, unless it was only frozen.
  void start(const Group& who, base::Time now);
  void set_caching(bool is_on) noexcept { is_caching_ = is_on; }

  Condition condition(std::size_t endpoint) const noexcept { return servers_[endpoint].condition; }

 private:
  struct Server {
    explicit Server(const EndpointPlan& plan, std::size_t cache_entries)
        : mean_ms(plan.mean_ms), servers(plan.servers), cache(cache_entries) {}

    double mean_ms;
    std::uint32_t servers;
    double slowness = 1;
    double failing = 0;
    Condition condition = Condition::up;
    bool is_cold = false;
    base::Time began{};
    std::uint32_t life = 0;
    std::uint32_t busy = 0;
    std::deque<Job> queue;
    LruKeys cache;
  };

  void begin(std::uint32_t endpoint, const Job& job, base::Time now);
  void begin_waiting(std::uint32_t endpoint, base::Time now);
  double coldness(const Server& server, base::Time now) const noexcept;

  const World& world_;
  EventQueue& events_;
  IsWanted is_wanted_;
  bool is_caching_;
  std::vector<Server> servers_;
};

}  // namespace weir::simulate
