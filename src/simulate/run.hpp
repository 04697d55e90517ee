#pragma once
// Run: plays a world with one algorithm in virtual time: a loop over events, nothing waits.
//
// Deterministic: the same world, options and seed give the same Outcome to the last bit, whatever
// else the machine does and in whatever order runs are made. No state outlives a run.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "balance/algorithm.hpp"
#include "simulate/outcome.hpp"
#include "simulate/world.hpp"

namespace weir::simulate {

/// Arms of adaptive, the first being the one it begins with (balancing.md, section 15).
inline const std::vector<balance::Algorithm> kDefaultArms = {
    balance::Algorithm::random_two, balance::Algorithm::least_response_time,
    balance::Algorithm::least_connections};

struct RunOptions {
  balance::Algorithm algorithm = balance::Algorithm::round_robin;
  std::vector<balance::Algorithm> arms = kDefaultArms;  ///< adaptive only
  std::size_t lanes = 2;
  std::uint64_t seed = 1;
  std::function<void(double share)> on_progress;  ///< once a virtual second; may be empty
};

/// Requires: lanes >= 1; 2 to 20 arms, none of them adaptive; world.requests >= 1.
/// Cost: about 1 us a request with ten endpoints.
Outcome run(const World& world, const RunOptions& options);

}  // namespace weir::simulate
