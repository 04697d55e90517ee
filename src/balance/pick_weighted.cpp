#include "balance/pick_weighted.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "balance/lanes.hpp"

namespace weir::balance {
namespace {

constexpr std::int32_t kNever = INT32_MIN / 2;  // far below any cw, and ew can still be added
constexpr double kUnit = 1024;                  // a ramp of 10 % is then 102 and not 0
constexpr double kTotalMax = 1 << 29;           // |cw| <= total: sums of two stay inside 31 bits

}  // namespace

void PickWeighted::sync(const PickInput& in) {
  const Candidates& set = in.candidates;
  if (synced_ && generation_ == set.generation) return;
  const std::size_t n = set.size();
  const double sum = std::accumulate(set.weights.begin(), set.weights.end(), 0.0);
  const double unit = std::min(kUnit, kTotalMax / std::max(sum, 1e-9));
  const double rescale = unit_ > 0 ? unit / unit_ : 1;

  std::vector<std::int32_t> weight(padded(n), 0), effective(padded(n), 0),
      current(padded(n), kNever);
  total_ = 0;
  std::int64_t drift = 0;
  for (std::size_t i = 0, old = 0; i < n; ++i) {
    while (old < ids_.size() && ids_[old] < set.ids[i]) ++old;
    weight[i] = std::max(1, static_cast<std::int32_t>(std::lround(set.weights[i] * unit)));
    effective[i] = weight[i];
    current[i] = 0;
    if (old < ids_.size() && ids_[old] == set.ids[i]) {
      const double kept = static_cast<double>(effective_[old]) / weight_[old];
      effective[i] = static_cast<std::int32_t>(std::lround(kept * weight[i]));
      current[i] = static_cast<std::int32_t>(std::lround(current_[old] * rescale));
    }
    total_ += effective[i];
    drift += current[i];
  }
  // Who left took its cw along. Around 0 again, so that newcomers are neither ahead nor behind.
  const auto share = static_cast<std::int32_t>(drift / static_cast<std::int64_t>(n));
  for (std::size_t i = 0; i < n; ++i) {
    current[i] = std::clamp<std::int32_t>(current[i] - share, -static_cast<std::int32_t>(total_),
                                          static_cast<std::int32_t>(total_));
  }
  ids_.assign(set.ids.begin(), set.ids.end());
  weight_ = std::move(weight);
  effective_ = std::move(effective);
  current_ = std::move(current);
  unit_ = unit;
  generation_ = set.generation;
  reduced_ = true;
  if (!synced_) {
    for (std::size_t i = 0; i < lane_ % n; ++i) take_largest(0);
  }
  synced_ = true;
}

std::size_t PickWeighted::pick(const PickInput&, const Untried& untried) noexcept {
  std::size_t index = 0;
  if (untried.everyone()) [[likely]] {
    index = take_largest(0);
  } else {
    std::array<std::int32_t, Tried::kMax> kept;
    std::int64_t left_out = 0;
    const auto out = untried.out();
    for (std::size_t i = 0; i < out.size(); ++i) {
      kept[i] = std::exchange(current_[out[i]], kNever);
      left_out += effective_[out[i]];
    }
    index = take_largest(left_out);
    for (std::size_t i = 0; i < out.size(); ++i) current_[out[i]] = kept[i];
  }
  if (reduced_) recover();
  return index;
}

std::size_t PickWeighted::take_largest(std::int64_t left_out) noexcept {
  std::int32_t* const current = current_.data();
  const std::int32_t* const effective = effective_.data();
  const std::size_t padded_size = current_.size();
  Lanes lead = all_lanes(INT32_MIN);
  for (std::size_t base = 0; base < padded_size; base += kLanes) {
    const Lanes sum = load_lanes<Lanes>(current + base) + load_lanes<Lanes>(effective + base);
    store_lanes(current + base, sum);
    lead = largest(lead, sum);
  }
  const std::int32_t best = largest_of(lead);
  std::size_t index = 0;
  while (!any_of(load_lanes<Lanes>(current + index) == best)) index += kLanes;
  while (current[index] != best) ++index;
  current[index] -= static_cast<std::int32_t>(total_ - left_out);
  return index;
}

void PickWeighted::recover() noexcept {
  const auto step = std::max(1, static_cast<std::int32_t>(unit_));
  reduced_ = false;
  total_ = 0;
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    effective_[i] = std::min(effective_[i] + step, weight_[i]);
    reduced_ |= effective_[i] < weight_[i];
    total_ += effective_[i];
  }
}

void PickWeighted::failed(std::uint32_t id) noexcept {
  const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (at == ids_.end() || *at != id) return;
  const auto index = static_cast<std::size_t>(at - ids_.begin());
  const std::int32_t before = effective_[index];
  effective_[index] = std::max(0, before - std::max(1, weight_[index] / 5));
  total_ += effective_[index] - before;
  reduced_ = true;
}

double PickWeighted::score(const PickInput&, std::size_t index) const noexcept {
  return (current_[index] + effective_[index]) / unit_;
}

}  // namespace weir::balance
