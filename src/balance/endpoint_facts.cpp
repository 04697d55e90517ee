#include "balance/endpoint_facts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::balance {
namespace {

constexpr double kDecayNs = 10e9;          // shorter forgets a stall before it is over
constexpr float kSuccessGain = 1.0f / 16;  // memory of about 16 attempts
constexpr float kLeastSuccess = 1.0f / 16;
constexpr auto kMedianAge = std::chrono::milliseconds(100);

double decay(base::Duration gap) noexcept {
  return std::exp(-static_cast<double>(std::max(gap, base::Duration(0)).count()) / kDecayNs);
}

/// Below 1 us there is no fact, and 0 means "unknown".
double microseconds(base::Duration rtt) noexcept {
  return std::max(1.0, std::chrono::duration<double, std::micro>(rtt).count());
}

}  // namespace

std::size_t EndpointFacts::index_of(std::uint32_t id) const noexcept {
  const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
  return at != ids_.end() && *at == id ? static_cast<std::size_t>(at - ids_.begin()) : kNobody;
}

void EndpointFacts::sample(std::size_t index, base::Duration rtt, base::Time now) noexcept {
  Cost& cost = costs_[index];
  blend(cost, microseconds(rtt), now);
  cost.success += (1 - cost.success) * kSuccessGain;
}

void EndpointFacts::sample_failure(std::size_t index, base::Duration rtt,
                                   base::Duration service_p95, base::Time now) noexcept {
  Cost& cost = costs_[index];
  const double least =
      service_p95.count() > 0 ? microseconds(service_p95) : std::max(1.0, lane_median_us_);
  blend(cost, std::max(microseconds(rtt), least), now);
  cost.success = std::max(kLeastSuccess, cost.success - cost.success * kSuccessGain);
}

void EndpointFacts::blend(Cost& cost, double us, base::Time now) noexcept {
  double before = cost.us;
  auto gap = now - cost.at;
  const bool first = cost.us <= 0;
  if (first) {
    // Known for as long as the sample took: it starts at the prior and not at its first answer,
    // which would be a mean where all others show their peak.
    before = service_median_us_ > 0 ? service_median_us_ : lane_median_us_;
    gap = base::Duration(static_cast<std::int64_t>(us * 1e3));
  }
  const double k = decay(gap);
  cost.us = static_cast<float>(us > before ? us : us * (1 - k) + before * k);
  cost.at = now;
  if (first) ++known_;
  if ((first && std::has_single_bit(known_)) || now - median_at_ >= kMedianAge) refresh_median(now);
}

double EndpointFacts::cost(std::size_t index, base::Time now, double prior) const noexcept {
  const Cost& cost = costs_[index];
  if (cost.us <= 0) return prior > 0 ? prior : lane_median_us_;
  return cost.us * decay(now - cost.at) / cost.success;
}

double EndpointFacts::success(std::size_t index) const noexcept { return costs_[index].success; }

void EndpointFacts::refresh_median(base::Time now) noexcept {
  median_at_ = now;
  std::size_t count = 0;
  for (const Cost& cost : costs_) {
    if (cost.us > 0) sorting_[count++] = static_cast<float>(cost.us * decay(now - cost.at));
  }
  const auto middle = sorting_.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(sorting_.begin(), middle, sorting_.begin() + static_cast<std::ptrdiff_t>(count));
  lane_median_us_ = count > 0 ? *middle : 0;
}

std::uint32_t EndpointFacts::recent(std::size_t index, base::Time now) const noexcept {
  const auto passed = std::clamp<std::int64_t>(step_of(now) - step_, 0, kSteps);
  std::uint32_t gone = 0;
  for (std::int64_t i = 1; i <= passed; ++i) {
    gone += bins_[(static_cast<std::size_t>(step_ + i) % kSteps) * ids_.size() + index];
  }
  return recent_[index] - gone;
}

void EndpointFacts::turn(std::int64_t step) noexcept {
  const std::size_t n = ids_.size();
  if (step < step_) return;  // an older `now` than the last pick's: keep counting where we are
  for (std::int64_t left = std::min<std::int64_t>(step - step_, kSteps), i = 1; i <= left; ++i) {
    std::uint16_t* row = bins_.data() + (static_cast<std::size_t>(step_ + i) % kSteps) * n;
    for (std::size_t e = 0; e < n; ++e) recent_[e] -= row[e];
    std::fill_n(row, n, std::uint16_t{0});
  }
  step_ = step;
}

void EndpointFacts::remap(const Candidates& candidates) {
  const std::size_t n = candidates.size();
  const std::size_t old_n = ids_.size();
  std::vector<Cost> costs(n);
  std::vector<std::uint32_t> recent(n, 0);
  std::vector<std::uint16_t> bins(n * kSteps, 0);
  known_ = 0;
  for (std::size_t i = 0, old = 0; i < n; ++i) {  // both ascend
    while (old < old_n && ids_[old] < candidates.ids[i]) ++old;
    if (old == old_n || ids_[old] != candidates.ids[i]) continue;
    costs[i] = costs_[old];
    known_ += costs[i].us > 0 ? 1 : 0;
    recent[i] = recent_[old];
    for (std::size_t row = 0; row < kSteps; ++row) bins[row * n + i] = bins_[row * old_n + old];
  }
  ids_.assign(candidates.ids.begin(), candidates.ids.end());
  costs_ = std::move(costs);
  recent_ = std::move(recent);
  bins_ = std::move(bins);
  sorting_.resize(n);
  generation_ = candidates.generation;
  synced_ = true;
}

}  // namespace weir::balance
