#pragma once
// IP hash: weighted rendezvous over the key. Each endpoint scores -w/ln(h(key, endpoint)), h in
// (0,1), and the largest wins; so a removal moves only the keys of who left, and a ramp moves keys
// to the newcomer alone.
//
// With equal weights that is the largest h. With others, -ln h >= 1 - h gives a bound without a
// logarithm, and only an endpoint whose bound beats the best so far needs the exact value: a few
// times ln(n) logarithms a pick. The bound is taken four endpoints at a time. Source: Thaler and
// Ravishankar (1998); Schindelhauer and Schomaker (2005) for the weights.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "balance/pick_input.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

class PickIpHash {
 public:
  /// Follows the set. Cost: O(1) while the generation is the same, else O(n), may allocate.
  void sync(const PickInput& in);
  /// Requires: synced; at least one is left. Cost: O(n), about 0.5 ns an endpoint.
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// -w/ln(h). The largest wins.
  double score(const PickInput& in, std::size_t index) const noexcept;

 private:
  std::uint32_t hash(std::uint64_t key, std::size_t index) const noexcept;
  std::size_t largest_hash(std::uint64_t key, const Untried& untried) const noexcept;
  std::size_t largest_score(std::uint64_t key, const Untried& untried) const noexcept;

  std::uint64_t generation_ = 0;
  bool synced_ = false;
  std::vector<std::uint32_t> low_seed_, high_seed_;  // padded to whole lanes
  std::vector<float> bound_per_weight_;              // 2^-24/w, a little less: never above
  std::vector<double> per_weight_;                   // 1/w
};

}  // namespace weir::balance
