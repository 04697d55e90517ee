#pragma once
// View builder: states from the registry as they are now, numbers as of the last second, together
// the view that the admin listener shows. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/arm_keeper.hpp"
#include "control/discovery_view.hpp"
#include "control/registry.hpp"
#include "control/scaler.hpp"
#include "observe/traffic_view.hpp"

namespace weir::app {

/// What the control lane knows of a service beside the registry.
struct UnitFacts {
  std::size_t wanted = 0;  ///< endpoints that it should have, of children and static ones
  bool has_processes = false;
  std::optional<control::ScalerView> scaling;
  std::vector<control::DiscoveryView> discoveries;
};

struct EndpointLoad {
  observe::LoadView load;
  double cpu_percent = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t memory_max = 0;  ///< its own limit; 0: none
};

/// What was measured at the last tick.
struct LoadTable {
  std::int64_t wall_ms = 0;
  std::unordered_map<std::string, observe::LoadView> services;
  std::unordered_map<std::string, observe::ArmsView> arms;    // by service
  std::unordered_map<std::uint32_t, EndpointLoad> endpoints;  // by id
  std::unordered_map<std::string, UnitFacts> units;           // by service
  std::vector<observe::ListenerView> listeners;
  observe::LoadView all;
  double cpu_percent = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t machine_bytes = 0;  ///< this machine's memory; 0 = not known
  double uptime_seconds = 0;
};

/// The same instant on both clocks.
struct Instant {
  base::Time now;
  std::int64_t wall_ms = 0;
};

/// Sets the CPU and memory of endpoints that are containers, by what their discoveries say.
void add_container_loads(LoadTable& loads);

observe::ArmsView build_arms(const control::ArmsView& arms);

observe::TrafficView build_view(const std::vector<control::ServiceEntry>& services,
                                const LoadTable& loads, const Instant& at);

}  // namespace weir::app
