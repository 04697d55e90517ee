#pragma once
// World: a service and its traffic as data: endpoints, requests, and a script of what happens when.
// It holds no state; a run (simulate/run) plays it with one algorithm.
//
// Times of the script count from the beginning of the run. A world is the same for every algorithm:
// the n-th request arrives at the same time, with the same work, key and client, and the same
// endpoint fails it or not. Source: balancing.md, section 4.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "simulate/draw.hpp"

namespace weir::simulate {

struct EndpointPlan {
  double mean_ms = 20;        ///< time that work of 1 takes
  std::uint32_t servers = 4;  ///< requests served at once; more wait in a queue
  float weight = 1;
  bool joins_later = false;  ///< by change::Join
};

/// Endpoints first .. first + count - 1.
struct Group {
  std::size_t first = 0;
  std::size_t count = 1;
};

namespace change {

/// Arrivals a second, times this.
struct Rate {
  double factor = 1;
};
/// Time for the same work, times this.
struct Slowness {
  Group who;
  double factor = 1;
};
/// This share of attempts ends with 503 after 1 ms.
struct Failing {
  Group who;
  double share = 0;
};
/// It dies: what it had is reset, connects are refused. `supervised`: weir knows at once.
struct Killed {
  Group who;
  bool supervised = false;
};
/// It accepts and never answers. What is lost in it stays lost.
struct Frozen {
  Group who;
};
/// Killed or frozen ones run again; killed ones are cold.
struct Back {
  Group who;
};
/// They become members, cold.
struct Join {
  Group who;
};
struct Work {
  WorkShape shape;
};
struct Servers {
  Group who;
  std::uint32_t servers = 4;
};
/// Share of requests that are streams.
struct Streams {
  double share = 0;
};
/// Whether endpoints look keys up in their cache.
struct Caching {
  bool is_on = true;
};

}  // namespace change

using Change = std::variant<change::Rate, change::Slowness, change::Failing, change::Killed,
                            change::Frozen, change::Back, change::Join, change::Work,
                            change::Servers, change::Streams, change::Caching>;

struct ScriptStep {
  base::Duration at{};
  Change what;
};

/// A cache of keys in each endpoint, least recently used first out.
struct CachePlan {
  std::size_t entries = 0;  ///< 0: none
  double miss_factor = 1;   ///< time for a key that is not there
};

/// A stream answers as fast as any request and then holds its server.
struct StreamPlan {
  double share = 0;
  double mean_s = 10;
};

/// What weir does beside choosing.
struct Resilience {
  bool retries = false;
  bool breaker = false;
  bool checks = false;    ///< active, every 5 s, and prompt ones
  bool outliers = false;  ///< ejection
};

struct World {
  char letter = 'a';
  std::string_view name;  ///< a word
  std::string_view line;  ///< what is special, in one line
  std::vector<EndpointPlan> endpoints;
  WorkShape work;
  double per_second = 1000;
  std::uint64_t requests = 0;
  std::uint32_t keys = 20'000;  ///< of consistent_hash
  double key_skew = 0;
  std::uint32_t clients = 2000;  ///< of ip_hash
  CachePlan cache;
  StreamPlan streams;
  double cold_factor = 1;  ///< time of a process that has just begun, falling to 1
  base::Duration warm_up = std::chrono::seconds(15);
  Resilience resilience;
  base::Duration slow_start = std::chrono::seconds(20);
  base::Duration attempt_timeout = std::chrono::seconds(2);
  base::Duration total_timeout = std::chrono::seconds(10);
  std::vector<ScriptStep> script;  ///< ascending

  bool caches_at_start = true;
  bool is_stationary() const noexcept { return script.empty(); }
};

}  // namespace weir::simulate
