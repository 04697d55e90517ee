#pragma once
// Round robin: next in rotation.
//
// 1. n picks touch each of n endpoints once. When the set changes, the rotation goes on after the
//    endpoint picked last: none is skipped and none is taken twice.
// 2. With unequal weights (a slow start) an endpoint lets its turn pass with probability 1 -
//    weight/largest weight. With equal weights there is no chance in it.
// 3. A retry takes the next one not tried; those passed over on the way have had their turn.

#include <cstddef>
#include <cstdint>

#include "balance/pick_input.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

class PickRoundRobin {
 public:
  /// `lane`: where this lane begins, so that lanes do not all begin with the first endpoint.
  explicit PickRoundRobin(std::size_t lane = 0) noexcept : next_(lane) {}

  /// Follows the set. Cost: O(1) while the generation is the same, else O(n).
  void sync(const PickInput& in) noexcept;
  /// Requires: synced; at least one is left.
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// Turns until it is this endpoint's: 0 is next.
  double score(const PickInput& in, std::size_t index) const noexcept;

 private:
  std::size_t pass_over(const PickInput& in, const Untried& untried) const noexcept;

  std::size_t next_;
  std::uint64_t generation_ = 0;
  std::uint32_t last_id_ = 0;
  float largest_weight_ = 1;
  bool synced_ = false;
  bool picked_any_ = false;
};

}  // namespace weir::balance
