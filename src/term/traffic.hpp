#pragma once
// Traffic: what a running weir says of itself (GET /api/services, /api/metrics, /), as values for
// the views in this folder. Reading never fails: see json_fields.hpp. Pure.
//
// Units: rates per second, times in milliseconds, shares 0 to 1, all of the last ten seconds.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace weir::term {

struct Load {
  double requests = 0;
  double errors = 0;
  double in_flight = 0;
  double rps = 0;
  double error_share = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
};

struct Breaker {
  std::string state = "closed";
  bool enabled = true;
  bool forced = false;
  double next_probe_ms = 0;
  double probes = 0;
  double probes_passed = 0;
};

struct Endpoint {
  std::string id;
  std::string name;
  std::string address;
  bool healthy = false;
  std::string state;
  std::string reason;
  double weight = 1;
  double configured_weight = 1;
  double share = 0;  ///< of its service's requests since start
  Breaker breaker;
  Load load;
};

/// How many replicas a service has by hand or by its load.
struct Scaling {
  bool enabled = false;
  bool automatic = false;
  double wanted = 0;
  double min = 0;
  double max = 0;
  std::string reason;  ///< of the last decision
};

struct Service {
  std::string id;
  std::string name;
  std::string state;
  std::string algorithm;
  bool panic = false;
  std::uint32_t healthy = 0;  ///< endpoints
  Breaker breaker;
  Load load;
  Scaling scaling;
  std::vector<std::string> failing_sources;  ///< of endpoints, each with why
  std::vector<Endpoint> endpoints;
};

struct Listener {
  std::string name;
  std::string address;
  double connections = 0;
  double accepted = 0;
  double refused = 0;
  double malformed = 0;
};

struct Traffic {
  std::string version;
  double uptime_seconds = 0;
  double connections = 0;
  double cpu_percent = 0;  ///< of one core
  double memory_bytes = 0;
  Load load;
  std::vector<Service> services;
  std::vector<Listener> listeners;
};

Service read_service(const base::json::object& service);
Breaker read_breaker(const base::json::object& breaker);
/// Any of the three may be null: not asked for.
Traffic read_traffic(const base::json::value& services, const base::json::value& metrics,
                     const base::json::value& about);

/// "closed", "open, probes in 12 s", "half-open, 1 of 3 probes passed", "forced open", "off".
std::string breaker_standing(const Breaker& breaker);
/// The same in a word of at most seven letters: "closed", "open", "half", "forced", "off".
std::string breaker_word(const Breaker& breaker);
/// Why an endpoint is in its state, beginning with the state; the state when there is no reason.
std::string standing(const Endpoint& endpoint);

/// Something that is not as it should be: a service, or an endpoint of it.
struct Trouble {
  std::string service;
  std::string endpoint;  ///< empty: the service itself
  std::string what;
};

/// In the order of the services; empty: all is well. A draining endpoint is trouble as well: who
/// looks for why something is slow wants to know.
std::vector<Trouble> troubles_of(const Service& service);

}  // namespace weir::term
