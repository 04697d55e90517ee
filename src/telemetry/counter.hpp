#pragma once
// Counter and Gauge: numbers with ONE writer (the lane that owns them) and any number of readers.
//
// One writer means no read-modify-write is needed: a relaxed load and a relaxed store compile to
// mov/add/mov, without the lock prefix that costs 20 cycles. A second writer would lose counts, so
// each lane has its own set and the reader sums them (telemetry/traffic.hpp). Counters are not
// padded one by one: one lane touches them together, so they should share cache lines; the struct
// that holds a lane's counters is what is aligned to 64 bytes.

#include <atomic>
#include <cstdint>

namespace weir::telemetry {

/// Only grows. Wraps at 2^64, which no counter of ours reaches.
class Counter {
 public:
  Counter() noexcept = default;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// From any thread.
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Negative only while summing lanes when a thing moved between them.
class Gauge {
 public:
  Gauge() noexcept = default;
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;

  void add(std::int64_t n = 1) noexcept { set(value() + n); }
  void subtract(std::int64_t n = 1) noexcept { set(value() - n); }
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  /// From any thread.
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace weir::telemetry
