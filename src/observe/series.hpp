#pragma once
// Series: the last 10 minutes of one subject, a sample a second. It feeds charts and rates; the
// percentiles in it are those of each second by itself and are for drawing only: whoever needs one
// over a longer time merges histograms (observe/latency_window), since percentiles do not average.

#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/ring.hpp"

namespace weir::observe {

/// What happened in the interval that ended at `at`. 56 bytes: 600 of them are 34 KB a subject.
struct Sample {
  base::Time at{};
  float seconds = 1;  ///< length of the interval; 1 but for late ticks
  std::uint32_t requests = 0;
  std::uint32_t errors = 0;
  std::int32_t in_flight = 0;  ///< at its end
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  float p50_ms = 0;
  float p95_ms = 0;
  float p99_ms = 0;
};

/// Sums over the newest samples.
struct Window {
  double seconds = 0;
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  /// 0 when the window is empty.
  double rps() const noexcept { return seconds > 0 ? static_cast<double>(requests) / seconds : 0; }
  double error_ratio() const noexcept {
    return requests > 0 ? static_cast<double>(errors) / static_cast<double>(requests) : 0;
  }
};

class Series {
 public:
  static constexpr std::size_t kSamples = 600;

  Series() : samples_(kSamples) {}

  void push(const Sample& sample) { samples_.push(sample); }

  /// Of the samples that ended after `now - length`. A young series answers for the time it has:
  /// its rates are right, not diluted by the time before it was born.
  Window last(base::Time now, base::Duration length) const;

  /// 0 is the oldest. Lifetime: until the next push.
  const Sample& operator[](std::size_t i) const { return samples_[i]; }
  std::size_t size() const noexcept { return samples_.size(); }

 private:
  base::Ring<Sample> samples_;
};

}  // namespace weir::observe
