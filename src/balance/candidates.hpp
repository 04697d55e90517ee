#pragma once
// Candidates: what a policy may know of the endpoints it chooses from, as parallel arrays.
//
// 1. Only eligible endpoints are here; who is left out and why is host_state's business.
// 2. Index i means the same endpoint in every array; ids ascend, so that a set that changed can be
//    matched with an older one.
// 3. `generation` changes whenever any array but the in-flight counts does.
// Views only: the published endpoint set owns the arrays (in the gateway), the world does (in
// simulate). Source: balancing.md, section 3.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.hpp"

namespace weir::balance {

/// "Nobody": no candidate is left.
inline constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

struct Candidates {
  std::uint64_t generation = 0;
  std::span<const std::uint32_t> ids;
  std::span<const float> weights;  ///< > 0; the configured weight times the slow-start factor
  bool equal_weights = true;       ///< all weights are the same: policies may skip them
  /// Attempts under way on each endpoint, of all lanes. Shared: read relaxed, as a hint.
  std::span<const std::atomic<std::uint32_t>* const> in_flight;

  std::size_t size() const noexcept { return ids.size(); }
  std::uint32_t load(std::size_t index) const noexcept {
    return in_flight[index]->load(std::memory_order_relaxed);
  }
};

/// The endpoints this exchange has tried already (or was refused by), by id: the set may change
/// between two attempts. Usually empty.
class Tried {
 public:
  /// Three attempts by default, ten at most, a hedge, and refused picks beside them.
  static constexpr std::size_t kMax = 32;

  bool empty() const noexcept { return count_ == 0; }
  bool full() const noexcept { return count_ == kMax; }
  std::size_t size() const noexcept { return count_; }
  bool has(std::uint32_t id) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if (ids_[i] == id) return true;
    }
    return false;
  }
  std::span<const std::uint32_t> ids() const noexcept { return {ids_, count_}; }
  /// Requires: !full().
  void add(std::uint32_t id) noexcept {
    WEIR_ASSERT(count_ < kMax);
    ids_[count_++] = id;
  }

 private:
  std::uint32_t ids_[kMax];
  std::uint8_t count_ = 0;
};

}  // namespace weir::balance
