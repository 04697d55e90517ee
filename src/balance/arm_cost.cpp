#include "balance/arm_cost.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/rng.hpp"

namespace weir::balance {
namespace {

constexpr double kErrorFactor = 10;       // an error costs its client ten timeouts
constexpr double kVariationFactor = 0.1;  // uneven load is a warning, not yet a cost
// Without the p99 an arm that makes 4 % of its requests wait ten times as long costs no more than
// one that makes none wait (ADR 0007). More weight: two values of a short window decide.
constexpr double kTailFactor = 0.25;
constexpr int kResamples = 2000;  // the 2.5 % ends then rest on 50 values

struct Percentiles {
  double p95_us = 0;
  double p99_us = 0;
};

double cost_us(Percentiles latency, double error_rate, double variation,
               double timeout_us) noexcept {
  return latency.p95_us + kTailFactor * latency.p99_us + kErrorFactor * error_rate * timeout_us +
         kVariationFactor * latency.p95_us * variation;
}

std::uint64_t total(std::span<const LatencyBucket> latency) noexcept {
  std::uint64_t sum = 0;
  for (const LatencyBucket& bucket : latency) sum += bucket.count;
  return sum;
}

/// The rank, counted from 1, of a percentile of n values.
double rank_of(double share, double n) noexcept { return std::ceil(share * n - 1e-9); }

double value_at(std::span<const LatencyBucket> latency, double rank) noexcept {
  double below = 0;
  for (const LatencyBucket& bucket : latency) {
    below += static_cast<double>(bucket.count);
    if (below >= rank) return bucket.us;
  }
  return latency.empty() ? 0 : latency.back().us;
}

double error_rate(const ArmFacts& facts) noexcept {
  if (facts.requests == 0) return 0;
  return std::min(1.0, static_cast<double>(facts.failures) / static_cast<double>(facts.requests));
}

double positive_unit(base::Rng& rng) noexcept { return 1 - rng.unit(); }

double normal(base::Rng& rng) noexcept {
  const double radius = std::sqrt(-2 * std::log(positive_unit(rng)));
  return radius * std::cos(2 * std::numbers::pi * rng.unit());
}

/// Requires: shape >= 1. Source: Marsaglia and Tsang (2000).
double gamma(double shape, base::Rng& rng) noexcept {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(rng);
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(positive_unit(rng)) < 0.5 * x * x + d * (1 - v + std::log(v))) return d * v;
  }
}

double binomial(double n, double p, base::Rng& rng) noexcept {
  if (p <= 0) return 0;
  if (p > 0.5) return n - binomial(n, 1 - p, rng);
  const double deviation = std::sqrt(n * p * (1 - p));
  if (deviation > 6) return std::clamp(std::round(n * p + deviation * normal(rng)), 0.0, n);
  double hits = -1;  // from hit to hit: few, since n p <= 72
  for (double at = 0; at <= n; ++hits) {
    at += std::floor(std::log(positive_unit(rng)) / std::log1p(-p)) + 1;
  }
  return hits;
}

/// The costs that windows like this one would have had.
std::vector<double> resampled(const ArmFacts& facts, double timeout_us, base::Rng& rng) {
  const auto n = static_cast<double>(total(facts.latency));
  // Two order statistics at once: the gaps between them are Gamma distributed up to a common
  // factor. A gap of no value is drawn as one of one: percentiles that fall together stay apart a
  // little, which only widens the interval.
  const double below_shape = std::max(1.0, rank_of(0.95, n));
  const double between_shape = std::max(1.0, rank_of(0.99, n) - rank_of(0.95, n));
  const double above_shape = std::max(1.0, n + 1 - rank_of(0.99, n));
  const auto requests = static_cast<double>(facts.requests);
  std::vector<double> out;
  out.reserve(kResamples);
  for (int i = 0; i < kResamples; ++i) {
    Percentiles latency;
    if (n >= 1) {
      const double below = gamma(below_shape, rng);
      const double between = gamma(between_shape, rng);
      const double all = below + between + gamma(above_shape, rng);
      latency.p95_us = value_at(facts.latency, n * below / all);
      latency.p99_us = value_at(facts.latency, n * (below + between) / all);
    }
    const double failures = binomial(requests, error_rate(facts), rng);
    out.push_back(
        cost_us(latency, requests > 0 ? failures / requests : 0, facts.load_variation, timeout_us));
  }
  return out;
}

}  // namespace

double arm_cost_us(const ArmFacts& facts, double timeout_us) noexcept {
  const auto n = static_cast<double>(total(facts.latency));
  const Percentiles latency{value_at(facts.latency, rank_of(0.95, n)),
                            value_at(facts.latency, rank_of(0.99, n))};
  return cost_us(latency, error_rate(facts), facts.load_variation, timeout_us);
}

CostDifference cost_difference(const ArmFacts& from, const ArmFacts& to, double timeout_us,
                               std::uint64_t seed) {
  base::Rng rng(seed);
  std::vector<double> differences = resampled(from, timeout_us, rng);
  const std::vector<double> others = resampled(to, timeout_us, rng);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= others[i];
  std::sort(differences.begin(), differences.end());
  const std::size_t tail = differences.size() / 40;
  return {.effect_us = arm_cost_us(from, timeout_us) - arm_cost_us(to, timeout_us),
          .low_us = differences[tail],
          .high_us = differences[differences.size() - 1 - tail]};
}

double load_variation(std::span<const double> loads, std::span<const float> weights) noexcept {
  const auto n = static_cast<double>(loads.size());
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const double each = loads[i] / static_cast<double>(weights[i]);
    sum += each;
    squares += each * each;
  }
  if (sum <= 0) return 0;
  const double mean = sum / n;
  return std::sqrt(std::max(0.0, squares / n - mean * mean)) / mean;
}

}  // namespace weir::balance
