#pragma once
// Response time: weighted random on (health score)^2. Never the argmax: all lanes see the same
// scores, and all would send everything to the same endpoint until the next ones.
//
// 1. Every endpoint keeps a share of at least 1 %, so that a bad one can show that it recovered;
//    with more than 25 endpoints a quarter of the fair share (100 floors of 1 % would be a lottery
//    that ignores the scores).
// 2. Weights (the slow-start factor) multiply the squares.
// 3. The shares become an alias table when the scores change; a pick is then two draws.
// 4. Option pair: of a random pair the larger score x w/(in-flight + 1), scores below 1 counting as
//    1; it follows load between two scores.
//
// Source: balancing.md, section 3; Vose (1991) for the alias table.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balance/pick_input.hpp"
#include "balance/untried.hpp"

namespace weir::balance {

enum class ResponseTimeSelect : std::uint8_t { share, pair };

class PickResponseTime {
 public:
  explicit PickResponseTime(ResponseTimeSelect select = ResponseTimeSelect::share) noexcept
      : select_(select) {}

  /// Follows the set and the scores. Cost: O(1) while both are the same, else O(n), may allocate.
  void sync(const PickInput& in);
  /// Requires: synced; at least one is left. Cost: O(1); O(n) for a retry.
  std::size_t pick(const PickInput& in, const Untried& untried) noexcept;
  /// Share of the picks (sum 1), or with pair the score x w/(in-flight + 1). The larger, the
  /// better.
  double score(const PickInput& in, std::size_t index) const noexcept;

 private:
  void make_shares(const PickInput& in);
  void make_aliases();
  std::size_t draw(const PickInput& in, const Untried& untried) const noexcept;

  ResponseTimeSelect select_;
  bool synced_ = false;
  std::uint64_t generation_ = 0;
  std::uint64_t version_ = 0;
  std::vector<double> share_;
  std::vector<double> keep_;  // chance to stay with the column drawn
  std::vector<std::uint32_t> alias_;
};

}  // namespace weir::balance
