#pragma once
// MaglevTable: 65,537 slots that name an endpoint each; a key reads one slot. Endpoints take turns
// claiming the next free slot of their own permutation, so shares are exact, where the ring's vary.
//
// 1. Immutable once built: the control lane builds it, a published snapshot owns it, lanes read it.
// 2. At equal weights the slots of two endpoints differ by one at most. Weight = turns: the
//    heaviest endpoint takes each of its turns, another w/w_max of them.
// 3. A removal moves the removed one's keys and, unlike on the ring, a few others: 1.0/n in all at
//    10 endpoints, 1.6/n at 100, 2/n at 150, 6.8/n at 1,000 (the table is too small for those).
// 4. More than 65,535 endpoints do not fit: the table stays empty and size() is 0.
//
// Source: Eisenbud et al., "Maglev" (NSDI 2016), section 3.4.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.hpp"

namespace weir::balance {

class MaglevTable {
 public:
  static constexpr std::size_t kSlots = 65537;  // prime, so that every skip visits every slot

  /// Requires: as many weights as identities; weights > 0. Cost: allocates 128 KiB; about 3 ms for
  /// 1,000 endpoints.
  MaglevTable(std::span<const std::uint64_t> identities, std::span<const float> weights);

  std::size_t endpoints() const noexcept { return endpoints_; }
  /// kSlots, or 0 for a set that is empty or does not fit.
  std::size_t size() const noexcept { return owners_.size(); }
  std::size_t owner(std::size_t place) const noexcept { return owners_[place]; }
  std::size_t next(std::size_t place) const noexcept { return place + 1 < kSlots ? place + 1 : 0; }
  /// The key's slot. Requires: size() > 0.
  std::size_t find(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>(((base::mix64(key ^ kSalt) >> 32) * kSlots) >> 32);
  }

 private:
  static constexpr std::uint64_t kSalt = 0xd6e8feb86659fd93ull;

  std::size_t endpoints_;
  std::vector<std::uint16_t> owners_;
};

}  // namespace weir::balance
