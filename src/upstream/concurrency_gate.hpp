#pragma once
// ConcurrencyGate: how many exchanges of a service may be under way on all lanes, and who waits.
//
// 1. The limit is learned by the control lane (balance/concurrency_limit) and read here.
// 2. Each lane has its own line, so that waking is lane-local; their lengths add up to `places`.
//    Within a lane nobody overtakes. A place that another lane frees is found by looking again.
// 3. Whoever is inside holds an Inside; its end frees the place on every way out.
// Source: balancing.md, section 7.

#include <atomic>
#include <cstdint>
#include <utility>

#include "balance/concurrency_limit.hpp"
#include "balance/queue_rule.hpp"
#include "config/settings.hpp"
#include "runtime/lane.hpp"
#include "runtime/readiness.hpp"
#include "runtime/task.hpp"

namespace weir::upstream {

/// Shared by all lanes.
class ConcurrencyGate {
 public:
  explicit ConcurrencyGate(const config::Concurrency& settings) noexcept;

  bool try_enter() noexcept {
    if (inside_.fetch_add(1, std::memory_order_relaxed) < limit_.load(std::memory_order_relaxed)) {
      return true;
    }
    inside_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void leave() noexcept { inside_.fetch_sub(1, std::memory_order_relaxed); }

  std::uint32_t inside() const noexcept { return inside_.load(std::memory_order_relaxed); }
  std::uint32_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  void set_limit(std::uint32_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }
  const balance::QueueConfig& queue() const noexcept { return queue_; }

  /// Waiting on all lanes.
  std::atomic<std::uint32_t> waiting{0};
  /// When nobody waited last. Relaxed: a hint.
  std::atomic<base::Time> empty_at{base::Time{}};
  /// Refused since the start.
  std::atomic<std::uint64_t> refused{0};

 private:
  const balance::QueueConfig queue_;
  // shared: what every exchange changes; the limit beside it is read with it. Relaxed: a count.
  alignas(64) std::atomic<std::uint32_t> inside_{0};
  std::atomic<std::uint32_t> limit_;
};

balance::LimitConfig limit_config(const config::Concurrency& settings) noexcept;

/// One lane's line before a gate. Lane-only.
class WaitingLine {
 public:
  /// A place inside. Move-only.
  class Inside {
   public:
    Inside() = default;
    Inside(Inside&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), line_(other.line_) {}
    Inside& operator=(Inside&& other) noexcept {
      leave();
      gate_ = std::exchange(other.gate_, nullptr);
      line_ = other.line_;
      return *this;
    }
    ~Inside() { leave(); }
    explicit operator bool() const noexcept { return gate_ != nullptr; }

   private:
    friend class WaitingLine;
    Inside(ConcurrencyGate& gate, WaitingLine& line) noexcept : gate_(&gate), line_(&line) {}
    void leave() noexcept {
      if (gate_ == nullptr) return;
      std::exchange(gate_, nullptr)->leave();
      line_->wake();
    }
    ConcurrencyGate* gate_ = nullptr;
    WaitingLine* line_ = nullptr;
  };

  /// At once, when there is room and nobody waits here; an empty one: call wait().
  Inside enter(ConcurrencyGate& gate) noexcept {
    if (first_ == nullptr && gate.try_enter()) return Inside(gate, *this);
    return {};
  }

  /// Waits for a place, at most the queue's time. Empty: refused. `client`: when it
  /// ends meanwhile, so does the wait; one that ended before is half-closed and waits on.
  runtime::Task<Inside> wait(runtime::Lane& lane, ConcurrencyGate& gate, runtime::Readiness& client,
                             base::Deadline deadline);

 private:
  struct Waiting {
    explicit Waiting(runtime::Lane& lane) : readiness(lane) {}
    runtime::Readiness readiness;
    Waiting* next = nullptr;
  };
  void wake() noexcept {
    if (first_ != nullptr) first_->readiness.signal_readable();
  }
  void remove(Waiting& waiting) noexcept;

  Waiting* first_ = nullptr;
  Waiting* last_ = nullptr;
};

}  // namespace weir::upstream
