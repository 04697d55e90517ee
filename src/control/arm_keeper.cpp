#include "control/arm_keeper.hpp"

#include "base/clock.hpp"
#include "base/hash.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kMarkEvery = std::chrono::seconds(10);
constexpr base::Duration kShownTime = std::chrono::seconds(60);

// An ejection or an open breaker is no change of scale: it would freeze adaptive just when an
// endpoint is bad and the arms differ.
std::vector<std::uint32_t> members_of(const ServiceEntry& service) {
  std::vector<std::uint32_t> out;
  for (const EndpointEntry& each : service.endpoints) {
    if (each.ready) out.push_back(each.endpoint->id);
  }
  return out;
}

std::vector<balance::LatencyBucket> buckets_of(const telemetry::HistogramSnapshot& latency) {
  std::vector<balance::LatencyBucket> out;
  const auto counts = latency.buckets();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const base::Duration middle = telemetry::HistogramSnapshot::Layout::middle(i);
    out.push_back({base::to_ms(middle) * 1e3, counts[i]});
  }
  return out;
}

}  // namespace

ArmKeeper::Mark ArmKeeper::mark(const ServiceEntry& service, base::Time now) const {
  Mark out{.at = now};
  for (std::size_t arm = 0; arm < traffic_->arms().size(); ++arm) {
    out.arms.push_back(traffic_->sum(arm));
  }
  for (const EndpointEntry& each : service.endpoints) {
    Picks& picks = out.picks[each.endpoint->id];
    for (std::size_t lane = 0; lane < each.endpoint->traffic.lanes(); ++lane) {
      for (std::size_t arm = 0; arm < out.arms.size(); ++arm) {
        picks[arm] += each.endpoint->arm_picks[lane].of[arm].value();
      }
    }
  }
  return out;
}

std::vector<ArmKeeper::Measured> ArmKeeper::since(const Mark& from, const Mark& to,
                                                  const ServiceEntry& service) const {
  std::vector<Measured> out(to.arms.size());
  for (std::size_t arm = 0; arm < out.size(); ++arm) {
    Measured& each = out[arm];
    each.latency = to.arms[arm].latency;
    each.latency.subtract(from.arms[arm].latency);
    each.buckets = buckets_of(each.latency);
    each.facts.requests = to.arms[arm].requests - from.arms[arm].requests;
    each.facts.failures = to.arms[arm].failures - from.arms[arm].failures;
    std::vector<double> loads;
    std::vector<float> weights;
    for (const EndpointEntry& endpoint : service.endpoints) {
      if (!endpoint.eligible) continue;
      const auto now = to.picks.find(endpoint.endpoint->id);
      const auto before = from.picks.find(endpoint.endpoint->id);
      if (now == to.picks.end()) continue;
      std::uint64_t base = before == from.picks.end() ? 0 : before->second[arm];
      if (base > now->second[arm]) base = 0;
      loads.push_back(static_cast<double>(now->second[arm] - base));
      weights.push_back(static_cast<float>(endpoint.weight) * endpoint.share);
    }
    each.facts.load_variation = balance::load_variation(loads, weights);
  }
  for (Measured& each : out) each.facts.latency = each.buckets;  // they do not move any more
  return out;
}

// Other arms than before: everything is counted anew.
void ArmKeeper::begin(const ServiceEntry& service, base::Time now) {
  traffic_ = service.policy->arm_traffic;
  controller_.reset();
  minute_.clear();
  names_.clear();
  view_ = {};
  if (traffic_ == nullptr) return;
  for (const balance::Algorithm each : traffic_->arms()) names_.push_back(balance::name(each));
  members_ = members_of(service);
  window_ = mark(service, now);
  minute_.push_back(window_);
}

