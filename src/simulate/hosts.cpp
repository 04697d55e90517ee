#include "simulate/hosts.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "balance/health_score.hpp"
#include "base/hash.hpp"

namespace weir::simulate {
namespace {

using balance::CheckEnd;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace host_event = balance::host_event;

constexpr std::size_t kRecentOfHost = 1024;
constexpr std::size_t kRecentOfService = 8192;
constexpr auto kRates = seconds(10);  // what the last p50 and p95 are of
constexpr auto kScored = seconds(30);
constexpr std::uint64_t kOutlierSeconds = 10;
constexpr base::Duration kRampStep = milliseconds(500);
constexpr base::Duration kSilent = milliseconds(500);
constexpr base::Duration kPromptTimeout = milliseconds(800);
constexpr base::Duration kCheckAnswer = milliseconds(1);

balance::HealthFacts::Breaker seen_by_score(balance::BreakerState state) noexcept {
  using Seen = balance::HealthFacts::Breaker;
  switch (state) {
    case balance::BreakerState::open:
    case balance::BreakerState::forced_open:
      return Seen::open;
    case balance::BreakerState::half_open:
      return Seen::half_open;
    default:
      return Seen::closed;
  }
}

bool same_breaker(const balance::BreakerSnapshot& a, const balance::BreakerSnapshot& b) noexcept {
  return a.state == b.state && a.generation == b.generation &&
         (a.probes_free == 0) == (b.probes_free == 0);
}

}  // namespace

Hosts::Host::Host(const World& world, std::size_t number, base::Time now)
    : breaker({}, base::mix64(number)),
      recent(kRecentOfHost),
      is_member(!world.endpoints[number].joins_later),
      answered_at(now) {}

Hosts::Hosts(const World& world, const HostsOptions& options, EventQueue& events,
             const Fleet& fleet, base::Time now)
    : world_(world),
      options_(options),
      events_(events),
      fleet_(fleet),
      rng_(base::mix64(options.seed + 2)),
      recent_(kRecentOfService),
      all_scores_(world.endpoints.size(), 100) {
  config_.has_check = world.resilience.checks;
  config_.slow_start.window = world.slow_start;
  balance::HostConfig at_start = config_;
  at_start.initial = balance::InitialCheck::healthy;  // weir has waited for their first check
  for (std::size_t i = 0; i < world.endpoints.size(); ++i) {
    Host& host = hosts_.emplace_back(world, i, now);
    host.state = balance::host_joined(at_start, now, true);
    if (config_.has_check && host.is_member) host.schedule.emplace(check_config_, now, rng_);
  }
  tables_.service_in_flight = &in_flight_;
  refresh(now);
}

void Hosts::begin_attempt(std::size_t index) noexcept {
  hosts_[index].in_flight.fetch_add(1, std::memory_order_relaxed);
  in_flight_.fetch_add(1, std::memory_order_relaxed);
}

void Hosts::end_attempt(std::size_t index, base::Duration took, Ending ending, bool is_refused,
                        base::Time now) {
  Host& host = hosts_[index];
  host.in_flight.fetch_sub(1, std::memory_order_relaxed);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  host.recent.add(now, took, ending);
  recent_.add(now, took, ending);
  host.has_finished = true;
  if (is_refused) host.is_suspected = true;
}

void Hosts::step(Host& host, const balance::HostEvent& event, base::Time now) {
  balance::HostStep stepped = balance::step(host.state, event, config_, now);
  host.state = std::move(stepped.state);
  if (stepped.wants_prompt_check && host.schedule) host.schedule->prompt(now);
  const balance::HostReasons reasons = balance::verdict(host.state, config_, now).reasons;
  is_changed_ = is_changed_ || reasons != host.reasons || host.state.ramp_since.has_value() ||
                host.is_ramping;
  host.reasons = reasons;
  host.is_ramping = host.state.ramp_since.has_value();
}

/// Time alone changes nothing about it.
bool Hosts::is_steady(const Host& host) const noexcept {
  const balance::HostState& state = host.state;
  return state.membership == balance::Membership::in &&
         (!config_.has_check || state.check == balance::CheckState::pass) && !state.is_ejected &&
         !state.ramp_since && !state.is_ramp_due &&
         state.breaker.breaker.state == balance::BreakerState::closed;
}

void Hosts::look(base::Time now) {
  base::Time answered{};
  for (Host& host : hosts_) {
    if (host.has_finished) host.grew_at = now;
    if (host.has_finished || host.in_flight.load(std::memory_order_relaxed) == 0) {
      host.answered_at = now;
    }
    host.has_finished = false;
    answered = std::max(answered, host.grew_at);
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    Host& host = hosts_[i];
    if (!host.is_member) continue;
    host.breaker.poll(now);
    const balance::BreakerSnapshot seen = host.breaker.snapshot();
    if (!same_breaker(seen, host.state.breaker.breaker)) {
      step(host, host_event::BreakerSeen{.breaker = seen}, now);
    }
    if (!is_steady(host)) step(host, host_event::Tick{}, now);
    if (std::exchange(host.is_suspected, false)) step(host, host_event::ConnectFailed{}, now);
    if (!host.schedule) continue;
    watch_silence(host, answered, now);
    if (host.schedule->is_due(now)) begin_check(i, now);
  }
  if (is_changed_) refresh(now);
}

void Hosts::watch_silence(Host& host, base::Time others_answered, base::Time now) {
  if (now - host.answered_at < kSilent || now - host.silence_told < kSilent) return;
  host.silence_told = now;
  step(host,
       host_event::Silent{.attempts = host.in_flight.load(std::memory_order_relaxed),
                          .do_peers_answer = now - others_answered < kSilent},
       now);
}

void Hosts::begin_check(std::size_t index, base::Time now) {
  Host& host = hosts_[index];
  host.is_prompt = host.schedule->start(now, rng_);
  base::Duration takes = kCheckAnswer;
  host.check_end = CheckEnd::passed;
  if (fleet_.condition(index) == Condition::dead) host.check_end = CheckEnd::refused;
  if (fleet_.condition(index) == Condition::frozen) {
    host.check_end = CheckEnd::timed_out;
    takes = host.is_prompt ? kPromptTimeout : check_config_.timeout;
  }
  events_.add(now + takes, {.kind = EventKind::check_over, .a = static_cast<std::uint32_t>(index)});
}

void Hosts::check_over(std::size_t index, base::Time now) {
  Host& host = hosts_[index];
  host.schedule->finish(now);
  step(host,
       host_event::CheckDone{
           .end = host.check_end, .is_prompt = host.is_prompt, .next = host.schedule->next()},
       now);
  if (is_changed_) refresh(now);
}

void Hosts::second(base::Time now) {
  ++seconds_;
  const RecentWindow service = recent_.after(now - kRates);
  p50_ = service.p50;
  p95_ = service.p95;
  std::vector<double> costs;
  for (const Host& host : hosts_) {
    const base::Duration p50 = host.recent.after(now - kRates).p50;
    if (p50 > base::Duration{}) costs.push_back(base::to_ms(p50) * 1e3);
  }
  if (!costs.empty()) {
    const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
    std::nth_element(costs.begin(), middle, costs.end());
    tables_.service_median_us = *middle;
  }
  if (world_.resilience.outliers && seconds_ % kOutlierSeconds == 0) judge_outliers(now);
  if (options_.wants_scores) score(now);
}

void Hosts::judge_outliers(base::Time now) {
  std::vector<balance::OutlierFacts> facts;
  std::vector<balance::OutlierTrack> tracks;
  std::vector<std::size_t> who;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (!hosts_[i].is_member) continue;
    const RecentWindow window = hosts_[i].recent.after(now - seconds(kOutlierSeconds));
    facts.push_back({.requests = window.attempts,
                     .broken = window.broken,
                     .failed_upstream = window.errors,
                     .latency_samples = window.answered(),
                     .p95 = window.p95});
    tracks.push_back(hosts_[i].outlier);
    who.push_back(i);
  }
  const auto ejections = balance::judge_outliers(facts, tracks, {}, now);
  for (std::size_t i = 0; i < who.size(); ++i) hosts_[who[i]].outlier = tracks[i];
  for (const balance::Ejection& each : ejections) {
    step(hosts_[who[each.index]],
         host_event::Ejected{
             .evidence = each.evidence, .ejections = each.ejections, .until = each.until},
         now);
  }
  refresh(now);
}

