#pragma once
// PickInput: all that a policy may look at for one pick, and PickTables: what the control lane has
// prepared for the set. Every pointer may be null and every span empty; the policy then uses the
// next best rule, named beside the field.
//
// Invariant: tables of n endpoints fit candidates of the same n endpoints, index by index. The
// publisher puts both into one snapshot. Weights in a table may be older than the candidates' (it
// need not rebuild a ring at each step of a slow start: the load bound follows the ramp).

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "balance/candidates.hpp"
#include "balance/endpoint_facts.hpp"
#include "base/clock.hpp"
#include "base/rng.hpp"

namespace weir::balance {

class HashRing;
class MaglevTable;

struct PickTables {
  /// consistent_hash: maglev when there is one, else ring, else rendezvous hashing (no load bound).
  const HashRing* ring = nullptr;
  const MaglevTable* maglev = nullptr;
  /// Hash of service and address of each endpoint, so that keys stay where they are over a restart
  /// and agree between gateways. Empty: made of the ids, which is only good within one process.
  std::span<const std::uint64_t> identities;
  /// Health scores 0..100 (health_score.hpp). Empty: all alike.
  std::span<const double> scores;
  std::uint64_t scores_version = 0;  ///< changes whenever `scores` does
  /// Attempts under way in the whole service, of all lanes. Null: the sum over the candidates.
  const std::atomic<std::uint32_t>* service_in_flight = nullptr;
  /// Median of the endpoints' costs over all lanes. 0: the lane's own median.
  double service_median_us = 0;
};

struct PickInput {
  const Candidates& candidates;
  const Tried& tried;
  EndpointFacts& facts;
  base::Time now;
  base::Rng& rng;
  std::uint64_t key = 0;  ///< hash of the client address or the hash key; any 64 bits
  const PickTables& tables;
};

/// Weighted load if one more were sent there. Weights carry the slow-start factor, so that it is
/// the rule "divide load by the factor" as well.
inline double load_after(const Candidates& candidates, std::size_t index) noexcept {
  return (candidates.load(index) + 1.0) / static_cast<double>(candidates.weights[index]);
}

/// Less load wins; a tie goes to who had fewer picks in the last second, then to `first`: with a
/// pair drawn in random order that is random. Requires: facts are synced and advanced.
inline std::size_t lighter(const EndpointFacts& facts, std::size_t first, double first_load,
                           std::size_t second, double second_load) noexcept {
  if (first_load != second_load) return first_load < second_load ? first : second;
  return facts.recent()[second] < facts.recent()[first] ? second : first;
}

}  // namespace weir::balance
