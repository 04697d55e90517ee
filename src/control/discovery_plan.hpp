#pragma once
// Discovery plan: from the members of a source and what it has just found to who joins and who
// leaves. Pure.
//
// 1. What is found as it was is not touched: counters and breakers go on.
// 2. A cycle that would take away more than half of the members joins the new ones and takes
//    nothing away, unless the cycle before would have taken away the same: an answer that is
//    empty, cut short or from the wrong server must not empty a service.
// 3. A set has at most kDiscoveredMax members; what is found beyond them is left out and said.
// Source: balancing.md, sections 2 and 16 (row 14).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir::control {

inline constexpr std::size_t kDiscoveredMax = 4096;

struct PlanMember {
  std::string key;  ///< its identity
  std::string address;
  std::uint32_t weight = 1;
  bool operator==(const PlanMember&) const = default;
};

/// What the last cycle would have taken away and did not. Owned by the source.
struct ChurnMemory {
  std::vector<std::string> held;  // sorted
};

struct MemberPlan {
  std::vector<std::string> leaves;  ///< keys; also of those that changed and join again
  std::vector<PlanMember> joins;    ///< after the leaves
  bool is_held = false;             ///< leaves wait for a second equal cycle
  std::string reason;               ///< of is_held and of what was left out; else empty
};

/// Requires: keys in `old` are unique; of equal keys in `found` the first counts.
MemberPlan plan_members(ChurnMemory& memory, std::span<const PlanMember> old,
                        std::span<const PlanMember> found, double leave_share_max = 0.5);

}  // namespace weir::control
