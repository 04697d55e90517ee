#pragma once
// Backlog: the writes that wait, within a bound. Decides who has to go when there is no room.
//
// Invariants
//  1. Waiting and taken writes together stay within rows_max and bytes_max.
//  2. To make room the oldest samples go first, then the oldest log rows, but nothing goes for
//     something that matters less: a sample never displaces a log row.
//  3. Records are never dropped; when only records are left a new one is refused.
//  4. take() gives writes in the order in which they came.
// Pure: no lock, no thread, no clock.

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "store/write.hpp"

namespace weir::store {

struct BacklogLimits {
  std::size_t rows_max = 20'000;
  std::size_t bytes_max = std::size_t{16} << 20;
  /// One write above this is refused: it would push everything else out.
  std::size_t write_bytes_max = std::size_t{1} << 20;
};

class Backlog {
 public:
  struct Entry {
    std::uint64_t sequence = 0;
    std::size_t bytes = 0;
    Write write;
    Done done;
  };

  explicit Backlog(BacklogLimits limits = {}) : limits_(limits) {}

  /// Queues a write; `displaced` gets what had to go for it. Fails: too_large; overloaded when
  /// nothing that matters less could go. `done` is untouched then.
  base::Result<std::uint64_t> push(Write write, Done&& done, std::vector<Entry>& displaced);

  /// The oldest writes, at least one if any waits. They count until settle().
  std::vector<Entry> take(std::size_t rows_max, std::size_t bytes_max);
  /// Writes that were taken are dealt with. Shape: what take() gave, or part of it.
  void settle(std::size_t rows, std::size_t bytes) noexcept;
  /// All that waits, for an end that cannot write them.
  std::vector<Entry> take_all();

  /// Waiting and taken.
  std::size_t rows() const noexcept { return rows_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t waiting() const noexcept;
  /// What push() will give next.
  std::uint64_t next() const noexcept { return next_; }
  /// The lowest number among those that wait; next() when none does.
  std::uint64_t first_waiting() const noexcept;

  /// By kind: writes displaced or refused for want of room.
  const std::array<std::uint64_t, kKinds>& dropped() const noexcept { return dropped_; }

 private:
  std::deque<Entry>& of(Kind kind) noexcept { return waiting_[static_cast<std::size_t>(kind)]; }
  std::deque<Entry>* oldest() noexcept;
  bool fits(std::size_t bytes) const noexcept;
  void displace(std::deque<Entry>& from, std::vector<Entry>& displaced);

  const BacklogLimits limits_;
  std::array<std::deque<Entry>, kKinds> waiting_;
  std::uint64_t next_ = 1;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::array<std::uint64_t, kKinds> dropped_{};
};

}  // namespace weir::store
