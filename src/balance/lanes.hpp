#pragma once
// Four 32-bit integers at a time, for the policies that look at every endpoint. Written with the
// vector extension of GCC and Clang because GCC 12 at -O2 leaves most such loops scalar; no
// instruction set is named. Arrays come in whole blocks of kLanes, see padded().

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::balance {

inline constexpr std::size_t kLanes = 4;
using Lanes [[gnu::vector_size(16)]] = std::int32_t;
using UnsignedLanes [[gnu::vector_size(16)]] = std::uint32_t;
using FloatLanes [[gnu::vector_size(16)]] = float;

/// Array size for n values, in whole Lanes.
constexpr std::size_t padded(std::size_t n) noexcept { return (n + kLanes - 1) / kLanes * kLanes; }

/// Four values from `from` on, as lanes of type L.
template <class L, class T>
L load_lanes(const T* from) noexcept {
  static_assert(sizeof(L) == kLanes * sizeof(T));
  L lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline void store_lanes(std::int32_t* to, Lanes lanes) noexcept {
  std::memcpy(to, &lanes, sizeof lanes);
}
inline Lanes all_lanes(std::int32_t value) noexcept { return Lanes{value, value, value, value}; }

inline Lanes least(Lanes a, Lanes b) noexcept { return a < b ? a : b; }
inline Lanes largest(Lanes a, Lanes b) noexcept { return a > b ? a : b; }

inline std::int32_t least_of(Lanes a) noexcept {
  return std::min(std::min(a[0], a[1]), std::min(a[2], a[3]));
}
inline std::int32_t largest_of(Lanes a) noexcept {
  return std::max(std::max(a[0], a[1]), std::max(a[2], a[3]));
}
/// Whether any lane of a comparison is true.
inline bool any_of(Lanes a) noexcept {
  const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(a);
  return (halves[0] | halves[1]) != 0;
}
inline std::int32_t sum_of(Lanes a) noexcept { return a[0] + a[1] + a[2] + a[3]; }

}  // namespace weir::balance
