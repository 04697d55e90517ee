#pragma once
// ConnectionBound: how many connections several servers may have open together: those of all lanes
// and listeners draw on the same descriptors. Split among them it would leave each a handful where
// descriptors are few and lanes many.
//
// Order of shedding, as places run out: keep-alive ends (is_crowded), accepting ends (try_enter),
// requests are refused by what limits them (upstream/concurrency_gate).
//
// Shared by the lanes: one atomic, changed once when a connection begins and once when it ends.

#include <atomic>
#include <cstdint>

namespace weir::http {

class ConnectionBound {
 public:
  explicit ConnectionBound(std::uint32_t max) noexcept : max_(max) {}
  ConnectionBound(const ConnectionBound&) = delete;
  ConnectionBound& operator=(const ConnectionBound&) = delete;

  /// Takes a place; false: there is none. Counted first and taken back: never more than max.
  bool try_enter() noexcept {
    if (open_.fetch_add(1, std::memory_order_relaxed) < max_) return true;
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void leave() noexcept { open_.fetch_sub(1, std::memory_order_relaxed); }

  /// Seven places of eight are taken: connections then end with their answer, so that newcomers
  /// find a place before anybody has to be refused one. Cost: one load.
  bool is_crowded() const noexcept {
    return max_ >= 8 && open_.load(std::memory_order_relaxed) >= max_ - max_ / 8;
  }

  std::uint32_t max() const noexcept { return max_; }
  std::uint32_t open() const noexcept { return open_.load(std::memory_order_relaxed); }

 private:
  const std::uint32_t max_;
  alignas(64) std::atomic<std::uint32_t> open_{0};  // it guards nothing else, so relaxed
};

}  // namespace weir::http
