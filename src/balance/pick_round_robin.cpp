#include "balance/pick_round_robin.hpp"

#include <algorithm>

namespace weir::balance {

void PickRoundRobin::sync(const PickInput& in) noexcept {
  const Candidates& set = in.candidates;
  if (synced_ && generation_ == set.generation) return;
  generation_ = set.generation;
  synced_ = true;
  if (picked_any_) {
    const auto after = std::upper_bound(set.ids.begin(), set.ids.end(), last_id_);
    next_ = static_cast<std::size_t>(after - set.ids.begin());
  } else {
    next_ %= set.size();
  }
  if (next_ >= set.size()) next_ = 0;
  largest_weight_ = *std::max_element(set.weights.begin(), set.weights.end());
}

std::size_t PickRoundRobin::pick(const PickInput& in, const Untried& untried) noexcept {
  const Candidates& set = in.candidates;
  std::size_t index = next_;
  if (!set.equal_weights || !untried.everyone()) [[unlikely]] {
    index = pass_over(in, untried);
  }
  next_ = index + 1 < set.size() ? index + 1 : 0;
  last_id_ = set.ids[index];
  picked_any_ = true;
  return index;
}

std::size_t PickRoundRobin::pass_over(const PickInput& in, const Untried& untried) const noexcept {
  const Candidates& set = in.candidates;
  std::size_t first = kNobody;
  std::size_t index = next_;
  for (std::size_t turns = 0; turns < set.size(); ++turns) {
    if (untried.has(index)) {
      const float weight = set.weights[index];
      const bool takes_turn = weight >= largest_weight_ ||
                              in.rng.unit() * static_cast<double>(largest_weight_) < weight;
      if (takes_turn) return index;
      if (first == kNobody) first = index;
    }
    if (++index == set.size()) index = 0;
  }
  return first;  // all that are left let it pass: then the first of them does not
}

double PickRoundRobin::score(const PickInput& in, std::size_t index) const noexcept {
  const std::size_t n = in.candidates.size();
  return static_cast<double>((index + n - next_) % n);
}

}  // namespace weir::balance
