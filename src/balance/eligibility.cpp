#include "balance/eligibility.hpp"

#include <algorithm>

namespace weir::balance {
namespace {

bool takes_traffic(const Standing& endpoint) noexcept {
  return static_cast<float>(endpoint.weight * endpoint.ramp) > 0;
}

Eligibility decide_group(std::span<const Standing> endpoints, std::uint32_t group,
                         const EligibilityConfig& config) {
  Eligibility out{.in = {}, .weights = {}, .group = group};
  std::size_t counted = 0;
  std::size_t eligible = 0;
  for (const Standing& one : endpoints) {
    if (one.group != group || !takes_traffic(one) || one.reasons.has_any(kLeavingReasons)) continue;
    ++counted;
    // A full limit is health at work, so it is no reason to panic.
    eligible += one.reasons.without({HostReason::limit_full}).empty();
  }
  if (counted > 0) out.share = static_cast<double>(eligible) / static_cast<double>(counted);
  out.is_panic = out.share < config.panic_below;
  const HostReasons ignored = out.is_panic ? kPanicIgnores : HostReasons();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const Standing& one = endpoints[i];
    if (one.group != group || !takes_traffic(one) || !one.reasons.without(ignored).empty())
      continue;
    out.in.push_back(static_cast<std::uint32_t>(i));
    out.weights.push_back(static_cast<float>(one.weight * one.ramp));
  }
  return out;
}

std::vector<std::uint32_t> groups_of(std::span<const Standing> endpoints) {
  std::vector<std::uint32_t> groups;
  for (const Standing& one : endpoints) groups.push_back(one.group);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

}  // namespace

Eligibility decide_eligibility(std::span<const Standing> endpoints,
                               const EligibilityConfig& config) {
  const std::vector<std::uint32_t> groups = groups_of(endpoints);
  const auto has_eligible = [&](std::uint32_t group) {
    return std::any_of(endpoints.begin(), endpoints.end(), [group](const Standing& one) {
      return one.group == group && takes_traffic(one) && one.reasons.empty();
    });
  };
  for (const std::uint32_t group : groups) {
    if (has_eligible(group)) return decide_group(endpoints, group, config);
  }
  // Nobody anywhere: the first group in which panic finds somebody, else the primary one, empty.
  for (const std::uint32_t group : groups) {
    Eligibility found = decide_group(endpoints, group, config);
    if (!found.in.empty()) return found;
  }
  return decide_group(endpoints, groups.empty() ? 0 : groups.front(), config);
}

}  // namespace weir::balance
