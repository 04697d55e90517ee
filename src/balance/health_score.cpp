#include "balance/health_score.hpp"

#include <algorithm>
#include <vector>

#include "base/assert.hpp"

namespace weir::balance {
namespace {

constexpr std::uint64_t kEnoughRequests = 20;  // attempts for a p95 that means something
constexpr double kPriorAttempts = 10;
constexpr double kErrorsAtZero = 0.5;  // half of the attempts failing scores no better than all

double nanoseconds(base::Duration p95) noexcept {
  return static_cast<double>(std::max<std::int64_t>(1, p95.count()));
}

double service_error(std::span<const HealthFacts> facts) noexcept {
  double attempts = 0;
  double failures = 0;
  for (const HealthFacts& each : facts) {
    attempts += static_cast<double>(each.attempts);
    failures += static_cast<double>(each.failures);
  }
  return attempts > 0 ? failures / attempts : 0;
}

double best_p95(std::span<const HealthFacts> facts) noexcept {
  double best = 0;
  for (const HealthFacts& each : facts) {
    if (each.attempts < kEnoughRequests) continue;
    best = best == 0 ? nanoseconds(each.p95) : std::min(best, nanoseconds(each.p95));
  }
  return best;
}

double latency_part(const HealthFacts& facts, const LatencyScale& scale, double best) noexcept {
  const double p95 = nanoseconds(facts.p95);
  const auto good = static_cast<double>(scale.good.count());
  const auto bad = static_cast<double>(scale.bad.count());
  const bool linear = good > 0 && bad > good;
  return std::clamp(linear ? (bad - p95) / (bad - good) : best / p95, 0.0, 1.0);
}

double breaker_part(HealthFacts::Breaker breaker) noexcept {
  switch (breaker) {
    case HealthFacts::Breaker::closed:
      return 1;
    case HealthFacts::Breaker::half_open:
      return 0.5;
    case HealthFacts::Breaker::open:
      return 0;
  }
  return 0;
}

/// Mean of the two in the middle for an even count; 1 for none.
double median(std::vector<double> values) {
  if (values.empty()) return 1;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

}  // namespace

void health_scores(std::span<const HealthFacts> facts, const LatencyScale& scale,
                   std::span<double> out) {
  WEIR_ASSERT(facts.size() == out.size());
  const double service = service_error(facts);
  const double best = best_p95(facts);
  std::vector<double> known;
  for (const HealthFacts& each : facts) {
    if (each.attempts >= kEnoughRequests) known.push_back(latency_part(each, scale, best));
  }
  const double usual = median(std::move(known));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const HealthFacts& each = facts[i];
    const double error = (static_cast<double>(each.failures) + kPriorAttempts * service) /
                         (static_cast<double>(each.attempts) + kPriorAttempts);
    const double error_part = 1 - std::min(1.0, error / kErrorsAtZero);
    const double latency =
        each.attempts >= kEnoughRequests ? latency_part(each, scale, best) : usual;
    out[i] = 100 * (0.4 * error_part + 0.4 * latency + 0.2 * breaker_part(each.breaker));
  }
}

}  // namespace weir::balance
