#include "simulate/draw.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weir::simulate {

// x = m 2^e with m near 1; ln m = 2 artanh(s), s = (m - 1)/(m + 1), |s| <= 0.172.
double natural_log(double x) noexcept {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < std::numbers::sqrt2 / 2) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return 2 * s * sum + exponent * std::numbers::ln2;
}

// x = k ln 2 + r, |r| <= 0.35; 2^k times the series of e^r.
double natural_exp(double x) noexcept {
  const double k = std::floor(x / std::numbers::ln2 + 0.5);
  const double r = x - k * std::numbers::ln2;
  double sum = 1;
  for (int term = 16; term >= 1; --term) sum = 1 + sum * r / term;
  return std::ldexp(sum, static_cast<int>(k));
}

double exponential(base::Rng& rng) noexcept { return -natural_log(1 - rng.unit()); }

double normal(base::Rng& rng) noexcept {
  while (true) {
    const double x = 2 * rng.unit() - 1;
    const double y = 2 * rng.unit() - 1;
    const double square = x * x + y * y;
    if (square >= 1 || square <= 0) continue;
    return x * std::sqrt(-2 * natural_log(square) / square);
  }
}

double draw_work(const WorkShape& shape, base::Rng& rng) noexcept {
  switch (shape.kind) {
    case WorkShape::Kind::constant:
      break;
    case WorkShape::Kind::exponential:
      return exponential(rng);
    case WorkShape::Kind::lognormal:
      return natural_exp(shape.spread * normal(rng) - shape.spread * shape.spread / 2);
    case WorkShape::Kind::pareto: {
      const double least = (shape.spread - 1) / shape.spread;
      return least * natural_exp(exponential(rng) / shape.spread);
    }
  }
  return 1;
}

Popularity::Popularity(std::uint32_t n, double skew) : n_(n) {
  if (skew <= 0) return;
  up_to_.reserve(n);
  double sum = 0;
  for (std::uint32_t k = 0; k < n; ++k) {
    sum += natural_exp(-skew * natural_log(k + 1.0));
    up_to_.push_back(sum);
  }
  for (double& each : up_to_) each /= sum;
  up_to_.back() = 1;
}

std::uint32_t Popularity::draw(base::Rng& rng) const noexcept {
  if (up_to_.empty()) return rng.below(n_);
  const auto at = std::upper_bound(up_to_.begin(), up_to_.end() - 1, rng.unit());
  return static_cast<std::uint32_t>(at - up_to_.begin());
}

}  // namespace weir::simulate
