#pragma once
// Smooth weighted round robin. Each candidate owns a current weight cw and an effective weight ew:
// every pick adds ew to cw, takes the largest cw (the first of equals) and subtracts the total of
// all ew from it. Any sum(w) picks in a row give each exactly w, spread as evenly as can be.
// A failure costs w/5 of ew; every pick returns one whole weight unit of it.
//
// 1. Weights are integers of 1/1024 (coarser only when they would not fit 30 bits): sums are exact,
//    so shares never drift, and the compiler can vectorise.
// 2. Arrays are padded to whole blocks; a pad has ew = 0 and a cw that is never the largest.
// 3. A tried endpoint takes no part in the pick: it neither gains nor counts in the total.
//
// Source: the rule is the one of NGINX's round robin module, described in balancing.md, section 3.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "balance/pick_input.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

class PickWeighted {
 public:
  /// `lane`: how many picks ahead of lane 0 the rotation begins.
  explicit PickWeighted(std::size_t lane = 0) noexcept : lane_(lane) {}

  /// Follows the set: cw and ew stay with their endpoint. Cost: O(1) while the generation is the
  /// same, else O(n), and it may allocate.
  void sync(const PickInput& in);
  /// Requires: synced; at least one is left. Cost: O(n), about 0.3 ns an endpoint.
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// The endpoint's cw as the next pick will compare it, in weights. The largest wins.
  double score(const PickInput& in, std::size_t index) const noexcept;
  /// An attempt on this endpoint failed. An id that is not in the set is ignored.
  void failed(std::uint32_t id) noexcept;

 private:
  std::size_t take_largest(std::int64_t left_out) noexcept;
  void recover() noexcept;

  std::size_t lane_;
  std::uint64_t generation_ = 0;
  bool synced_ = false;
  bool reduced_ = false;    // some ew < w
  double unit_ = 0;         // integers per weight 1
  std::int64_t total_ = 0;  // sum of ew
  std::vector<std::uint32_t> ids_;
  std::vector<std::int32_t> weight_, effective_, current_;
};

}  // namespace weir::balance
