#pragma once
// Round robin: next in rotation. Pure: the state is one lane's, the candidates are sorted by id.
//
// When the set changes under it, the rotation goes on after the endpoint picked last: none is
// skipped and none is taken twice.

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::balance {

class RoundRobin {
 public:
  /// `start`: where this lane begins, so that lanes do not all begin with the first endpoint.
  explicit RoundRobin(std::size_t start = 0) noexcept : next_(start) {}

  /// The index of the endpoint to use. Requires: ids is not empty and ascending. Cost: O(1) while
  /// the set is the same, O(log n) once after it changed.
  std::size_t pick(std::span<const std::uint32_t> ids, std::uint64_t generation) noexcept {
    if (generation != generation_) {
      generation_ = generation;
      next_ = picked_any_ ? first_after(ids, last_id_) : next_ % ids.size();
    }
    if (next_ >= ids.size()) next_ = 0;
    const std::size_t index = next_++;
    last_id_ = ids[index];
    picked_any_ = true;
    return index;
  }

 private:
  static std::size_t first_after(std::span<const std::uint32_t> ids, std::uint32_t id) noexcept {
    std::size_t low = 0;
    std::size_t high = ids.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (ids[middle] > id) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  std::size_t next_;
  std::uint64_t generation_ = 0;
  std::uint32_t last_id_ = 0;
  bool picked_any_ = false;
};

}  // namespace weir::balance
