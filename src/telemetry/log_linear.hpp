#pragma once
// LogLinear: which counter of a histogram a duration belongs to, and which durations a counter
// stands for. Pure arithmetic; the counters are in telemetry/histogram.
//
//   unit  = 2^10 ns = 1.024 us (a shift; dividing by 1000 would cost a multiply for nothing)
//   v     = min(duration / unit, 2^32 - 1)          2^32 units = 73 minutes: 1 h fits
//   e     = bits above the lowest kBits of v        0 for v < 2^kBits
//   index = e * 2^(kBits-1) + (v >> e)              continuous: no holes, no overlap
//
// Up to 2^kBits units each counter is one unit wide. Above, each doubling has 2^(kBits-1) counters,
// so the middle of a counter is at most 2^-kBits from any value in it:
//   kBits  7:  1,728 counters, 0.8 % from 66 us on (1.6 % between the edges), below that 0.5 us
//   kBits 11: 23,552 counters, 0.05 % from 1 ms on (0.1 % between the edges), below that 0.5 us
// Source: HdrHistogram's layout (Tene, 2012); balancing.md, section 10.

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::telemetry {

template <unsigned kBits>
struct LogLinear {
  static constexpr unsigned kUnitBits = 10;
  static constexpr std::uint64_t kSubBuckets = 1ull << kBits;
  static constexpr std::uint64_t kUnitsMax = 0xffff'ffffull;
  static constexpr std::size_t kBuckets = (32 - kBits + 2) * (kSubBuckets / 2);

  /// 0 and below count as 0; more than 73 minutes as the last.
  static constexpr std::size_t index(base::Duration duration) noexcept {
    const auto ns = static_cast<std::uint64_t>(duration.count() > 0 ? duration.count() : 0);
    const std::uint64_t shifted = ns >> kUnitBits;
    const std::uint64_t units = shifted < kUnitsMax ? shifted : kUnitsMax;
    const int exponent = std::bit_width(units | (kSubBuckets - 1)) - static_cast<int>(kBits);
    return (static_cast<std::size_t>(exponent) << (kBits - 1)) + (units >> exponent);
  }

  /// The least duration counted at `index`. Requires: index <= kBuckets (the end of the last).
  static constexpr base::Duration lower(std::size_t index) noexcept {
    const unsigned exponent = exponent_of(index);
    const std::uint64_t sub = index - (std::size_t{exponent} << (kBits - 1));
    return base::Duration(static_cast<std::int64_t>((sub << exponent) << kUnitBits));
  }

  /// The end of the counter, not in it itself.
  static constexpr base::Duration upper(std::size_t index) noexcept { return lower(index + 1); }

  /// What a value counted here is reported as.
  static constexpr base::Duration middle(std::size_t index) noexcept {
    return lower(index) + (upper(index) - lower(index)) / 2;
  }

 private:
  static constexpr unsigned exponent_of(std::size_t index) noexcept {
    const auto octave = static_cast<unsigned>(index >> (kBits - 1));
    return octave < 2 ? 0 : octave - 1;
  }
};

}  // namespace weir::telemetry