void Hosts::score(base::Time now) {
  std::vector<balance::HealthFacts> facts;
  for (const Host& host : hosts_) {
    const RecentWindow window = host.recent.after(now - kScored);
    facts.push_back({.attempts = window.attempts,
                     .failures = window.failures(),
                     .p95 = window.p95,
                     .breaker = seen_by_score(host.state.breaker.breaker.state)});
  }
  balance::health_scores(facts, {}, all_scores_);
  ++tables_.scores_version;
  for (std::size_t i = 0; i < ids_.size(); ++i) scores_[i] = all_scores_[index_of(i)];
}

void Hosts::refresh(base::Time now) {
  is_changed_ = false;
  std::vector<balance::Standing> standings;
  standings.reserve(hosts_.size());
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    balance::Standing standing;
    standing.reasons = host.is_member ? balance::verdict(host.state, config_, now).reasons
                                      : balance::HostReasons{balance::HostReason::gone};
    standing.weight = static_cast<double>(world_.endpoints[i].weight);
    standing.ramp = balance::ramp_factor(host.state, config_, now);
    standings.push_back(standing);
  }
  const balance::Eligibility decided = balance::decide_eligibility(standings, {});
  const auto same_id = [](std::uint32_t index, std::uint32_t id) { return index + 1 == id; };
  const bool same_members = std::ranges::equal(decided.in, ids_, same_id);
  if (same_members && (decided.weights == weights_ || now - published_at_ < kRampStep)) return;
  published_at_ = now;
  publish(decided);
}

