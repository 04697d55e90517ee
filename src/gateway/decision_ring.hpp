#pragma once
// DecisionRing: the last decisions of one lane worth keeping: every exchange that did not go well,
// every n-th of the rest, and whoever asked by header. Lane-only; who wants to read comes to the
// lane. Bounded: the oldest goes first.

#include <deque>
#include <string_view>
#include <vector>

#include "gateway/decision_view.hpp"

namespace weir::gateway {

class DecisionRing {
 public:
  static constexpr std::size_t kKept = 256;
  /// A traced exchange costs a dozen heap allocations and 3 µs, all others none.
  static constexpr std::uint32_t kEvery = 2000;

  /// Whether the picks of the exchange that begins now are to be traced.
  bool is_due() noexcept {
    if (++since_ < kEvery) return false;
    since_ = 0;
    return true;
  }

  void keep(DecisionView decision) {
    if (kept_.size() == kKept) kept_.pop_front();
    kept_.push_back(std::move(decision));
  }

  /// Newest first, at most `filter.limit`.
  std::vector<DecisionView> newest(const DecisionFilter& filter) const {
    std::vector<DecisionView> out;
    for (auto it = kept_.rbegin(); it != kept_.rend() && out.size() < filter.limit; ++it) {
      if (wants(filter, *it)) out.push_back(*it);
    }
    return out;
  }
  std::vector<DecisionView> newest(std::size_t limit) const {
    return newest(DecisionFilter{.limit = limit, .service = {}, .reason = {}});
  }
  /// Null when it is not (or no longer) here.
  const DecisionView* find(std::string_view request_id) const noexcept {
    for (const DecisionView& each : kept_) {
      if (each.request_id == request_id) return &each;
    }
    return nullptr;
  }

 private:
  std::deque<DecisionView> kept_;
  std::uint32_t since_ = kEvery - 1;  // the first exchange is traced
};

}  // namespace weir::gateway
