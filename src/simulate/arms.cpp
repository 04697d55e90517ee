#include "simulate/arms.hpp"

#include <utility>

#include "base/hash.hpp"
#include "telemetry/log_linear.hpp"

namespace weir::simulate {
namespace {

using ArmLayout = telemetry::LogLinear<7>;  // that of live series

std::vector<balance::LatencyBucket> buckets_of(std::span<const std::uint64_t> counts) {
  std::vector<balance::LatencyBucket> out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) out.push_back({base::to_ms(ArmLayout::middle(i)) * 1e3, counts[i]});
  }
  return out;
}

/// How unevenly the members were picked.
double variation_of(std::span<const double> loads, std::span<const float> weights) {
  std::vector<double> of_members;
  std::vector<float> their_weights;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (weights[i] <= 0) continue;
    of_members.push_back(loads[i]);
    their_weights.push_back(weights[i]);
  }
  return balance::load_variation(of_members, their_weights);
}

}  // namespace

Arms::Arms(std::vector<balance::Algorithm> algorithms, bool is_adaptive, std::size_t endpoints,
           base::Duration timeout, std::uint64_t seed)
    : algorithms_(std::move(algorithms)), endpoints_(endpoints), seed_(seed) {
  for (const balance::Algorithm each : algorithms_) names_.push_back(balance::name(each));
  if (!is_adaptive) return;
  controller_.emplace(algorithms_.size(), timeout);
  clear();
}

void Arms::clear() {
  Window empty;
  empty.counts.assign(ArmLayout::kBuckets, 0);
  empty.loads.assign(endpoints_, 0);
  windows_.assign(algorithms_.size(), empty);
}

std::size_t Arms::arm_of(std::uint64_t request_hash) const noexcept {
  if (!controller_) return 0;
  return balance::arm_of(request_hash, algorithms_.size(), controller_->current());
}

void Arms::picked(std::size_t arm, std::size_t endpoint) noexcept {
  if (controller_) windows_[arm].loads[endpoint] += 1;
}

void Arms::done(std::size_t arm, base::Duration took) noexcept {
  if (!controller_) return;
  ++windows_[arm].requests;
  ++windows_[arm].counts[ArmLayout::index(took)];
}

void Arms::failed(std::size_t arm) noexcept {
  if (!controller_) return;
  ++windows_[arm].requests;
  ++windows_[arm].failures;
}

void Arms::second(std::span<const float> weights, bool is_scaled, base::Time now) {
  if (!controller_) return;
  std::vector<std::vector<balance::LatencyBucket>> latency;
  for (const Window& each : windows_) latency.push_back(buckets_of(each.counts));
  std::vector<balance::ArmFacts> facts;
  for (std::size_t arm = 0; arm < windows_.size(); ++arm) {
    facts.push_back({.latency = latency[arm],
                     .requests = windows_[arm].requests,
                     .failures = windows_[arm].failures,
                     .load_variation = variation_of(windows_[arm].loads, weights)});
  }
  seed_ = base::mix64(seed_ + 0x9e3779b97f4a7c15ull);
  const balance::AdaptiveDecision decision =
      controller_->step({.now = now, .arms = facts, .scale = is_scaled, .seed = seed_});
  if (decision.changed()) {
    switches_.push_back({.at = now.time_since_epoch(),
                         .verdict = decision.verdict,
                         .from = algorithms_[decision.previous],
                         .to = algorithms_[decision.arm],
                         .why = balance::describe(decision, names_)});
  }
  if (decision.new_window) clear();
}

}  // namespace weir::simulate
