#pragma once
// The metric families of a weir process: the one place that names them. Labels are bounded by what
// is configured (service, endpoint, listener) or fixed (code, reason); a path, a user or a client
// never becomes one. Every known series is written from the start, at 0.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "observe/collect.hpp"
#include "observe/latency_buckets.hpp"
#include "observe/process_facts.hpp"

namespace weir::observe {

struct BreakerStanding {
  static constexpr std::uint64_t kClosed = 0;
  static constexpr std::uint64_t kHalfOpen = 1;
  static constexpr std::uint64_t kOpen = 2;
  std::uint64_t state = kClosed;
  bool forced = false;
  std::uint64_t changes = 0;  ///< of its state, ever
};

struct ServiceStanding {
  std::string_view service;
  bool panic = false;
  BreakerStanding breaker;
  std::uint64_t retries = 0;
  double amplification = 1;
  std::uint64_t fallbacks = 0;
  bool has_gate = false;  ///< the four below are of a service with a concurrency limit
  std::uint64_t limit = 0;
  std::uint64_t inside = 0;
  std::uint64_t waiting = 0;
  std::uint64_t refused = 0;
};

struct EndpointStanding {
  std::string_view service;
  std::string_view endpoint;
  bool eligible = false;
  double weight = 1;  ///< slow start included
  BreakerStanding breaker;
};

/// One of several algorithms at work on a service's live traffic.
struct ArmStanding {
  std::string_view service;
  std::string_view algorithm;
  bool current = false;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  LatencyTotals latency;
};

/// What the collector does not know. Lifetime: views until the call returns.
struct GatewayFacts {
  std::string_view version;
  std::string_view revision;
  std::string_view config_hash;
  bool config_reload_ok = true;  ///< the last load of the configuration
  double uptime_seconds = 0;
  std::uint64_t access_log_dropped = 0;
  std::uint64_t log_dropped = 0;
  std::span<const ServiceStanding> services;
  std::span<const EndpointStanding> endpoints;
  std::span<const ArmStanding> arms;
  ProcessFacts process;
};

/// Appends all families as of the collector's last pass: call its sync() first.
void append_gateway_metrics(std::string& out, const Collector& collector,
                            const GatewayFacts& facts);

}  // namespace weir::observe
