#pragma once
// RetryBudget: how many retries (hedges count as such) a service may make. Two bounds:
//
//   budget   retries in the last 10 s + 1 <= max(20 % of first attempts, 3/s x 10 s)
//   cap      retries on the wire     <  max(3, 20 % of (active + queued))
//
// 1. The larger of the two terms, not their sum: amplification is at most 1.2 from 15 requests/s
// on.
// 2. All lanes share it. A retry is written down before the sums are read and taken back when they
//    are too high, so lanes at the bound together may both be refused but never both let through.
// 3. Over the cap a retry waits inside its deadline; over the budget it ends. Waiting costs no
// budget. Source: balancing.md, section 5; Finagle's and Envoy's budgets, with `max` for their sum.

#include <atomic>
#include <cstdint>
#include <utility>

#include "balance/pair_window.hpp"
#include "base/clock.hpp"

namespace weir::balance {

struct RetryBudgetConfig {
  double share = 0.20;         ///< of first attempts, and of requests under way
  double per_second_min = 3;   ///< so that a quiet service may retry at all
  std::uint32_t wire_min = 3;  ///< retries that may always be on the wire
};

enum class RetryGrant : std::uint8_t { granted, over_cap, over_budget };

class RetryBudget {
 public:
  class Ticket;

  explicit RetryBudget(const RetryBudgetConfig& config = {}) noexcept : config_(config) {}
  RetryBudget(const RetryBudget&) = delete;
  RetryBudget& operator=(const RetryBudget&) = delete;

  /// Counts the first attempt of an exchange. Cost: one atomic exchange.
  void add_first_attempt(base::Time now) noexcept { window_.add(now, 1, 0); }

  /// Asks for one retry; hold the ticket while it is on the wire. `under_way`: active + queued
  /// exchanges of the service. `is_exempt_from_cap`: the first retry after a provably unsent
  /// failure. Lifetime: the budget outlives the ticket. Cost: no allocation, ten loads.
  Ticket ask(base::Time now, std::uint32_t under_way, bool is_exempt_from_cap = false) noexcept;

  struct View {
    std::uint64_t first_attempts = 0;  ///< last 10 s
    std::uint64_t retries = 0;         ///< last 10 s
    std::uint64_t allowed = 0;         ///< retries that 10 s allow now
    std::uint32_t on_wire = 0;
    double amplification = 1;  ///< upstream attempts / requests of the last 10 s
  };
  View view(base::Time now) const noexcept;

 private:
  std::uint64_t allowed(std::uint64_t first_attempts) const noexcept;
  bool take_place(std::uint32_t under_way, bool is_exempt_from_cap) noexcept;

  const RetryBudgetConfig config_;
  PairWindow window_;  ///< shared: first attempts and retries of every lane
  // shared: retries between ask() and their ticket's end; it guards nothing else, so relaxed.
  alignas(64) std::atomic<std::uint32_t> on_wire_{0};
};

/// A retry on the wire, or why there is none. Move-only; its end frees the place.
class [[nodiscard]] RetryBudget::Ticket {
 public:
  Ticket(Ticket&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), grant_(other.grant_) {}
  Ticket& operator=(Ticket&& other) noexcept {
    if (this == &other) return *this;
    end();
    budget_ = std::exchange(other.budget_, nullptr);
    grant_ = other.grant_;
    return *this;
  }
  ~Ticket() { end(); }

  explicit operator bool() const noexcept { return budget_ != nullptr; }
  RetryGrant grant() const noexcept { return grant_; }
  void end() noexcept {
    RetryBudget* budget = std::exchange(budget_, nullptr);
    if (budget) budget->on_wire_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  friend class RetryBudget;
  Ticket(RetryBudget* budget, RetryGrant grant) noexcept : budget_(budget), grant_(grant) {}

  RetryBudget* budget_;
  RetryGrant grant_;
};

}  // namespace weir::balance
