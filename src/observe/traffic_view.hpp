#pragma once
// The traffic as the admin listener shows it: plain values, no pointer into the data plane, valid
// after what they describe is gone. app/ fills them from observe/collect and upstream's table.
//
// Units: rates per second, times in milliseconds, shares 0 to 1, cpu in percent of one core. Rates,
// shares and times are over the last 10 s unless the name says otherwise; counts are since start.

#include <cstdint>
#include <string>
#include <vector>

namespace weir::observe {

/// What the same numbers mean for an endpoint, a service and the whole gateway.
struct LoadView {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::int64_t in_flight = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  double rps = 0;
  double requests_per_minute = 0;  ///< of the last 60 s
  double error_ratio = 0;
  double average_ms = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
};

/// A circuit breaker, of a service or of an endpoint.
struct BreakerView {
  std::string state = "closed";  ///< "closed", "open", "half-open"
  bool enabled = true;           ///< false: it is not asked
  bool forced = false;           ///< the operator holds it there
  std::uint32_t failures = 0;    ///< in a row; while open, those that opened it
  std::uint32_t failures_max = 5;
  std::uint32_t generation = 0;  ///< grows with each change of state
  std::int64_t until_ms = 0;     ///< wall clock when probes begin; 0 = not known
  double probes_in_ms = 0;       ///< the same from now on; 0 when not known
  std::uint32_t probes = 3;
  std::uint32_t probes_out = 0;
  std::uint32_t probes_passed = 0;
};

struct EndpointView {
  std::uint32_t id = 0;
  std::string name;
  std::string address;  ///< "127.0.0.1:40123", "unix:/run/app.sock"
  bool healthy = false;
  std::string state;                 ///< the host state's word
  std::string reason;                ///< why it is in that state, for people
  std::vector<std::string> reasons;  ///< all that speaks against it, the strongest first
  std::uint32_t weight = 1;          ///< in force
  std::uint32_t configured_weight = 1;
  double slow_start_share = 1;  ///< of its weight, while it starts slowly
  BreakerView breaker;
  LoadView load;
  double load_share = 0;  ///< of its service's requests
  double health_score = 100;  ///< 0 to 100, the best (balance/health_score.hpp)
  double cpu_percent = 0;
  std::uint64_t rss_bytes = 0;     ///< of a container: as `docker stats` counts it
  double memory_percent = 0;       ///< of its container's limit, else of this machine's memory
  std::int64_t last_check_ms = 0;  ///< wall clock; 0 = never checked
};

/// One of the algorithms that share a service's live traffic. Figures of the last minute, but for
/// the totals.
struct ArmView {
  std::string algorithm;
  bool current = false;  ///< it carries all that is in no challenger's slice
  double share = 1;      ///< of the requests
  std::uint64_t requests_total = 0;
  std::uint64_t failures_total = 0;
  std::uint64_t requests = 0;
  double error_ratio = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double spread = 0;   ///< coefficient of variation of load/weight over the endpoints
  double cost_ms = 0;  ///< what adaptive compares (balancing.md, 4)
};

struct ArmSwitchView {
  std::int64_t wall_ms = 0;
  std::string verdict;  ///< "switched" or "reverted"
  std::string from;
  std::string to;
  std::string why;
};

/// Of adaptive, and of a service with `compare`.
struct ArmsView {
  bool adaptive = false;
  std::string pinned;        ///< adaptive's arm, by the operator; empty: none
  std::string last_verdict;  ///< of adaptive's last window, for people
  std::int64_t verdict_wall_ms = 0;
  std::vector<ArmView> arms;  ///< two or more, or none
  std::vector<ArmSwitchView> switches;
};

/// How many exchanges a service takes at once, and who waits.
struct GateView {
  bool enabled = false;
  std::uint32_t limit = 0;  ///< learned, or fixed
  std::uint32_t inside = 0;
  std::uint32_t waiting = 0;
  std::uint64_t refused = 0;  ///< since start
};

struct ScalingView {
  bool enabled = false;
  std::string driver;  ///< "process", "docker"
  std::uint32_t min = 1;
  std::uint32_t max = 10;
  std::uint32_t wanted = 0;
  bool automatic = false;  ///< it has targets
  std::string verdict;     ///< of the last decision: "no_change", "scale_up" …
  std::string reason;      ///< its arithmetic
  std::uint32_t cooldown_s = 0;
  std::uint64_t operations = 0;
};

/// One source of endpoints.
struct DiscoveredSummary {
  std::string name;
  std::string key;
  std::string kind;
  std::string address;
  std::string state;
  std::string reason;
};
struct DiscoverySummary {
  std::string source;
  std::string state;  ///< "starting", "ok", "failing"
  std::string error;
  std::string note;
  std::uint64_t cycles = 0;
  std::uint64_t failures = 0;
  std::vector<DiscoveredSummary> members;
};

struct ServiceView {
  std::uint32_t number = 0;
  std::string name;
  std::string algorithm;
  std::string state;   ///< "healthy", "degraded", "unhealthy"
  bool panic = false;  ///< so few are healthy that health is ignored
  BreakerView breaker;
  std::uint64_t retries = 0;
  double amplification = 1;  ///< upstream attempts / requests
  std::uint64_t fallbacks = 0;
  ArmsView arms;
  GateView gate;
  ScalingView scaling;
  std::vector<DiscoverySummary> discoveries;
  LoadView load;
  std::vector<EndpointView> endpoints;
};

struct ListenerView {
  std::string name;
  std::string address;
  std::int64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t malformed = 0;
  double accepted_per_second = 0;
};

struct TotalsView {
  std::uint32_t services = 0;
  std::uint32_t services_healthy = 0;
  std::uint32_t endpoints = 0;
  std::uint32_t endpoints_healthy = 0;
  std::int64_t connections = 0;
  LoadView load;
  double cpu_percent = 0;
  std::uint64_t rss_bytes = 0;
  double uptime_seconds = 0;
};

struct TrafficView {
  std::int64_t wall_ms = 0;
  TotalsView totals;
  std::vector<ServiceView> services;
  std::vector<ListenerView> listeners;
};

}  // namespace weir::observe
