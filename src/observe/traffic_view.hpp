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

struct EndpointView {
  std::uint32_t id = 0;
  std::string name;
  std::string address;  ///< "127.0.0.1:40123", "unix:/run/app.sock"
  bool healthy = false;
  std::string state;   ///< the host state's word
  std::string reason;  ///< why it is in that state, for people
  std::uint32_t weight = 1;
  LoadView load;
  double load_share = 0;  ///< of its service's requests
  double cpu_percent = 0;
  std::uint64_t rss_bytes = 0;
  double memory_percent = 0;  ///< of this machine's memory
  std::int64_t last_check_ms = 0;  ///< wall clock; 0 = never checked
};

struct ServiceView {
  std::uint32_t number = 0;
  std::string name;
  std::string algorithm;
  std::string state;  ///< "healthy", "degraded", "unhealthy"
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
