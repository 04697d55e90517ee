#pragma once
// Schema, `services`: endpoints, balancing, health, breaker, limits. See schema.hpp.

#include <array>
#include <string_view>

#include "config/schema_row.hpp"

namespace weir::config {

template <class Visitor>
void describe(Visitor& v, Process& process) {
  v.texts({"command", "Program and arguments of one child.", Presence::required}, process.command,
          kArgument);
  v.count({"replicas", "How many children to run."}, process.replicas, {1, 1000});
  v.text({"ready",
          "Path that a child answers with 2xx when it is ready; absent: an open port is "
          "enough.",
          Presence::optional},
         process.ready, kTarget);
  v.variables({"environment", "Variables added to the children's environment."},
              process.environment);
  v.argument_lists({"instances",
                    "Extra arguments for each child in turn, from the start again "
                    "when there are more children."},
                   process.instances);
}

template <class Visitor>
void describe(Visitor& v, Balance& balance) {
  v.choice({"algorithm", "How an endpoint is picked."}, balance.algorithm,
           {balance::kAlgorithmNames});
  v.later(kBalanceLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Endpoint& endpoint) {
  v.endpoint({"address", "Host and port, or unix:/path.", Presence::required}, endpoint.address);
  v.count({"weight", "Share of the requests beside the other endpoints."}, endpoint.weight,
          {1, 1000});
}

/// One entry of a service's `discovery`; only the file has it, Settings hold the union.
struct DiscoverySource {
  bool children = false;
  std::vector<Endpoint> endpoints;
};

template <class Visitor>
void describe(Visitor& v, DiscoverySource& source) {
  v.marker({"process", "The children that `process` of this service describes."}, source.children);
  v.endpoints({"static", "Fixed addresses."}, source.endpoints);
  v.later(kSourcesLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Service& service) {
  v.discovery({"discovery", "Where the endpoints come from; their union.", Presence::required},
              service);
  v.section({"balance", "How requests are spread over the endpoints."}, service.balance);
  v.optional_section(
      {"process", "The children of `discovery: [ {process: {}} ]`.", Presence::optional},
      service.process);
  v.later(kServiceLater, kNotYet);
}

}  // namespace weir::config
