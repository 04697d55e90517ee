#pragma once
// Policy: the algorithm one lane uses for one service, behind one pick(). A value: changing the
// algorithm is assigning another Policy, and the EndpointFacts beside it carry over.
//
// 1. No virtual call, and no allocation per pick (only in the first pick after a set changed).
// 2. Never an endpoint that is in Tried while another candidate is left; kNobody when none is.
// 3. pick() syncs and advances the facts and counts the pick in them: callers only report outcomes.
// 4. adaptive chooses among policies and is none itself (adaptive.hpp): the caller keeps one Policy
//    for each arm. A Policy made for it behaves as random_two.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "balance/algorithm.hpp"
#include "balance/pick_consistent_hash.hpp"
#include "balance/pick_input.hpp"
#include "balance/pick_ip_hash.hpp"
#include "balance/pick_least_connections.hpp"
#include "balance/pick_least_response_time.hpp"
#include "balance/pick_random_two.hpp"
#include "balance/pick_response_time.hpp"
#include "balance/pick_round_robin.hpp"
#include "balance/pick_weighted.hpp"

namespace weir::balance {

struct PolicyOptions {
  std::size_t lane = 0;      ///< rotations of different lanes begin apart
  double load_bound = 1.25;  ///< consistent_hash: c
  ResponseTimeSelect select = ResponseTimeSelect::share;  ///< response_time
};

/// What the numbers of explain() are.
struct ScoreMeaning {
  std::string_view text;
  bool highest_wins;
};

class Policy {
 public:
  explicit Policy(Algorithm algorithm, const PolicyOptions& options = {});

  Algorithm algorithm() const noexcept { return algorithm_; }

  /// The index of the candidate to use, or kNobody. Requires: weights > 0. Cost: O(1), or O(n) for
  /// weighted, least_connections and ip_hash.
  std::size_t pick(const PickInput& in);

  /// An attempt on this endpoint failed. Only weighted needs to know; the others learn it from the
  /// facts. An id that is not in the set is ignored.
  void failed(std::uint32_t id) noexcept;

  /// Writes for each candidate the number it would compete with now (score_meaning). Changes
  /// nothing, draws nothing; tried ones have a number as well. Requires: out.size() =
  /// in.candidates.size(). Cost: allocates; works on copies.
  void explain(const PickInput& in, std::span<double> out) const;
  ScoreMeaning score_meaning(const PickInput& in) const noexcept;

 private:
  using Chosen =
      std::variant<PickRoundRobin, PickWeighted, PickLeastConnections, PickLeastResponseTime,
                   PickIpHash, PickConsistentHash, PickRandomTwo, PickResponseTime>;
  static Chosen make(Algorithm algorithm, const PolicyOptions& options);

  Algorithm algorithm_;
  ResponseTimeSelect select_;
  Chosen chosen_;
};

}  // namespace weir::balance
