#pragma once
// Consistent hash with bounded load: from the key's place on the ring (or in the Maglev table) go
// clockwise to the first endpoint with load < capacity, capacity = ceil(c (m + 1) w/W), m the
// service's attempts in flight. One hot key then overflows to its neighbours instead of drowning
// its owner. Without a table: rendezvous hashing over the key, without the bound.
//
// The walk ends after 16 places an endpoint: that many are needed only when nearly all are full, or
// when the counters contradict each other. Then the one with the least load/w is taken, which has
// room whenever anybody has.
//
// Source: Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads" (2018).

#include <cstddef>
#include <cstdint>
#include <span>

#include "balance/pick_input.hpp"
#include "balance/pick_ip_hash.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

class PickConsistentHash {
 public:
  /// `load_bound`: c, 1.25 to 2; less than 1 would leave nobody with room and counts as 1.
  explicit PickConsistentHash(double load_bound = 1.25) noexcept
      : load_bound_(load_bound < 1 ? 1 : load_bound) {}

  /// Follows the set. Cost: O(1) while the generation is the same, else O(n), may allocate.
  void sync(const PickInput& in);
  /// Requires: synced; at least one is left. Cost: O(1) while the owner has room.
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// For each candidate its rank clockwise from the key, those without room after all others. The
  /// smallest wins. Without a table: minus the rendezvous score. Cost: allocates, O(places).
  void scores(const PickInput& in, std::span<double> out) const;

 private:
  /// Attempts each weight unit may have in flight: c (m + 1)/W.
  double allowance(const PickInput& in) const noexcept;
  template <class Table>
  std::size_t walk(const Table& table, const PickInput& in, const Untried& untried) const noexcept;
  std::size_t lightest(const Candidates& set, const Untried& untried) const noexcept;

  double load_bound_;
  std::uint64_t generation_ = 0;
  bool synced_ = false;
  double total_weight_ = 1;
  PickIpHash without_table_;
};

}  // namespace weir::balance
