#include "balance/outlier.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/assert.hpp"

namespace weir::balance {
namespace {

struct Offender {
  std::size_t index;
  OutlierEvidence evidence;
  double failure_share;
  double slowness;  ///< p95 / median of the peers; 0 for the other rules
};

double share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

double success_of(const OutlierFacts& facts, std::uint64_t OutlierFacts::* failures) {
  return 1 - share(facts.*failures, facts.requests);
}

/// Mean and bound of one kind of success rate over the endpoints with enough requests.
struct RateBound {
  double mean = 0;
  double bound = -1;  // nobody is below: too few endpoints to compare
};

RateBound rate_bound(std::span<const OutlierFacts> facts, std::uint64_t OutlierFacts::* failures,
                     const OutlierConfig& config) {
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (const OutlierFacts& one : facts) {
    if (one.requests < config.rate_requests) continue;
    const double rate = success_of(one, failures);
    sum += rate;
    squares += rate * rate;
    ++count;
  }
  if (count < static_cast<double>(std::max<std::size_t>(config.rate_endpoints, 2))) return {};
  const double mean = sum / count;
  const double stdev = std::sqrt(std::max(0.0, squares / count - mean * mean));
  return {mean, std::min(mean - config.stdev_factor * stdev, mean - config.rate_gap)};
}

/// The endpoints whose p95 counts, sorted, so that each one's median of the others is two look-ups.
std::vector<base::Duration> sorted_p95s(std::span<const OutlierFacts> facts,
                                        const OutlierConfig& config) {
  std::vector<base::Duration> p95s;
  for (const OutlierFacts& one : facts) {
    if (one.latency_samples >= config.latency_samples) p95s.push_back(one.p95);
  }
  std::sort(p95s.begin(), p95s.end());
  return p95s;
}

/// Requires: own is in sorted, which has at least two.
base::Duration median_without(const std::vector<base::Duration>& sorted, base::Duration own) {
  const auto at = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), own) -
                                           sorted.begin());
  const auto other = [&](std::size_t i) { return sorted[i < at ? i : i + 1]; };
  const std::size_t count = sorted.size() - 1;
  return (other((count - 1) / 2) + other(count / 2)) / 2;
}

std::optional<OutlierEvidence> slowness(const OutlierFacts& facts,
                                        const std::vector<base::Duration>& sorted,
                                        const OutlierConfig& config) {
  const bool is_comparable = config.latency_factor > 0 &&
                             facts.latency_samples >= config.latency_samples &&
                             sorted.size() >= std::max<std::size_t>(config.latency_endpoints, 2);
  if (!is_comparable) return std::nullopt;
  const base::Duration median = median_without(sorted, facts.p95);
  const bool is_slow = base::to_ms(facts.p95) > config.latency_factor * base::to_ms(median) &&
                       facts.p95 > median + config.latency_gap;
  if (!is_slow) return std::nullopt;
  return OutlierEvidence{OutlierRule::latency, base::to_ms(facts.p95), base::to_ms(median)};
}

/// The bounds of one interval, from all endpoints.
struct Peers {
  Peers(std::span<const OutlierFacts> facts, const OutlierConfig& config)
      : upstream(rate_bound(facts, &OutlierFacts::failed_upstream, config)),
        broken(rate_bound(facts, &OutlierFacts::broken, config)),
        p95s(sorted_p95s(facts, config)) {}

  RateBound upstream;
  RateBound broken;
  std::vector<base::Duration> p95s;
};

/// The strongest rule it breaks. `track` counts its slow intervals.
std::optional<OutlierEvidence> offence(const OutlierFacts& facts, OutlierTrack& track,
                                       const Peers& peers, const OutlierConfig& config) {
  const auto slow = slowness(facts, peers.p95s, config);
  track.slow_intervals = slow ? track.slow_intervals + 1 : 0;

  const double failed = share(facts.broken + facts.failed_upstream, facts.requests);
  if (facts.requests >= config.failure_requests && failed >= config.failure_share) {
    return OutlierEvidence{OutlierRule::failure_share, failed, config.failure_share};
  }
  if (facts.requests >= config.rate_requests) {
    const double upstream = success_of(facts, &OutlierFacts::failed_upstream);
    if (upstream < peers.upstream.bound) {
      return OutlierEvidence{OutlierRule::success_rate, upstream, peers.upstream.mean};
    }
    const double unbroken = success_of(facts, &OutlierFacts::broken);
    if (unbroken < peers.broken.bound) {
      return OutlierEvidence{OutlierRule::broken_rate, unbroken, peers.broken.mean};
    }
  }
  if (slow && track.slow_intervals >= config.latency_intervals) return slow;
  return std::nullopt;
}

double slowness_ratio(const OutlierEvidence& evidence) {
  if (evidence.rule != OutlierRule::latency) return 0;
  return evidence.value / std::max(evidence.against, 1e-6);
}

Ejection eject(const Offender& offender, OutlierTrack& track, const OutlierConfig& config,
               base::Time now) {
  // Counted no further than the longest time reaches, so that good behaviour is not owed for ever.
  const auto most = std::max<std::int64_t>(
      1, config.base > base::Duration{}
             ? (config.longest + config.base - base::Duration(1)) / config.base
             : 1);
  track.ejections = static_cast<std::uint32_t>(std::min<std::int64_t>(track.ejections + 1, most));
  track.slow_intervals = 0;
  track.until = now + std::min(config.longest, config.base * track.ejections);
  return {offender.index, offender.evidence, track.ejections, track.until};
}

}  // namespace

std::vector<Ejection> judge_outliers(std::span<const OutlierFacts> facts,
                                     std::span<OutlierTrack> tracks, const OutlierConfig& config,
                                     base::Time now) {
  WEIR_ASSERT(facts.size() == tracks.size());
  const Peers peers(facts, config);
  std::vector<Offender> offenders;
  std::size_t ejected = 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (tracks[i].is_ejected(now)) {
      ++ejected;
      continue;
    }
    if (const auto evidence = offence(facts[i], tracks[i], peers, config)) {
      const double failed = share(facts[i].broken + facts[i].failed_upstream, facts[i].requests);
      offenders.push_back({i, *evidence, failed, slowness_ratio(*evidence)});
    } else if (tracks[i].ejections > 0) {
      --tracks[i].ejections;
    }
  }
  // Failures before slowness, then the slowest by its ratio, then by place.
  const auto is_worse = [](const Offender& a, const Offender& b) {
    if (a.failure_share != b.failure_share) return a.failure_share > b.failure_share;
    if (a.slowness != b.slowness) return a.slowness > b.slowness;
    return a.index < b.index;
  };
  std::sort(offenders.begin(), offenders.end(), is_worse);

  const auto most = static_cast<std::size_t>(static_cast<double>(facts.size()) *
                                             std::clamp(config.max_ejected, 0.0, 1.0));
  std::vector<Ejection> out;
  for (const Offender& offender : offenders) {
    if (ejected >= most) break;
    out.push_back(eject(offender, tracks[offender.index], config, now));
    ++ejected;
  }
  return out;
}

}  // namespace weir::balance
