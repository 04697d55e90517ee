#pragma once
// PairWindow: two counters over the last 10 s, in 1 s buckets, shared by all lanes. "All and
// failed" for the breaker's rate rule, "first attempts and retries" for the retry budget.
//
//   bit 63      40 39      20 19       0
//      |  second  |   first   |  second counter |      one bucket
//
// 1. A bucket is one atomic, so its age and both counts always belong together; a reader's sum over
//    ten buckets may miss what is added meanwhile, which a rate can bear.
// 2. A count stops at 1,048,575 in one second instead of running into its neighbour.
// 3. The window is the running second and the nine before it: 9 to 10 s.

#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::balance {

class PairWindow {
 public:
  static constexpr std::int64_t kSeconds = 10;
  static constexpr std::uint32_t kCountMax = (1u << 20) - 1;

  struct Sums {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };

  /// Adds to the running second. A caller whose `now` is older than what its bucket holds is a lane
  /// behind by more than the window; its count is dropped.
  void add(base::Time now, std::uint32_t first, std::uint32_t second) noexcept {
    std::atomic<std::uint64_t>& bucket = bucket_of(now);
    const std::uint64_t stamp = stamp_of(now);
    std::uint64_t seen = bucket.load(std::memory_order_relaxed);
    for (;;) {
      const bool is_current = seen >> 40 == stamp;
      if (!is_current && (((seen >> 40) - stamp) & kStampMask) <= kAheadMax) return;
      const std::uint64_t counts = is_current ? seen & kCountsMask : 0;
      const std::uint64_t next_first = (counts >> 20) + first;
      const std::uint64_t next_second = (counts & kCountMax) + second;
      if (next_first > kCountMax || next_second > kCountMax) return;
      // Relaxed: the counts are the whole message.
      if (bucket.compare_exchange_weak(seen, stamp << 40 | next_first << 20 | next_second,
                                       std::memory_order_relaxed)) {
        return;
      }
    }
  }

  /// Takes one from the second counter of the second it was added in, if that is still there.
  void take_back_second(base::Time now) noexcept {
    std::atomic<std::uint64_t>& bucket = bucket_of(now);
    std::uint64_t seen = bucket.load(std::memory_order_relaxed);
    while (seen >> 40 == stamp_of(now) && (seen & kCountMax) > 0) {
      if (bucket.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) return;
    }
  }

  Sums sums(base::Time now) const noexcept {
    Sums out;
    for (const auto& bucket : buckets_) {
      const std::uint64_t seen = bucket.load(std::memory_order_relaxed);
      if (((stamp_of(now) - (seen >> 40)) & kStampMask) >= kSeconds) continue;
      out.first += seen >> 20 & kCountMax;
      out.second += seen & kCountMax;
    }
    return out;
  }

  void clear() noexcept {
    for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint64_t kStampMask = (1u << 24) - 1;  // 194 days, then it wraps
  static constexpr std::uint64_t kCountsMask = (1ull << 40) - 1;
  // A bucket ahead of `now` by more than an hour is not ahead: its stamp wrapped, or it is empty.
  static constexpr std::uint64_t kAheadMax = 3600;

  static std::uint64_t second_of(base::Time now) noexcept {
    return static_cast<std::uint64_t>(now.time_since_epoch() / std::chrono::seconds(1));
  }
  static std::uint64_t stamp_of(base::Time now) noexcept { return second_of(now) & kStampMask; }
  std::atomic<std::uint64_t>& bucket_of(base::Time now) noexcept {
    return buckets_[second_of(now) % kSeconds];
  }

  // Shared: every lane adds, every lane sums.
  std::array<std::atomic<std::uint64_t>, kSeconds> buckets_{};
};

}  // namespace weir::balance