void ArmKeeper::second(const ServiceEntry& service, bool is_disturbed, base::Time now) {
  if (service.policy->arm_traffic != traffic_) begin(service, now);
  if (traffic_ == nullptr) return;
  const bool is_adaptive = service.policy->balance.algorithm == balance::Algorithm::adaptive;
  // Somebody else has changed the arm: the controller begins anew with what is in force.
  const bool is_astray =
      controller_ && !service.policy->pin && controller_->current() != service.policy->arm;
  if (is_adaptive != controller_.has_value() || is_astray) {
    controller_.reset();
    window_ = mark(service, now);
    if (is_adaptive) controller_.emplace(traffic_->arms().size(), timeout_, service.policy->arm);
  }
  view_.is_adaptive = is_adaptive;
  const Mark seen = mark(service, now);
  if (controller_) decide(service, seen, is_disturbed, now);
  show(service, seen);
  if (now - minute_.back().at >= kMarkEvery) minute_.push_back(seen);
  while (minute_.size() > 1 && now - minute_[1].at >= kShownTime) minute_.pop_front();
}

void ArmKeeper::decide(const ServiceEntry& service, const Mark& seen, bool is_disturbed,
                       base::Time now) {
  const std::vector<Measured> measured = since(window_, seen, service);
  std::vector<balance::ArmFacts> facts;
  for (const Measured& each : measured) facts.push_back(each.facts);
  std::vector<std::uint32_t> members = members_of(service);
  const bool is_scaled = members != members_;
  members_ = std::move(members);
  seed_ = base::mix64(seed_ + 0x9e3779b97f4a7c15ull);
  const balance::AdaptiveDecision decision = controller_->step({.now = now,
                                                                .arms = facts,
                                                                .reload = is_disturbed,
                                                                .scale = is_scaled,
                                                                .pin = service.policy->pin,
                                                                .seed = seed_});
  if (decision.new_window) {
    window_ = seen;
    view_.last_verdict = balance::describe(decision, names_);
    view_.verdict_wall_ms = base::wall_ms();
  }
  if (!decision.changed()) return;
  view_.switches.push_back({.wall_ms = base::wall_ms(),
                            .verdict = decision.verdict,
                            .from = names_[decision.previous],
                            .to = names_[decision.arm],
                            .why = view_.last_verdict});
  if (view_.switches.size() > kSwitchesKept) view_.switches.pop_front();
  log_.info("adaptive",
            {{"service", service.service->name},
             {"from", names_[decision.previous]},
             {"to", names_[decision.arm]},
             {"seed", decision.seed}},
            "{}", view_.last_verdict);
  registry_.set_arm(service.service->name, decision.arm, service.policy->number, now);
}

void ArmKeeper::show(const ServiceEntry& service, const Mark& seen) {
  const upstream::ServicePolicy& policy = *service.policy;
  const std::vector<Measured> measured = since(minute_.front(), seen, service);
  const std::size_t current = controller_ ? controller_->current() : policy.arm;
  const double timeout_us = base::to_ms(timeout_) * 1e3;
  view_.pinned.reset();
  if (policy.pin) view_.pinned = names_[*policy.pin];
  view_.arms.clear();
  for (std::size_t arm = 0; arm < measured.size(); ++arm) {
    const Measured& each = measured[arm];
    const auto requests = static_cast<double>(each.facts.requests);
    const double slice = balance::kArmSlice;
    ArmView out{.algorithm = traffic_->arms()[arm], .is_current = arm == current};
    out.share = arm == current ? 1 - slice * static_cast<double>(measured.size() - 1) : slice;
    out.requests_total = seen.arms[arm].requests;
    out.failures_total = seen.arms[arm].failures;
    out.requests = each.facts.requests;
    out.error_ratio = requests > 0 ? static_cast<double>(each.facts.failures) / requests : 0;
    out.p50 = each.latency.percentile(0.50);
    out.p95 = each.latency.percentile(0.95);
    out.p99 = each.latency.percentile(0.99);
    out.spread = each.facts.load_variation;
    out.cost_us = each.facts.requests > 0 ? balance::arm_cost_us(each.facts, timeout_us) : 0;
    view_.arms.push_back(out);
  }
}

}  // namespace weir::control
