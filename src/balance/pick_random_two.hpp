#pragma once
// Random two: of a random pair the one with less (in-flight + 1)/w. O(1), and unlike an argmin it
// does not herd when the counters of other lanes are read late.

#include <cstddef>

#include "balance/pick_input.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

class PickRandomTwo {
 public:
  void sync(const PickInput&) noexcept {}
  /// Requires: facts synced and advanced; at least one is left. Cost: O(1).
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// (in-flight + 1)/w. The smaller of the pair drawn wins.
  double score(const PickInput& in, std::size_t index) const noexcept;
};

}  // namespace weir::balance
