#pragma once
// Service: a named set of endpoints as the data lanes see it: the published set, and what the
// service carried. ServiceLane is one lane's view with that lane's balancing state.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "balance/round_robin.hpp"
#include "runtime/published.hpp"
#include "telemetry/traffic.hpp"
#include "upstream/endpoint.hpp"

namespace weir::upstream {

struct Service {
  Service(std::uint32_t number_, std::string name_, std::size_t lanes)
      : number(number_), name(std::move(name_)), endpoints(make_set(0, {})), traffic(lanes) {}

  const std::uint32_t number;
  const std::string name;
  runtime::Published<EndpointSet> endpoints;
  telemetry::Traffic traffic;
};

/// Lane-only.
class ServiceLane {
 public:
  ServiceLane(Service& service, unsigned lane)
      : service_(service), reader_(service.endpoints), policy_(lane), lane_(lane) {}

  /// An endpoint and the snapshot that keeps it alive.
  struct Pick {
    runtime::PublishedReader<EndpointSet>::Held set;
    Endpoint* endpoint = nullptr;  ///< null: nobody is eligible
  };
  Pick pick() {
    Pick pick;
    pick.set = reader_.hold();
    if (!pick.set->ids.empty()) {
      const std::size_t index = policy_.pick(pick.set->ids, pick.set->generation);
      pick.endpoint = pick.set->eligible[index].get();
    }
    return pick;
  }

  Service& service() noexcept { return service_; }
  telemetry::TrafficCounters& counters() noexcept { return service_.traffic.lane(lane_); }
  unsigned lane() const noexcept { return lane_; }

 private:
  Service& service_;
  runtime::PublishedReader<EndpointSet> reader_;
  balance::RoundRobin policy_;
  unsigned lane_;
};

}  // namespace weir::upstream
