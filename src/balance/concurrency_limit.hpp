#pragma once
// ConcurrencyLimit: how many requests of a service may be under way, learned from their times.
//
//   fixed      the configured number
//   gradient2  long = EWMA(600) of the time, g = clamp(1.5 long/short, 0.5, 1),
//              limit = 0.8 limit + 0.2 (limit g + 4); no growth while in-flight < limit/2;
//              long - 5 % while long > 2 short, so that it comes down after an overload
//   aimd       dropped or slower than 5 s: limit x 0.9; else + 1 if 2 x in-flight >= limit
//   vegas      q = ceil(limit (1 - best/time)), L = max(1, log10 limit):
//              q <= L: + 6 L; q < 3 L: + L; q > 6 L: - L; best is measured anew now and then
//
// Lives on the control lane, which feeds one sample per 100 ms window and publishes limit().
// Source: balancing.md, section 7; Netflix concurrency-limits (formulas, not code).

#include <cstdint>

#include "base/clock.hpp"
#include "base/rng.hpp"

namespace weir::balance {

enum class LimitMode : std::uint8_t { fixed, gradient2, aimd, vegas };

struct LimitConfig {
  LimitMode mode = LimitMode::gradient2;
  double min = 20;
  double max = 1000;
  double initial = 100;                           ///< fixed: the limit. Clamped to min..max.
  base::Duration slow = std::chrono::seconds(5);  ///< aimd: as bad as dropped

  /// The defaults of `mode`: aimd ends at 200, the others at 1000.
  static LimitConfig of(LimitMode mode) noexcept;
};

/// What one window saw.
struct LimitSample {
  base::Duration time{};        ///< typical time of an attempt; <= 0: nothing measured, ignored
  std::uint32_t in_flight = 0;  ///< most at once
  bool is_dropped = false;      ///< one was refused or timed out
  std::uint32_t attempts = 1;   ///< behind `time`; vegas counts them
};

class ConcurrencyLimit {
 public:
  /// Requires (else clamped): 1 <= min <= max.
  explicit ConcurrencyLimit(const LimitConfig& config) noexcept;

  /// Learns from one window. `rng`: when vegas measures anew.
  void update(const LimitSample& sample, base::Rng& rng) noexcept;

  /// Whole requests, >= 1.
  std::uint32_t limit() const noexcept { return static_cast<std::uint32_t>(limit_); }
  double exact() const noexcept { return limit_; }

 private:
  double gradient2(const LimitSample& sample) noexcept;
  double aimd(const LimitSample& sample) const noexcept;
  double vegas(const LimitSample& sample, base::Rng& rng) noexcept;
  void average(double ms) noexcept;

  LimitConfig config_;
  double limit_;
  double long_ms_ = 0;              ///< gradient2: the long average; 0 = no sample yet
  std::uint32_t averaged_ = 0;      ///< gradient2: samples in it, up to the warm-up
  double best_ms_ = 0;              ///< vegas: the time without queue; 0 = not measured
  double samples_until_probe_ = 0;  ///< vegas: then `best` is measured anew
};

}  // namespace weir::balance
