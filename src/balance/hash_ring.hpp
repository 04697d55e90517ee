#pragma once
// HashRing: 160 points x weight of each endpoint on a circle of 2^32 positions, sorted. A key
// belongs to the first point clockwise, so the keys of an endpoint that leaves spread over all the
// others and no other key moves.
//
// 1. Immutable once built: the control lane builds it, a published snapshot owns it, lanes read it.
// 2. An endpoint's points depend on its identity alone; less weight means the first so many of
//    them. Equal positions order by index, so that removals keep the order of who stays.
// 3. A directory holds where each of 2^k equal arcs begins, one arc a point: a lookup reads its arc
//    and on average one point, where a binary search over 1.3 MB would miss the cache 10 times.
// 4. At most 2^20 points in all (12 MB): beyond, everybody gets proportionally fewer, but one.
//
// Source: Karger et al. (1997); 160 points as in ketama.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/hash.hpp"

namespace weir::balance {

class HashRing {
 public:
  /// Requires: as many weights as identities; weights > 0. Cost: allocates; about 4 ms for 1,000
  /// endpoints.
  HashRing(std::span<const std::uint64_t> identities, std::span<const float> weights);

  std::size_t endpoints() const noexcept { return endpoints_; }
  /// Points, which is what find() and next() count.
  std::size_t size() const noexcept { return points_.size(); }
  /// Ascending.
  std::uint32_t position(std::size_t place) const noexcept { return points_[place].position; }
  static std::uint32_t position_of(std::uint64_t key) noexcept {
    return static_cast<std::uint32_t>(base::mix64(key ^ kSalt) >> 32);
  }
  std::size_t owner(std::size_t place) const noexcept { return points_[place].owner; }
  std::size_t next(std::size_t place) const noexcept {
    return place + 1 < points_.size() ? place + 1 : 0;
  }
  /// The place of the first point clockwise of the key. Requires: size() > 0.
  std::size_t find(std::uint64_t key) const noexcept {
    const std::uint32_t position = position_of(key);
    std::size_t place = arc_starts_[std::uint64_t{position} >> arc_shift_];
    while (place < points_.size() && points_[place].position < position) ++place;
    return place < points_.size() ? place : 0;
  }

 private:
  static constexpr std::uint64_t kSalt = 0x9fb21c651e98df25ull;

  struct Point {
    std::uint32_t position;
    std::uint32_t owner;
  };

  std::size_t endpoints_;
  int arc_shift_ = 32;
  std::vector<Point> points_;
  std::vector<std::uint32_t> arc_starts_;
};

}  // namespace weir::balance
