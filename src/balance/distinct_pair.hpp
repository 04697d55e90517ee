#pragma once
// distinct_pair: two different candidates, every ordered pair equally likely. Drawing twice with
// replacement would compare an endpoint with itself once in n draws, which is what makes two
// choices no better than one in small sets. Source: balancing.md, section 3, `random_two`.

#include <cstddef>
#include <cstdint>

#include "balance/untried.hpp"
#include "base/rng.hpp"

namespace weir::balance {

struct Pair {
  std::size_t first;
  std::size_t second;
};

/// Requires: at least two are left. Cost: two draws.
inline Pair distinct_pair(const Untried& untried, base::Rng& rng) noexcept {
  const auto n = static_cast<std::uint32_t>(untried.left());
  const std::size_t a = rng.below(n);
  std::size_t b = rng.below(n - 1);
  if (b >= a) ++b;
  return {untried.nth(a), untried.nth(b)};
}

}  // namespace weir::balance
