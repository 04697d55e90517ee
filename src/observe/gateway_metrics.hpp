#pragma once
// The metric families of a weir process: the one place that names them. Labels are bounded by what
// is configured (service, endpoint, listener) or fixed (code, reason); a path, a user or a client
// never becomes one. Every known series is written from the start, at 0.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "observe/collect.hpp"
#include "observe/process_facts.hpp"

namespace weir::observe {

struct EndpointEligibility {
  std::string_view service;
  std::string_view endpoint;
  bool eligible = false;
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
  std::span<const EndpointEligibility> endpoints;
  ProcessFacts process;
};

/// Appends all families as of the collector's last pass: call its sync() first.
void append_gateway_metrics(std::string& out, const Collector& collector,
                            const GatewayFacts& facts);

}  // namespace weir::observe
