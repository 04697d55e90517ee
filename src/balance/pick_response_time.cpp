#include "balance/pick_response_time.hpp"

#include <algorithm>
#include <numeric>

#include "balance/distinct_pair.hpp"

namespace weir::balance {
namespace {

/// The health score, or 100 for all when there are none.
double score_of(const PickInput& in, std::size_t index) noexcept {
  const bool scored = in.tables.scores.size() == in.candidates.size();
  return scored ? in.tables.scores[index] : 100;
}

double worth(const PickInput& in, std::size_t index) noexcept {
  return std::max(1.0, score_of(in, index)) / load_after(in.candidates, index);
}

/// Raises shares to `floor`; what that takes comes from the others in proportion.
void raise_to(double floor, std::span<double> share) noexcept {
  std::size_t raised = 0;
  for (std::size_t round = 0; round <= share.size(); ++round) {
    double rest = 0;
    std::size_t low = 0;
    for (const double value : share) {
      if (value <= floor) {
        ++low;
      } else {
        rest += value;
      }
    }
    if (low == raised || rest <= 0) return;
    raised = low;
    const double scale = (1 - floor * static_cast<double>(low)) / rest;
    for (double& value : share) value = value <= floor ? floor : value * scale;
  }
}

}  // namespace

void PickResponseTime::sync(const PickInput& in) {
  const bool same =
      synced_ && generation_ == in.candidates.generation && version_ == in.tables.scores_version;
  if (same) return;
  generation_ = in.candidates.generation;
  version_ = in.tables.scores_version;
  synced_ = true;
  make_shares(in);
  make_aliases();
}

void PickResponseTime::make_shares(const PickInput& in) {
  const std::size_t n = in.candidates.size();
  share_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double score = std::max(0.0, score_of(in, i));
    share_[i] = score * score * static_cast<double>(in.candidates.weights[i]);
  }
  double sum = std::accumulate(share_.begin(), share_.end(), 0.0);
  if (sum <= 0) {
    std::fill(share_.begin(), share_.end(), 1.0);
    sum = static_cast<double>(n);
  }
  for (double& share : share_) share /= sum;
  raise_to(std::min(0.01, 0.25 / static_cast<double>(n)), share_);
}

void PickResponseTime::make_aliases() {
  const std::size_t n = share_.size();
  keep_.assign(n, 1.0);
  alias_.resize(n);
  std::iota(alias_.begin(), alias_.end(), 0u);
  std::vector<double> height(n);
  std::vector<std::uint32_t> low, high;
  for (std::uint32_t i = 0; i < n; ++i) {
    height[i] = share_[i] * static_cast<double>(n);
    (height[i] < 1 ? low : high).push_back(i);
  }
  while (!low.empty() && !high.empty()) {
    const std::uint32_t poor = low.back();
    const std::uint32_t rich = high.back();
    low.pop_back();
    keep_[poor] = height[poor];
    alias_[poor] = rich;
    height[rich] -= 1 - height[poor];
    if (height[rich] < 1) {
      high.pop_back();
      low.push_back(rich);
    }
  }
}

std::size_t PickResponseTime::pick(const PickInput& in, const Untried& untried) noexcept {
  if (select_ == ResponseTimeSelect::pair) {
    if (untried.left() == 1) return untried.nth(0);
    const Pair pair = distinct_pair(untried, in.rng);
    return lighter(in.facts, pair.first, -worth(in, pair.first), pair.second,
                   -worth(in, pair.second));
  }
  if (!untried.everyone()) return draw(in, untried);
  const std::size_t column = in.rng.below(static_cast<std::uint32_t>(share_.size()));
  return in.rng.unit() < keep_[column] ? column : alias_[column];
}

std::size_t PickResponseTime::draw(const PickInput& in, const Untried& untried) const noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < untried.left(); ++k) sum += share_[untried.nth(k)];
  double point = in.rng.unit() * sum;
  for (std::size_t k = 0; k + 1 < untried.left(); ++k) {
    point -= share_[untried.nth(k)];
    if (point < 0) return untried.nth(k);
  }
  return untried.nth(untried.left() - 1);
}

double PickResponseTime::score(const PickInput& in, std::size_t index) const noexcept {
  return select_ == ResponseTimeSelect::pair ? worth(in, index) : share_[index];
}

}  // namespace weir::balance
