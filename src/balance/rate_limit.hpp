#pragma once
// RateLimit: so many requests a second for each key (client address, header, …), in a table of
// fixed size that all lanes share.
//
// 1. A key lives in one set of eight cells, two cache lines. A new key takes an empty cell, else
// the
//    cell with the earliest TAT: the one that has used its allowance least lately.
// 2. A cell whose TAT has passed says the same as an empty one, so taking it changes nothing for
// its
//    old key; only a table with too few cells for the keys under way forgets debts (`forgotten`).
// 3. Nothing is locked. Two lanes that meet while a cell changes hands may let one request too many
//    pass, or refuse one; between changes of hands the count is exact.
// 4. Keys are 64-bit hashes made by the caller, with a secret seed, so that nobody can aim at a
// set. Memory: 16 bytes a cell, taken at construction. Source: balancing.md, section 7; gcra.hpp.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "balance/gcra.hpp"
#include "base/clock.hpp"

namespace weir::balance {

struct RateLimitConfig {
  double per_second = 500;
  std::uint32_t burst = 100;
  std::size_t keys = 100'000;  ///< rounded up to 8 x a power of two, at most 2^24
};

class RateLimit {
 public:
  explicit RateLimit(const RateLimitConfig& config);

  /// Charges one request to `key`. Cost: no allocation; two cache lines.
  GcraAnswer check(std::uint64_t key, base::Time now) noexcept;

  /// Keys the table can hold.
  std::size_t capacity() const noexcept { return (set_mask_ + 1) * kWays; }
  /// Keys pushed out while they still owed something: the table is too small.
  std::uint64_t forgotten() const noexcept { return forgotten_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kWays = 8;
  struct Cell {
    // shared: 0 = empty. Changed by exchange only, so that one lane wins a cell.
    std::atomic<std::uint64_t> key{0};
    // shared: TAT in ns. The time is the whole message, so relaxed.
    std::atomic<std::int64_t> tat{0};
  };
  struct alignas(64) Set {
    std::array<Cell, kWays> cells;
  };

  Cell& cell_of(std::uint64_t key, base::Time now) noexcept;

  const GcraRule rule_;
  std::size_t set_mask_;
  std::unique_ptr<Set[]> sets_;
  std::atomic<std::uint64_t> forgotten_{0};  ///< shared: a statistic
};

}  // namespace weir::balance
