#pragma once
// Endpoint: one upstream address of a service, what it carries and carried, and its breaker.
//
// Its identity is the id: never reused in a process, so counters, pools and log lines of an address
// that comes back do not mix with those of the one that left. Shared by all lanes through immutable
// sets; the counters are per lane.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "balance/breaker.hpp"
#include "base/hash.hpp"
#include "telemetry/traffic.hpp"
#include "upstream/arm_traffic.hpp"

namespace weir::upstream {

/// A count that all lanes change, on a cache line of its own. Relaxed: a hint.
struct alignas(64) SharedCount {
  std::atomic<std::uint32_t> value{0};
};

/// What the service's settings say of each of its endpoints.
struct EndpointOptions {
  std::uint32_t weight = 1;
  bool backup = false;  ///< picked from only while no other endpoint is eligible
  balance::BreakerConfig breaker;
};

struct Endpoint {
  Endpoint(std::uint32_t id_, std::string name_, std::string address_,
           const EndpointOptions& options, std::size_t lanes)
      : id(id_),
        name(std::move(name_)),
        address(std::move(address_)),
        identity(base::hash64(address)),
        weight(options.weight),
        backup(options.backup),
        kept_traffic(std::make_shared<telemetry::Traffic>(lanes)),
        traffic(*kept_traffic),
        arm_picks(std::shared_ptr<ArmPicks[]>(new ArmPicks[lanes])),
        breaker(options.breaker, identity),
        kept_in_flight(std::make_shared<SharedCount>()),
        in_flight(kept_in_flight->value) {}
  /// The same endpoint under another breaker configuration: it goes on counting and takes over the
  /// breaker's state. What is under way ends on the old one.
  Endpoint(const Endpoint& before, const balance::BreakerConfig& config)
      : id(before.id),
        name(before.name),
        address(before.address),
        identity(before.identity),
        weight(before.weight),
        backup(before.backup),
        kept_traffic(before.kept_traffic),
        traffic(*kept_traffic),
        arm_picks(before.arm_picks),
        breaker(config, identity),
        kept_in_flight(before.kept_in_flight),
        in_flight(kept_in_flight->value) {
    breaker.inherit(before.breaker);
  }

  // ---- fixed after construction
  const std::uint32_t id;
  const std::string name;        ///< "web-server-1", or the address
  const std::string address;     ///< "127.0.0.1:8081", "unix:/run/x.sock"
  const std::uint64_t identity;  ///< of the address: hashed keys stay where they are over a restart
  const std::uint32_t weight;
  const bool backup;

  // ---- shared: one row per lane
  const std::shared_ptr<telemetry::Traffic> kept_traffic;  ///< owners: this and what replaces it
  telemetry::Traffic& traffic;
  const std::shared_ptr<ArmPicks[]> arm_picks;  ///< counted only while several arms are at work

  // ---- shared by all lanes, each an atomic
  balance::Breaker breaker;
  /// Attempts under way on all lanes: what the load-aware algorithms compare. Relaxed: a hint.
  const std::shared_ptr<SharedCount> kept_in_flight;  ///< owners: this and what replaces it
  std::atomic<std::uint32_t>& in_flight;
  /// Some lane could not connect: the control lane checks at once and clears it. Relaxed: a hint.
  std::atomic<bool> suspected{false};
};

using EndpointRef = std::shared_ptr<Endpoint>;  // owners: the registry and the published sets

}  // namespace weir::upstream
