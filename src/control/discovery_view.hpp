#pragma once
// What a source of endpoints has found, as plain values for people and the admin API.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::control {

/// Of a container; nothing of other endpoints.
struct ContainerFacts {
  std::string id;                   ///< all 64 digits
  int pid = 0;                      ///< 0: not known
  bool is_managed = false;          ///< weir made it
  std::optional<double> cpu_share;  ///< of one core, over the last second; absent: not measured
  std::uint64_t memory_bytes = 0;   ///< 0: not measured
  std::uint64_t memory_max = 0;     ///< 0: no limit
};

struct DiscoveredView {
  std::string name;
  std::string key;  ///< a container's id, or the address
  std::string service;
  std::string kind;  ///< "http", "sql"
  std::string address;
  std::uint32_t weight = 1;
  std::uint32_t endpoint_id = 0;  ///< 0: it is not in the registry
  std::string state;              ///< "in", "joining", "draining", or why not: "paused"
  std::string reason;
  ContainerFacts container;
};

struct DiscoveryView {
  std::string source;          ///< "docker weir.service", "dns web.internal:80"
  std::string state;           ///< "starting", "ok" or "failing"
  std::string error;           ///< of failing: the last one
  std::string note;            ///< what is held, or left out
  std::uint64_t cycles = 0;    ///< that went well
  std::uint64_t failures = 0;  ///< ever
  std::vector<DiscoveredView> members;
};

}  // namespace weir::control
