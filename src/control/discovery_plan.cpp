#include "control/discovery_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace weir::control {

MemberPlan plan_members(ChurnMemory& memory, std::span<const PlanMember> old,
                        std::span<const PlanMember> found, double leave_share_max) {
  std::map<std::string_view, const PlanMember*> wanted;
  for (const PlanMember& each : found) wanted.emplace(each.key, &each);
  MemberPlan out;
  std::set<std::string_view> stays;
  for (const PlanMember& each : old) {
    const auto match = wanted.find(each.key);
    if (match != wanted.end() && *match->second == each) {
      stays.insert(each.key);
    } else {
      out.leaves.push_back(each.key);
    }
  }
  std::ranges::sort(out.leaves);
  const auto most = leave_share_max * static_cast<double>(old.size());
  const bool is_large = static_cast<double>(out.leaves.size()) > most;
  if (is_large && out.leaves != memory.held) {
    out.reason = fmt::format("{} of {} would leave at once; it must be found so twice",
                             out.leaves.size(), old.size());
    out.is_held = true;
    memory.held = std::move(out.leaves);
    out.leaves.clear();
  } else {
    memory.held.clear();
  }
  // Whoever is held stays, under its old address too, until it leaves.
  std::size_t count = out.is_held ? old.size() : stays.size();
  std::size_t left_out = 0;
  for (const auto& [key, member] : wanted) {
    const bool is_there =
        stays.contains(key) || (out.is_held && std::ranges::binary_search(memory.held, key));
    if (is_there) continue;
    if (count >= kDiscoveredMax) {
      ++left_out;
      continue;
    }
    ++count;
    out.joins.push_back(*member);
  }
  if (left_out > 0) {
    out.reason += fmt::format("{}{} are left out: at most {} are used", out.is_held ? "; " : "",
                              left_out, kDiscoveredMax);
  }
  return out;
}

}  // namespace weir::control
