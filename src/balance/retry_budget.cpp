#include "balance/retry_budget.hpp"

#include <algorithm>

namespace weir::balance {

RetryBudget::Ticket RetryBudget::ask(base::Time now, std::uint32_t under_way,
                                     bool is_exempt_from_cap) noexcept {
  if (!take_place(under_way, is_exempt_from_cap)) return Ticket(nullptr, RetryGrant::over_cap);
  window_.add(now, 0, 1);
  const PairWindow::Sums sums = window_.sums(now);
  if (sums.second <= allowed(sums.first)) return Ticket(this, RetryGrant::granted);
  window_.take_back_second(now);
  on_wire_.fetch_sub(1, std::memory_order_relaxed);
  return Ticket(nullptr, RetryGrant::over_budget);
}

RetryBudget::View RetryBudget::view(base::Time now) const noexcept {
  const PairWindow::Sums sums = window_.sums(now);
  const auto first = static_cast<double>(std::max<std::uint64_t>(sums.first, 1));
  return {.first_attempts = sums.first,
          .retries = sums.second,
          .allowed = allowed(sums.first),
          .on_wire = on_wire_.load(std::memory_order_relaxed),
          .amplification = sums.first == 0 ? 1 : 1 + static_cast<double>(sums.second) / first};
}

std::uint64_t RetryBudget::allowed(std::uint64_t first_attempts) const noexcept {
  const double by_share = config_.share * static_cast<double>(first_attempts);
  const double by_rate = config_.per_second_min * PairWindow::kSeconds;
  return static_cast<std::uint64_t>(std::max(by_share, by_rate));
}

bool RetryBudget::take_place(std::uint32_t under_way, bool is_exempt_from_cap) noexcept {
  const double by_share = config_.share * static_cast<double>(under_way);
  const auto cap = std::max(config_.wire_min, static_cast<std::uint32_t>(by_share));
  std::uint32_t seen = on_wire_.load(std::memory_order_relaxed);
  do {
    if (seen >= cap && !is_exempt_from_cap) return false;
  } while (!on_wire_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed));
  return true;
}

}  // namespace weir::balance
