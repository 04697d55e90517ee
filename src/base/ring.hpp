#pragma once
// Ring<T>: the last N values, oldest first; pushing to a full ring forgets the oldest. Storage is
// taken once at construction.

#include <cstddef>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace weir::base {

template <class T>
class Ring {
 public:
  /// Requires: capacity > 0.
  explicit Ring(std::size_t capacity) : slots_(capacity) { WEIR_ASSERT(capacity > 0); }

  void push(T value) {
    slots_[(first_ + size_) % slots_.size()] = std::move(value);
    if (size_ < slots_.size()) {
      ++size_;
    } else {
      first_ = (first_ + 1) % slots_.size();
    }
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return slots_.size(); }
  bool empty() const noexcept { return size_ == 0; }
  /// 0 is the oldest. Requires: i < size().
  const T& operator[](std::size_t i) const { return slots_[(first_ + i) % slots_.size()]; }
  T& operator[](std::size_t i) { return slots_[(first_ + i) % slots_.size()]; }
  const T& back() const { return (*this)[size_ - 1]; }
  void clear() noexcept { first_ = size_ = 0; }

 private:
  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace weir::base
