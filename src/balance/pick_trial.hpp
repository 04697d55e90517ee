#pragma once
// Test support: a set of endpoints that changes, picks from it, and a small world in which requests
// arrive, wait and end. Included by tests and benchmarks of balance/ only.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "balance/policy.hpp"

namespace weir::balance {

inline base::Time at_ms(double ms) {
  return base::Time(base::Duration(static_cast<std::int64_t>(ms * 1e6)));
}

/// Endpoints 1..n, each with its counter.
class TrialSet {
 public:
  explicit TrialSet(std::size_t n, float weight = 1) {
    for (std::size_t i = 0; i < n; ++i) weights_[static_cast<std::uint32_t>(i + 1)] = weight;
    publish();
  }
  explicit TrialSet(const std::vector<float>& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights_[static_cast<std::uint32_t>(i + 1)] = weights[i];
    }
    publish();
  }
  explicit TrialSet(std::initializer_list<float> weights) : TrialSet(std::vector<float>(weights)) {}
  TrialSet(const TrialSet&) = delete;  // the view points into it
  TrialSet& operator=(const TrialSet&) = delete;

  void set(std::uint32_t id, float weight) {
    weights_[id] = weight;
    publish();
  }
  void remove(std::uint32_t id) {
    weights_.erase(id);
    publish();
  }

  const Candidates& view() const { return view_; }
  std::uint32_t id(std::size_t index) const { return ids_[index]; }
  std::size_t size() const { return ids_.size(); }
  std::span<const float> weights() const { return weight_; }
  std::atomic<std::uint32_t>& load(std::uint32_t id) { return counters_[id]->value; }
  std::vector<std::uint64_t> identities() const;

 private:
  struct alignas(64) Counter {
    std::atomic<std::uint32_t> value{0};
  };

  void publish();

  std::map<std::uint32_t, float> weights_;
  std::map<std::uint32_t, std::unique_ptr<Counter>> counters_;
  std::vector<std::uint32_t> ids_;
  std::vector<float> weight_;
  std::vector<const std::atomic<std::uint32_t>*> in_flight_;
  Candidates view_;
};

inline void TrialSet::publish() {
  ids_.clear();
  weight_.clear();
  in_flight_.clear();
  bool equal = true;
  for (const auto& [id, weight] : weights_) {
    auto& counter = counters_[id];
    if (!counter) counter = std::make_unique<Counter>();
    ids_.push_back(id);
    weight_.push_back(weight);
    in_flight_.push_back(&counter->value);
    equal = equal && weight == weight_.front();
  }
  view_ = {.generation = view_.generation + 1,
           .ids = ids_,
           .weights = weight_,
           .equal_weights = equal,
           .in_flight = in_flight_};
}

inline std::vector<std::uint64_t> TrialSet::identities() const {
  std::vector<std::uint64_t> out;
  for (const std::uint32_t id : ids_) out.push_back(0x1234567u + id * 0x9e3779b97f4a7c15ull);
  return out;
}

/// One lane: facts, random numbers and tables for picks from a TrialSet.
struct Lane {
  EndpointFacts facts;
  base::Rng rng{1};
  PickTables tables;
  Tried tried;
  base::Time now = at_ms(1000);

  PickInput input(const TrialSet& set, std::uint64_t key = 0) {
    return {.candidates = set.view(),
            .tried = tried,
            .facts = facts,
            .now = now,
            .rng = rng,
            .key = key,
            .tables = tables};
  }
  /// The id picked, or 0.
  std::uint32_t pick(Policy& policy, const TrialSet& set, std::uint64_t key = 0) {
    const std::size_t index = policy.pick(input(set, key));
    return index == kNobody ? 0 : set.id(index);
  }
  std::map<std::uint32_t, int> shares(Policy& policy, const TrialSet& set, int picks) {
    std::map<std::uint32_t, int> out;
    for (int i = 0; i < picks; ++i) ++out[pick(policy, set, static_cast<std::uint64_t>(i))];
    return out;
  }
};

