#include "balance/pick_least_response_time.hpp"

#include "balance/distinct_pair.hpp"

namespace weir::balance {

std::size_t PickLeastResponseTime::pick(const PickInput& in, const Untried& untried) noexcept {
  if (untried.left() == 1) return untried.nth(0);
  const Pair pair = distinct_pair(untried, in.rng);
  return lighter(in.facts, pair.first, score(in, pair.first), pair.second, score(in, pair.second));
}

double PickLeastResponseTime::score(const PickInput& in, std::size_t index) const noexcept {
  const double cost = in.facts.cost(index, in.now, in.tables.service_median_us);
  return load_after(in.candidates, index) * (cost > 0 ? cost : 1);
}

}  // namespace weir::balance
