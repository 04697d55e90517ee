#pragma once
// Endpoint: one upstream address of a service, and what it carried.
//
// Its identity is the id: never reused in a process, so counters, pools and log lines of an address
// that comes back do not mix with those of the one that left. Shared by all lanes through immutable
// sets; the counters are per lane.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "telemetry/traffic.hpp"

namespace weir::upstream {

struct Endpoint {
  Endpoint(std::uint32_t id_, std::string name_, std::string address_, std::uint32_t weight_,
           std::size_t lanes)
      : id(id_),
        name(std::move(name_)),
        address(std::move(address_)),
        weight(weight_),
        traffic(lanes) {}

  // ---- fixed after construction
  const std::uint32_t id;
  const std::string name;     ///< "web-server-1", or the address
  const std::string address;  ///< "127.0.0.1:8081", "unix:/run/x.sock"
  const std::uint32_t weight;

  // ---- shared: one row per lane
  telemetry::Traffic traffic;
};

using EndpointRef = std::shared_ptr<Endpoint>;  // owners: the registry and the published sets

/// The endpoints of a service that may be picked. Immutable; sorted by id.
struct EndpointSet {
  std::uint64_t generation = 0;
  std::vector<EndpointRef> eligible;
  std::vector<std::uint32_t> ids;  ///< of `eligible`, for the policies
};

inline std::shared_ptr<const EndpointSet> make_set(std::uint64_t generation,
                                                   std::vector<EndpointRef> eligible) {
  auto set = std::make_shared<EndpointSet>();
  set->generation = generation;
  set->eligible = std::move(eligible);
  set->ids.reserve(set->eligible.size());
  for (const EndpointRef& endpoint : set->eligible) set->ids.push_back(endpoint->id);
  return set;
}

}  // namespace weir::upstream