void Hosts::publish(const balance::Eligibility& decided) {
  const std::vector<std::uint64_t> before = std::move(identities_);
  ids_.clear();
  counters_.clear();
  identities_.clear();
  scores_.clear();
  std::vector<float> configured;
  for (const std::uint32_t index : decided.in) {
    ids_.push_back(index + 1);
    counters_.push_back(&hosts_[index].in_flight);
    identities_.push_back(base::mix64(index + 0x5eedull));
    scores_.push_back(all_scores_[index]);
    configured.push_back(world_.endpoints[index].weight);
  }
  weights_ = decided.weights;
  if (options_.wants_ring && !ids_.empty() && (identities_ != before || ring_ == nullptr)) {
    ring_ = std::make_unique<balance::HashRing>(identities_, configured);
  }
  candidates_ = {.generation = candidates_.generation + 1,
                 .ids = ids_,
                 .weights = weights_,
                 .equal_weights = std::ranges::adjacent_find(
                                      weights_, std::ranges::not_equal_to{}) == weights_.end(),
                 .in_flight = counters_};
  tables_.ring = ring_.get();
  tables_.identities = identities_;
  tables_.scores =
      options_.wants_scores ? std::span<const double>(scores_) : std::span<const double>();
  ++tables_.scores_version;
}

void Hosts::join(const Group& who, base::Time now) {
  for (std::size_t i = who.first; i < who.first + who.count; ++i) {
    Host& host = hosts_[i];
    host.is_member = true;
    host.state = balance::host_joined(config_, now, false);
    host.answered_at = now;
    if (config_.has_check) host.schedule.emplace(check_config_, now, rng_);
  }
  refresh(now);
}

void Hosts::supervised(const Group& who, bool is_up, base::Time now) {
  for (std::size_t i = who.first; i < who.first + who.count; ++i) {
    if (is_up) {
      step(hosts_[i], host_event::Started{}, now);
    } else {
      step(hosts_[i], host_event::Died{.signal = 9}, now);
    }
  }
  refresh(now);
}

}  // namespace weir::simulate
