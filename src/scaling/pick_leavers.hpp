#pragma once
// Which endpoints leave when a service shrinks: the newest first. The old ones are warm, hold the
// long connections and the hashed keys. Pure.

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"

namespace weir::scaling {

struct Candidate {
  std::uint32_t id = 0;
  base::Time joined{};
  bool is_leaving = false;  ///< it leaves already and is not counted
};

/// Ids of at most `count` that are not leaving, the newest first; the higher id of two that joined
/// together.
std::vector<std::uint32_t> pick_leavers(std::span<const Candidate> candidates, std::size_t count);

}  // namespace weir::scaling
