#pragma once
// RecordRing: a bounded ring of exchange records from one lane to the access log's thread.
//
// The producer fills a slot in place (claim, fill, publish) and never waits: a full ring drops the
// record and counts it. The consumer reads in place (front, pop).
//
// Invariants
// 1. One producer thread, one consumer thread. head_ is stored by the producer only, tail_ by the
//    consumer only; release on the store and acquire on the other side's load hand the slot over.
// 2. Each side keeps a stale copy of the other's index and refreshes it only when it seems to be
//    out of room, so that in steady state the two share no cache line per record.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/assert.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/exchange_record.hpp"

namespace weir::telemetry {

class RecordRing {
 public:
  /// Requires: capacity > 0; rounded up to a power of two. Cost: about 1 KB a record, touched only
  /// as it fills.
  explicit RecordRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1),
        slots_(static_cast<ExchangeRecord*>(std::malloc((mask_ + 1) * sizeof(ExchangeRecord)))) {
    WEIR_ASSERT(capacity > 0 && slots_ != nullptr);
  }

  std::size_t capacity() const noexcept { return mask_ + 1; }

  // Producer.

  /// The slot to fill, or null when the ring is full; the drop is counted. Its old contents are
  /// arbitrary. Claiming again without publish() gives the same slot.
  ExchangeRecord* claim() noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_seen_ > mask_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head - tail_seen_ > mask_) {
        dropped_.add();
        return nullptr;
      }
    }
    return &slots_[head & mask_];
  }

  /// Hands over what was claimed. True once each time the ring gets half full by the producer's
  /// knowledge: the moment to wake a consumer that sleeps.
  bool publish() noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed) + 1;
    head_.store(head, std::memory_order_release);
    if (head - tail_seen_ <= mask_ / 2) [[likely]] {
      return false;
    }
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return head - tail_seen_ == mask_ / 2 + 1;
  }

  bool try_push(const ExchangeRecord& record) noexcept {
    ExchangeRecord* const slot = claim();
    if (slot == nullptr) return false;
    *slot = record;
    publish();
    return true;
  }

  // Consumer.

  /// The oldest record, or null when there is none. Lifetime: until pop().
  const ExchangeRecord* front() noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_seen_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail == head_seen_) return nullptr;
    }
    return &slots_[tail & mask_];
  }

  /// Requires: front() was not null.
  void pop() noexcept {
    tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // Any thread.

  /// Records lost because the ring was full.
  std::uint64_t dropped() const noexcept { return dropped_.value(); }

 private:
  // Fixed after construction.
  std::size_t mask_;
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<ExchangeRecord[], Free> slots_;  // malloc: `new` would touch every page
  // Producer's line.
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t tail_seen_ = 0;
  Counter dropped_;
  // Consumer's line.
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_seen_ = 0;
};

}  // namespace weir::telemetry
