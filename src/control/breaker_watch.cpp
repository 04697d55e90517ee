#include "control/breaker_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::control {
namespace {

using balance::BreakerState;

bool is_open(BreakerState state) noexcept {
  return state == BreakerState::open || state == BreakerState::forced_open;
}

// As the tables spell it: being forced is a column of its own.
std::string_view word(BreakerState state) noexcept {
  if (is_open(state)) return "open";
  return state == BreakerState::half_open ? "half_open" : "closed";
}

std::string reason_of(const balance::BreakerSnapshot& now, BreakerState before,
                      const balance::Breaker& breaker) {
  if (now.forced) return "by the operator";
  switch (now.state) {
    case BreakerState::half_open:
      return "probing";
    case BreakerState::open:
      if (before == BreakerState::half_open) return "a probe failed";
      return now.failures >= breaker.config().failures
                 ? fmt::format("{} consecutive failures", now.failures)
                 : "share of failures";
    default:
      return before == BreakerState::half_open ? "recovered" : "by the operator";
  }
}

}  // namespace

void BreakerWatch::compare(const std::string& service, const balance::Breaker& breaker, Seen& seen,
                           std::vector<BreakerNews>& news) {
  const balance::BreakerSnapshot now = breaker.snapshot();
  const bool is_same = now.state == seen.state && now.forced == seen.is_forced;
  // Open, tried and open again since the last look is a change; a reset of what was closed is none.
  const bool was_round = now.generation != seen.generation && now.state != BreakerState::closed;
  if (!is_same || was_round) {
    // Every step is a generation: two of them from open went through half-open. One from open to
    // closed is a reset.
    const bool was_between = is_open(seen.state) && now.generation - seen.generation > 1;
    const BreakerState before = was_between ? BreakerState::half_open : seen.state;
    news.push_back({.service = service,
                    .endpoint = seen.endpoint,
                    .state = word(now.state),
                    .is_forced = now.forced,
                    .has_opened = is_open(now.state) && (!is_open(seen.state) || was_round),
                    .failures = now.failures,
                    .reason = reason_of(now, before, breaker)});
    seen.was_told = true;
  }
  seen.state = now.state;
  seen.is_forced = now.forced;
  seen.generation = now.generation;
}

// An endpoint that runs again is another one under its old name: what was told of the one before
// ends, unless the one that is there has told already.
void BreakerWatch::note_gone(const std::string& service, SeenService& seen,
                             std::vector<BreakerNews>& news) {
  for (const auto& [id, each] : seen.endpoints) {
    if (each.look == look_ || !each.was_told) continue;
    const bool is_spoken_for =
        std::ranges::any_of(seen.endpoints, [this, &each](const auto& other) {
          const Seen& twin = other.second;
          return twin.look == look_ && twin.was_told && twin.endpoint == each.endpoint;
        });
    if (is_spoken_for) continue;
    news.push_back({.service = service, .endpoint = each.endpoint, .is_gone = true, .reason = {}});
  }
  std::erase_if(seen.endpoints, [this](const auto& each) { return each.second.look != look_; });
}

std::vector<BreakerNews> BreakerWatch::look(const std::vector<ServiceEntry>& services) {
  ++look_;
  std::vector<BreakerNews> news;
  for (const ServiceEntry& entry : services) {
    const std::string& name = entry.service->name;
    SeenService& seen = services_[name];
    seen.own.look = look_;
    for (const EndpointEntry& each : entry.endpoints) {
      Seen& known = seen.endpoints[each.endpoint->id];
      if (known.look == 0) known.endpoint = each.endpoint->name;
      known.look = look_;
    }
    note_gone(name, seen, news);
    compare(name, entry.service->breaker, seen.own, news);
    for (const EndpointEntry& each : entry.endpoints) {
      compare(name, each.endpoint->breaker, seen.endpoints[each.endpoint->id], news);
    }
  }
  for (const auto& [name, seen] : services_) {
    if (seen.own.look == look_) continue;
    const auto was_told = [](const auto& each) { return each.second.was_told; };
    if (!seen.own.was_told && std::ranges::none_of(seen.endpoints, was_told)) continue;
    news.push_back({.service = name, .endpoint = {}, .is_gone = true, .reason = {}});
  }
  std::erase_if(services_, [this](const auto& each) { return each.second.own.look != look_; });
  return news;
}

}  // namespace weir::control
