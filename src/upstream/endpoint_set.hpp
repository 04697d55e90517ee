#pragma once
// EndpointSet: the endpoints of a service that may be picked, and how, as one immutable snapshot.
// The control lane makes a new one for every change; the lanes read it without a lock.

#include <memory>
#include <span>
#include <vector>

#include "balance/hash_ring.hpp"
#include "balance/maglev_table.hpp"
#include "balance/pick_input.hpp"
#include "upstream/endpoint.hpp"
#include "upstream/service_policy.hpp"

namespace weir::upstream {

struct EndpointSet {
  std::uint64_t generation = 0;
  std::shared_ptr<const ServicePolicy> policy;  ///< never null
  std::vector<EndpointRef> eligible;            ///< sorted by id
  bool panic = false;          ///< so few are healthy that health is ignored (balancing.md, 2)
  std::size_t total = 0;       ///< endpoints of the service, eligible or not
  bool breakers_open = false;  ///< open breakers keep endpoints out
  base::Time probes_at = base::kNever;  ///< when the first of these lets probes in

  // ---- of `eligible`, index by index, for the policies
  std::vector<std::uint32_t> ids;
  std::vector<float> weights;
  bool equal_weights = true;
  std::vector<const std::atomic<std::uint32_t>*> in_flight;
  std::vector<std::uint64_t> identities;
  std::vector<double> scores;  ///< empty: all alike
  std::uint64_t scores_version = 0;
  std::shared_ptr<const balance::HashRing> ring;       ///< when the policy hashes by ring
  std::shared_ptr<const balance::MaglevTable> maglev;  ///< when it hashes by table

  balance::Candidates candidates() const noexcept {
    return {.generation = generation,
            .ids = ids,
            .weights = weights,
            .equal_weights = equal_weights,
            .in_flight = in_flight};
  }
};

/// What the control lane knows when it makes a set. Shape: `factors` and `scores` as `eligible`;
/// empty factors: 1 each.
struct SetParts {
  std::uint64_t generation = 0;
  std::shared_ptr<const ServicePolicy> policy;
  std::vector<EndpointRef> eligible;
  std::vector<float> factors;  ///< slow start, 0 < f <= 1
  std::vector<double> scores;
  bool panic = false;
  std::size_t total = 0;
  bool breakers_open = false;
  base::Time probes_at = base::kNever;
};

/// `before`: the set it replaces; its hash tables are kept where the same endpoints with the same
/// weights stay. Cost: a table when one must be built, else O(n).
std::shared_ptr<const EndpointSet> make_set(SetParts parts, const EndpointSet* before = nullptr);

}  // namespace weir::upstream
