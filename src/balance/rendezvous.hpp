#pragma once
// Hashing shared by the policies that map a key to an endpoint.
//
// 1. identity_of(id) stands in for the hash of an endpoint's address when none is given.
// 2. rendezvous(key, seeds) is uniform in 32 bits and independent for different seeds. It is paid
//    for every endpoint at each pick: two rounds of multiply and fold, four endpoints at a time.
//    The last fold is left out, since comparisons look at the high bits, which are mixed well.
// 3. An endpoint has 64 bits of seed: with 32, two of 10,000 would share theirs once in a hundred
//    sets, and the second of them would never be picked.
// Not for secrets: a client that knows the seeds can aim its key.

#include <cstdint>

#include "balance/lanes.hpp"
#include "base/hash.hpp"

namespace weir::balance {

constexpr std::uint64_t identity_of(std::uint32_t id) noexcept {
  return base::mix64(id + 0x9e3779b97f4a7c15ull);
}

/// For four endpoints. Requires: key and seeds are well mixed.
inline UnsignedLanes rendezvous(std::uint64_t key, UnsignedLanes low_seed,
                                UnsignedLanes high_seed) noexcept {
  UnsignedLanes x = (low_seed ^ static_cast<std::uint32_t>(key)) * 0x85ebca6bu;
  x ^= x >> 15;
  return (x ^ high_seed ^ static_cast<std::uint32_t>(key >> 32)) * 0xc2b2ae35u;
}

}  // namespace weir::balance
