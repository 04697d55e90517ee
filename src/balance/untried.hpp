#pragma once
// Untried: which candidates this exchange may still use, by index. Resolves the ids of Tried
// against one candidate set; nearly always nothing is tried and everything here is free.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "balance/candidates.hpp"

namespace weir::balance {

class Untried {
 public:
  /// Cost: nothing when `tried` is empty, else one pass over the ids (a retry, not the fast path).
  Untried(const Candidates& candidates, const Tried& tried) noexcept : size_(candidates.size()) {
    if (!tried.empty()) [[unlikely]] {
      find(candidates.ids, tried);
    }
  }

  bool everyone() const noexcept { return count_ == 0; }
  std::size_t left() const noexcept { return size_ - count_; }
  /// Indexes that are out, ascending.
  std::span<const std::uint32_t> out() const noexcept { return {out_.data(), count_}; }

  bool has(std::size_t index) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      if (out_[i] == index) return false;
    }
    return true;
  }

  /// The k-th candidate that is left, counted from 0. Requires: k < left().
  std::size_t nth(std::size_t k) const noexcept {
    for (std::size_t i = 0; i < count_ && out_[i] <= k; ++i) ++k;
    return k;
  }

 private:
  void find(std::span<const std::uint32_t> ids, const Tried& tried) noexcept {
    for (std::size_t i = 0; i < ids.size() && count_ < tried.size(); ++i) {
      if (tried.has(ids[i])) out_[count_++] = static_cast<std::uint32_t>(i);
    }
  }

  std::size_t size_;
  std::size_t count_ = 0;
  std::array<std::uint32_t, Tried::kMax> out_;  // only the first count_ are set
};

}  // namespace weir::balance