/// Sum of (seen - expected)^2/expected.
inline double chi_square(const std::vector<double>& seen, const std::vector<double>& expected) {
  double sum = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    sum += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
  }
  return sum;
}

/// Exceeded once in 100,000 samples of a true hypothesis (Wilson and Hilferty's approximation).
inline double chi_square_limit(std::size_t degrees) {
  const double k = 2.0 / (9.0 * static_cast<double>(degrees));
  const double root = 1 - k + 4.265 * std::sqrt(k);
  return static_cast<double>(degrees) * root * root * root;
}

struct Reply {
  base::Duration takes;
  bool failed = false;
};

/// Requests arrive as a Poisson stream and take what `serve(id, now, rng)` says. With `queues` an
/// endpoint serves one at a time and the others wait.
class TrialWorld {
 public:
  using Serve = std::function<Reply(std::uint32_t id, base::Time now, base::Rng& rng)>;

  TrialWorld(TrialSet& set, Policy policy, double per_second, Serve serve, bool queues = false)
      : set_(set),
        policy_(std::move(policy)),
        gap_(1e9 / per_second),
        serve_(std::move(serve)),
        queues_(queues) {}

  /// Picks of each id until `end`.
  std::map<std::uint32_t, int> run_until(base::Time end);
  Lane& lane() { return lane_; }
  const std::vector<double>& response_ms() const { return response_ms_; }

 private:
  struct Done {
    base::Time at;
    base::Time sent;
    std::uint32_t id;
    bool failed;
    bool operator>(const Done& other) const { return at > other.at; }
  };

  void finish(const Done& done);
  base::Duration p95();

  TrialSet& set_;
  Policy policy_;
  double gap_;
  Serve serve_;
  bool queues_;
  Lane lane_;
  base::Rng world_{99};
  std::priority_queue<Done, std::vector<Done>, std::greater<>> under_way_;
  std::map<std::uint32_t, base::Time> free_at_;
  std::vector<double> response_ms_;
  base::Duration p95_{};
};

inline std::map<std::uint32_t, int> TrialWorld::run_until(base::Time end) {
  std::map<std::uint32_t, int> picks;
  while (true) {
    const double gap = -std::log(1 - world_.unit()) * gap_;
    const base::Time next = lane_.now + base::Duration(static_cast<std::int64_t>(gap));
    while (!under_way_.empty() && under_way_.top().at <= std::min(next, end)) {
      finish(under_way_.top());
      under_way_.pop();
    }
    lane_.now = std::min(next, end);
    if (next >= end) return picks;
    const std::uint32_t id = lane_.pick(policy_, set_);
    ++picks[id];
    ++set_.load(id);
    const Reply reply = serve_(id, lane_.now, world_);
    base::Time starts = lane_.now;
    if (queues_) starts = std::max(starts, free_at_[id]);
    free_at_[id] = starts + reply.takes;
    under_way_.push({starts + reply.takes, lane_.now, id, reply.failed});
  }
}

inline void TrialWorld::finish(const Done& done) {
  --set_.load(done.id);
  const std::size_t index = lane_.facts.index_of(done.id);
  const base::Duration took = done.at - done.sent;
  if (!done.failed) {
    response_ms_.push_back(base::to_ms(took));
    if (response_ms_.size() % 1000 == 100) p95_ = p95();
  }
  if (done.failed) policy_.failed(done.id);
  if (index == kNobody) return;
  if (done.failed) {
    lane_.facts.sample_failure(index, took, p95_, done.at);
  } else {
    lane_.facts.sample(index, took, done.at);
  }
}

inline double percentile_ms(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

inline base::Duration TrialWorld::p95() {
  return base::Duration(static_cast<std::int64_t>(percentile_ms(response_ms_, 0.95) * 1e6));
}

}  // namespace weir::balance
