#include "balance/pick_least_connections.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "balance/lanes.hpp"

namespace weir::balance {
namespace {

constexpr std::int32_t kOut = INT32_MAX;

/// The least (load, rank) seen so far in each lane, where it was seen first, and how often.
struct Best {
  Lanes load = all_lanes(kOut);
  Lanes rank = all_lanes(kOut);
  Lanes index = all_lanes(0);
  Lanes ties = all_lanes(0);

  [[gnu::always_inline]] void look_at(Lanes other_load, Lanes other_rank, Lanes where) noexcept {
    const Lanes same_load = other_load == load;
    const Lanes better = (other_load < load) | (same_load & (other_rank < rank));
    const Lanes same = same_load & (other_rank == rank);
    load = better ? other_load : load;
    rank = better ? other_rank : rank;
    index = better ? where : index;
    ties = better ? all_lanes(1) : ties - same;  // a lane that is true is -1
  }
};

/// The lanes of `best` together: least load, least rank of those, and how often that was seen.
struct Least {
  std::int32_t load;
  std::int32_t rank;
  std::int32_t ties;
  std::int32_t index;  // of one of them

  explicit Least(const Best& best) noexcept : load(least_of(best.load)), index(0) {
    const Lanes lowest = best.load == load;
    rank = least_of(lowest ? best.rank : all_lanes(kOut));
    const Lanes both = lowest & (best.rank == rank);
    ties = sum_of(both & best.ties);
    for (std::size_t i = 0; i < kLanes; ++i) index = both[i] != 0 ? best.index[i] : index;
  }
};

/// (in-flight + 1)/w as bits that order like the numbers.
Lanes loads_of(Lanes in_flight, const float* per_weight) noexcept {
  return std::bit_cast<Lanes>(__builtin_convertvector(in_flight + 1, FloatLanes) *
                              load_lanes<FloatLanes>(per_weight));
}

/// Four values from `base` on; kOut beyond the end.
Lanes four_of(std::span<const std::uint32_t> values, std::size_t base) noexcept {
  if (base + kLanes <= values.size()) [[likely]] {
    return load_lanes<Lanes>(&values[base]);
  }
  Lanes out = all_lanes(kOut);
  for (std::size_t i = base; i < values.size(); ++i) {
    out[i - base] = static_cast<std::int32_t>(values[i]);
  }
  return out;
}

/// Writes every load to `loads`. The fast path: one pass, everything but the counters in registers.
Least gather(const Candidates& set, const float* per_weight, std::span<const std::uint32_t> recent,
             std::int32_t* loads) noexcept {
  const std::atomic<std::uint32_t>* const* const counters = set.in_flight.data();
  const auto in_flight = [counters](std::size_t i) {
    return static_cast<std::int32_t>(counters[i]->load(std::memory_order_relaxed));
  };
  const std::size_t n = recent.size();
  Best best;
  Lanes where = {0, 1, 2, 3};
  std::size_t base = 0;
  for (; base + kLanes <= n; base += kLanes) {
    const Lanes counts = {in_flight(base), in_flight(base + 1), in_flight(base + 2),
                          in_flight(base + 3)};
    const Lanes load = loads_of(counts, per_weight + base);
    store_lanes(loads + base, load);
    best.look_at(load, four_of(recent, base), where);
    where += static_cast<std::int32_t>(kLanes);
  }
  if (base < n) {
    Lanes counts = all_lanes(0);
    for (std::size_t i = base; i < n; ++i) counts[i - base] = in_flight(i);
    Lanes load = loads_of(counts, per_weight + base);
    for (std::size_t i = n; i < base + kLanes; ++i) load[i - base] = kOut;
    store_lanes(loads + base, load);
    best.look_at(load, four_of(recent, base), where);
  }
  return Least(best);
}

/// The same from loads gathered before.
Least look_again(std::span<const std::int32_t> loads,
                 std::span<const std::uint32_t> recent) noexcept {
  Best best;
  Lanes where = {0, 1, 2, 3};
  for (std::size_t base = 0; base < recent.size(); base += kLanes) {
    best.look_at(load_lanes<Lanes>(&loads[base]), four_of(recent, base), where);
    where += static_cast<std::int32_t>(kLanes);
  }
  return Least(best);
}

/// The k-th index at which `same(base)` is true. Requires: there are more than k.
template <class Same>
std::size_t nth_where(std::uint32_t k, Same same) noexcept {
  auto left = static_cast<std::int32_t>(k);
  for (std::size_t base = 0;; base += kLanes) {
    const Lanes here = same(base);
    if (!any_of(here)) continue;
    const std::int32_t count = -sum_of(here);
    if (left >= count) {
      left -= count;
      continue;
    }
    for (std::size_t i = 0;; ++i) {
      if (here[i] != 0 && left-- == 0) return base + i;
    }
  }
}

}  // namespace

void PickLeastConnections::sync(const PickInput& in) {
  const Candidates& set = in.candidates;
  if (synced_ && generation_ == set.generation) return;
  per_weight_.assign(padded(set.size()), 0);
  for (std::size_t i = 0; i < set.size(); ++i) per_weight_[i] = 1 / set.weights[i];
  load_.assign(padded(set.size()), kOut);
  generation_ = set.generation;
  synced_ = true;
}

std::size_t PickLeastConnections::pick(const PickInput& in, const Untried& untried) noexcept {
  const std::span<const std::uint32_t> recent = in.facts.recent();
  Least least = gather(in.candidates, per_weight_.data(), recent, load_.data());
  if (!untried.everyone()) [[unlikely]] {
    for (const std::uint32_t index : untried.out()) load_[index] = kOut;
    least = look_again(load_, recent);
  }
  if (least.ties == 1) return static_cast<std::size_t>(least.index);
  return nth_where(in.rng.below(static_cast<std::uint32_t>(least.ties)), [&](std::size_t base) {
    return (load_lanes<Lanes>(&load_[base]) == least.load) & (four_of(recent, base) == least.rank);
  });
}

double PickLeastConnections::score(const PickInput& in, std::size_t index) const noexcept {
  return load_after(in.candidates, index);
}

}  // namespace weir::balance
