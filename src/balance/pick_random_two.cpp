#include "balance/pick_random_two.hpp"

#include "balance/distinct_pair.hpp"

namespace weir::balance {

std::size_t PickRandomTwo::pick(const PickInput& in, const Untried& untried) noexcept {
  if (untried.left() == 1) return untried.nth(0);
  const Pair pair = distinct_pair(untried, in.rng);
  return lighter(in.facts, pair.first, load_after(in.candidates, pair.first), pair.second,
                 load_after(in.candidates, pair.second));
}

double PickRandomTwo::score(const PickInput& in, std::size_t index) const noexcept {
  return load_after(in.candidates, index);
}

}  // namespace weir::balance
