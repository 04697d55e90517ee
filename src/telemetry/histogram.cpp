#include "telemetry/histogram.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace weir::telemetry {

template <unsigned kBits>
void BasicHistogramSnapshot<kBits>::add(const BasicHistogramSnapshot& other) {
  sum_ns_ += other.sum_ns_;
  if (other.buckets_.empty()) return;
  if (buckets_.empty()) {
    buckets_ = other.buckets_;
    return;
  }
  for (std::size_t i = 0; i < Layout::kBuckets; ++i) buckets_[i] += other.buckets_[i];
}

template <unsigned kBits>
void BasicHistogramSnapshot<kBits>::subtract(const BasicHistogramSnapshot& earlier) {
  sum_ns_ -= earlier.sum_ns_;
  if (earlier.buckets_.empty()) return;
  if (buckets_.empty()) buckets_.resize(Layout::kBuckets);
  for (std::size_t i = 0; i < Layout::kBuckets; ++i) buckets_[i] -= earlier.buckets_[i];
}

template <unsigned kBits>
void BasicHistogramSnapshot<kBits>::add_at(std::size_t index, std::uint32_t n) {
  WEIR_ASSERT(index < Layout::kBuckets);
  if (buckets_.empty()) buckets_.resize(Layout::kBuckets);
  buckets_[index] += n;
}

template <unsigned kBits>
bool BasicHistogramSnapshot<kBits>::is_behind(
    const BasicHistogramSnapshot& earlier) const noexcept {
  for (std::size_t i = 0; i < earlier.buckets_.size(); ++i) {
    const std::uint32_t now = buckets_.empty() ? 0 : buckets_[i];
    if (static_cast<std::int32_t>(now - earlier.buckets_[i]) < 0) return true;
  }
  return false;
}

template <unsigned kBits>
std::uint64_t BasicHistogramSnapshot<kBits>::count() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint32_t n : buckets_) total += n;
  return total;
}

template <unsigned kBits>
base::Duration BasicHistogramSnapshot<kBits>::mean() const noexcept {
  const std::uint64_t n = count();
  return n == 0 ? base::Duration::zero() : base::Duration(static_cast<std::int64_t>(sum_ns_ / n));
}

template <unsigned kBits>
base::Duration BasicHistogramSnapshot<kBits>::percentile(double q) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return base::Duration::zero();
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(total));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Layout::kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return Layout::middle(i);
  }
  return Layout::middle(Layout::kBuckets - 1);
}

template <unsigned kBits>
base::Duration BasicHistogramSnapshot<kBits>::max() const noexcept {
  for (std::size_t i = buckets_.size(); i-- > 0;) {
    if (buckets_[i] != 0) return Layout::upper(i);
  }
  return base::Duration::zero();
}

template <unsigned kBits>
bool BasicHistogramSnapshot<kBits>::same_buckets(
    const BasicHistogramSnapshot& other) const noexcept {
  const auto is_zero = [](std::uint32_t n) { return n == 0; };
  if (buckets_.empty()) return std::all_of(other.buckets_.begin(), other.buckets_.end(), is_zero);
  if (other.buckets_.empty()) return std::all_of(buckets_.begin(), buckets_.end(), is_zero);
  return buckets_ == other.buckets_;
}

template <unsigned kBits>
BasicHistogram<kBits>::~BasicHistogram() {
  delete cells_.load(std::memory_order_acquire);
}

template <unsigned kBits>
typename BasicHistogram<kBits>::Cells* BasicHistogram<kBits>::allocate() {
  auto* const cells = new Cells;
  cells_.store(cells, std::memory_order_release);
  return cells;
}

template <unsigned kBits>
void BasicHistogram<kBits>::add_to(Snapshot& snapshot) const {
  const Cells* const cells = cells_.load(std::memory_order_acquire);
  if (cells == nullptr) return;
  snapshot.add_sum(cells->sum_ns.load(std::memory_order_relaxed));
  for (std::size_t i = 0; i < Layout::kBuckets; ++i) {
    const std::uint32_t n = cells->counters[i].load(std::memory_order_relaxed);
    if (n != 0) snapshot.add_at(i, n);
  }
}

template <unsigned kBits>
typename BasicHistogram<kBits>::Snapshot BasicHistogram<kBits>::snapshot() const {
  Snapshot out;
  add_to(out);
  return out;
}

template class BasicHistogramSnapshot<7>;
template class BasicHistogramSnapshot<11>;
template class BasicHistogram<7>;
template class BasicHistogram<11>;

}  // namespace weir::telemetry
