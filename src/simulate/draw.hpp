#pragma once
// Draws: random times of several shapes, the same on every machine.
//
// The C library's log and exp may differ in the last bit between processors (they choose FMA code
// at run time), and one different bit changes a run. Those here use only operations that IEEE 754
// defines exactly (+ - * / sqrt, scaling by powers of two); relative error about 1e-15.

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"

namespace weir::simulate {

/// Requires: x > 0 and finite.
double natural_log(double x) noexcept;
/// Requires: |x| < 700.
double natural_exp(double x) noexcept;

/// Mean 1.
double exponential(base::Rng& rng) noexcept;
/// Mean 0, deviation 1. Source: Marsaglia's polar method (1964).
double normal(base::Rng& rng) noexcept;

/// How the work of requests varies. Its mean is 1 for every shape: how long work of 1 takes is a
/// property of the endpoint.
struct WorkShape {
  enum class Kind : std::uint8_t { constant, exponential, lognormal, pareto };
  Kind kind = Kind::lognormal;
  /// lognormal: sigma of the logarithm. pareto: alpha > 1; below 2 the variance is infinite.
  double spread = 0.5;
};

double draw_work(const WorkShape& shape, base::Rng& rng) noexcept;

/// Numbers 0..n-1, number k with a chance in proportion to 1/(k + 1)^skew.
class Popularity {
 public:
  /// Requires: n > 0. Cost: allocates n doubles, none when skew is 0.
  Popularity(std::uint32_t n, double skew);
  std::uint32_t draw(base::Rng& rng) const noexcept;

 private:
  std::uint32_t n_;
  std::vector<double> up_to_;  // ascending, the last is 1; empty: all alike
};

inline base::Duration from_ms(double ms) noexcept {
  return base::Duration(static_cast<std::int64_t>(ms * 1e6));
}

}  // namespace weir::simulate
