#pragma once
// Least response time: of a random pair the one with less cost x (in-flight + 1)/w, the cost being
// the lane's peak EWMA (endpoint_facts.hpp). While nothing is known of any endpoint, in-flight
// alone decides.

#include <cstddef>

#include "balance/pick_input.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

class PickLeastResponseTime {
 public:
  void sync(const PickInput&) noexcept {}
  /// Requires: facts synced and advanced; at least one is left. Cost: O(1), two exponentials.
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// cost x (in-flight + 1)/w in microseconds, or without the cost when nobody's is known. The
  /// smaller of the pair drawn wins.
  double score(const PickInput& in, std::size_t index) const noexcept;
};

}  // namespace weir::balance
