#pragma once
// Histogram: how long things took, in log-linear counters, with one writer and any reader.
//
// Percentiles are never averaged: lanes, endpoints and seconds are combined by adding counters, a
// window is the difference of two snapshots, and the percentile is read last.
//
// Invariants
// 1. One thread records; it is the only one that stores. Readers see each counter whole, not all of
//    them at one instant: a snapshot taken while recording may lack the newest few values.
// 2. Counters are 32 bits and wrap. Snapshots add and subtract modulo 2^32, so a window is exact as
//    long as no counter grew by more than 4e9 inside it; a lifetime total belongs in wider numbers
//    (observe/track does that).
// 3. Storage (6.9 KB; report histogram 94 KB) is taken at the first record and kept.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "telemetry/log_linear.hpp"

namespace weir::telemetry {

template <unsigned kBits>
class BasicHistogramSnapshot {
 public:
  using Layout = LogLinear<kBits>;

  /// Merge: commutative and associative.
  void add(const BasicHistogramSnapshot& other);
  /// Leaves what was recorded since `earlier`. Requires: `earlier` is of the same histograms.
  void subtract(const BasicHistogramSnapshot& earlier);
  /// `n` more values at counter `index`, without touching the sum. Requires: index < kBuckets.
  void add_at(std::size_t index, std::uint32_t n);
  void add_sum(std::uint64_t ns) noexcept { sum_ns_ += ns; }

  /// Whether some counter seems lower than in `earlier`: they are not the same histograms any more,
  /// or one counter grew by more than 2e9 in between.
  bool is_behind(const BasicHistogramSnapshot& earlier) const noexcept;

  /// Cost: O(kBuckets), like every question below.
  std::uint64_t count() const noexcept;
  /// The exact sum of what was recorded, not of the counters' middles.
  base::Duration sum() const noexcept { return base::Duration(static_cast<std::int64_t>(sum_ns_)); }
  /// 0 when empty.
  base::Duration mean() const noexcept;
  /// The least value such that at least a share `q` of all values is not above it (nearest rank),
  /// as the middle of its counter; 0 when empty. Requires: 0 <= q <= 1.
  base::Duration percentile(double q) const noexcept;
  /// The end of the highest counter in use; 0 when empty.
  base::Duration max() const noexcept;

  /// All counters, or none when nothing was ever recorded. Lifetime: until the next change.
  std::span<const std::uint32_t> buckets() const noexcept { return buckets_; }

  friend bool operator==(const BasicHistogramSnapshot& a, const BasicHistogramSnapshot& b) {
    return a.sum_ns_ == b.sum_ns_ && a.same_buckets(b);
  }

 private:
  bool same_buckets(const BasicHistogramSnapshot& other) const noexcept;

  std::vector<std::uint32_t> buckets_;  // empty or kBuckets
  std::uint64_t sum_ns_ = 0;
};

template <unsigned kBits>
class BasicHistogram {
 public:
  using Layout = LogLinear<kBits>;
  using Snapshot = BasicHistogramSnapshot<kBits>;

  BasicHistogram() noexcept = default;
  ~BasicHistogram();
  BasicHistogram(const BasicHistogram&) = delete;
  BasicHistogram& operator=(const BasicHistogram&) = delete;

  /// Owner only. Cost: about 30 instructions; allocates once in its life.
  void record(base::Duration duration) noexcept {
    Cells* cells = cells_.load(std::memory_order_relaxed);
    if (cells == nullptr) [[unlikely]] {
      cells = allocate();
    }
    std::atomic<std::uint32_t>& counter = cells->counters[Layout::index(duration)];
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const std::int64_t ns = duration.count() > 0 ? duration.count() : 0;
    cells->sum_ns.store(
        cells->sum_ns.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(ns),
        std::memory_order_relaxed);
  }

  /// From any thread.
  void add_to(Snapshot& snapshot) const;
  Snapshot snapshot() const;

 private:
  struct Cells {
    std::atomic<std::uint64_t> sum_ns{0};
    std::array<std::atomic<std::uint32_t>, Layout::kBuckets> counters{};
  };
  Cells* allocate();

  std::atomic<Cells*> cells_{nullptr};  // published once, release; owned
};

/// Live series: 1,728 counters.
using Histogram = BasicHistogram<7>;
using HistogramSnapshot = BasicHistogramSnapshot<7>;
/// Reports of load runs: 23,552 counters.
using ReportHistogram = BasicHistogram<11>;
using ReportHistogramSnapshot = BasicHistogramSnapshot<11>;

extern template class BasicHistogramSnapshot<7>;
extern template class BasicHistogramSnapshot<11>;
extern template class BasicHistogram<7>;
extern template class BasicHistogram<11>;

}  // namespace weir::telemetry
