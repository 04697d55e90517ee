#include "balance/rate_limit.hpp"

#include <algorithm>
#include <bit>

#include "base/hash.hpp"

namespace weir::balance {
namespace {

base::Time time_of(std::int64_t ns) noexcept { return base::Time(base::Duration(ns)); }

}  // namespace

RateLimit::RateLimit(const RateLimitConfig& config)
    : rule_(GcraRule::of(config.per_second, config.burst)) {
  constexpr std::size_t kKeysMax = std::size_t{1} << 24;
  const std::size_t keys = std::clamp<std::size_t>(config.keys, kWays, kKeysMax);
  const std::size_t sets = std::bit_ceil((keys + kWays - 1) / kWays);
  set_mask_ = sets - 1;
  sets_ = std::make_unique<Set[]>(sets);
}

GcraAnswer RateLimit::check(std::uint64_t key, base::Time now) noexcept {
  Cell& cell = cell_of(key == 0 ? 1 : key, now);
  std::int64_t seen = cell.tat.load(std::memory_order_relaxed);
  for (;;) {
    const GcraAnswer answer = gcra(time_of(seen), now, rule_);
    if (!answer.is_allowed) return answer;
    const std::int64_t next = answer.tat.time_since_epoch().count();
    if (cell.tat.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return answer;
  }
}

RateLimit::Cell& RateLimit::cell_of(std::uint64_t key, base::Time now) noexcept {
  auto& cells = sets_[base::mix64(key) & set_mask_].cells;
  for (;;) {
    Cell* oldest = &cells[0];
    for (Cell& cell : cells) {
      const std::uint64_t held = cell.key.load(std::memory_order_relaxed);
      if (held == key) return cell;
      if (held == 0) {
        oldest = &cell;
        break;
      }
      if (cell.tat.load(std::memory_order_relaxed) < oldest->tat.load(std::memory_order_relaxed)) {
        oldest = &cell;
      }
    }
    std::uint64_t held = oldest->key.load(std::memory_order_relaxed);
    if (held == key) return *oldest;
    const bool owes = time_of(oldest->tat.load(std::memory_order_relaxed)) > now;
    if (!oldest->key.compare_exchange_strong(held, key, std::memory_order_relaxed)) continue;
    if (owes) {
      oldest->tat.store(0, std::memory_order_relaxed);  // the old key's debt is not the new one's
      forgotten_.fetch_add(1, std::memory_order_relaxed);
    }
    return *oldest;
  }
}

}  // namespace weir::balance
