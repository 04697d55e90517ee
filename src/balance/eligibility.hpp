#pragma once
// Eligibility: from the verdicts on all endpoints of a service, who takes part in the next picks?
//
// 1. Groups: the lowest priority group with an eligible endpoint serves; backups only when no
//    primary is eligible.
// 2. Panic: when the eligible share of that group is below 50 %, checks and ejections are ignored,
//    because too few would have to carry all, and the check may be what is broken. What drains, is
//    forced open or has an open breaker stays out. Endpoints that leave on purpose are not counted.
// 3. The weight is the configured one times slow start. Weight 0 takes no traffic and is not
// counted. Runs on the control lane. Source: balancing.md, section 2.

#include <cstdint>
#include <span>
#include <vector>

#include "balance/host_verdict.hpp"

namespace weir::balance {

struct EligibilityConfig {
  double panic_below = 0.5;  ///< 0 = off
};

/// One endpoint, as the control lane knows it.
struct Standing {
  HostReasons reasons{};
  double weight = 1;
  double ramp = 1;          ///< ramp_factor()
  std::uint32_t group = 0;  ///< 0 = primary, more = backup
};

struct Eligibility {
  std::vector<std::uint32_t> in;  ///< indices, ascending
  std::vector<float> weights;     ///< parallel to `in`, > 0
  bool is_panic = false;
  std::uint32_t group = 0;  ///< which one serves
  double share = 1;         ///< eligible share of that group
};

/// Cost: O(n x groups), allocates.
Eligibility decide_eligibility(std::span<const Standing> endpoints,
                               const EligibilityConfig& config);

}  // namespace weir::balance
