#include "balance/pick_consistent_hash.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include "balance/hash_ring.hpp"
#include "balance/maglev_table.hpp"

namespace weir::balance {
namespace {

constexpr std::size_t kPlacesPerEndpoint = 16;

template <class Table>
bool fits(const Table* table, const Candidates& set) noexcept {
  return table != nullptr && table->size() > 0 && table->endpoints() == set.size();
}

bool has_room(const Candidates& set, std::size_t index, double allowance) noexcept {
  // The small part keeps a product like 4.0000000001 from rounding up to five.
  const double capacity = std::ceil(allowance * static_cast<double>(set.weights[index]) - 1e-6);
  return set.load(index) < capacity;
}

template <class Table>
void rank(const Table& table, const PickInput& in, double allowance, std::span<double> out) {
  const std::size_t n = out.size();
  std::vector<bool> seen(n, false);
  std::size_t found = 0;
  std::size_t place = table.find(in.key);
  for (std::size_t steps = 0; steps < table.size() && found < n; ++steps) {
    const std::size_t index = table.owner(place);
    if (!seen[index]) {
      seen[index] = true;
      const std::size_t behind = has_room(in.candidates, index, allowance) ? 0 : n;
      out[index] = static_cast<double>(found++ + behind);
    }
    place = table.next(place);
  }
}

}  // namespace

void PickConsistentHash::sync(const PickInput& in) {
  if (synced_ && generation_ == in.candidates.generation) return;
  const auto weights = in.candidates.weights;
  total_weight_ = std::accumulate(weights.begin(), weights.end(), 0.0);
  without_table_.sync(in);
  generation_ = in.candidates.generation;
  synced_ = true;
}

std::size_t PickConsistentHash::pick(const PickInput& in, const Untried& untried) noexcept {
  if (fits(in.tables.maglev, in.candidates)) return walk(*in.tables.maglev, in, untried);
  if (fits(in.tables.ring, in.candidates)) return walk(*in.tables.ring, in, untried);
  return without_table_.pick(in, untried);
}

double PickConsistentHash::allowance(const PickInput& in) const noexcept {
  std::uint64_t in_flight = 0;
  if (in.tables.service_in_flight != nullptr) {
    in_flight = in.tables.service_in_flight->load(std::memory_order_relaxed);
  } else {
    for (std::size_t i = 0; i < in.candidates.size(); ++i) in_flight += in.candidates.load(i);
  }
  return load_bound_ * static_cast<double>(in_flight + 1) / total_weight_;
}

template <class Table>
std::size_t PickConsistentHash::walk(const Table& table, const PickInput& in,
                                     const Untried& untried) const noexcept {
  const double each = allowance(in);
  const bool everyone = untried.everyone();
  std::size_t place = table.find(in.key);
  for (std::size_t steps = kPlacesPerEndpoint * in.candidates.size(); steps > 0; --steps) {
    const std::size_t index = table.owner(place);
    if (has_room(in.candidates, index, each) && (everyone || untried.has(index))) return index;
    place = table.next(place);
  }
  return lightest(in.candidates, untried);
}

std::size_t PickConsistentHash::lightest(const Candidates& set,
                                         const Untried& untried) const noexcept {
  std::size_t best = kNobody;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (!untried.has(i)) continue;
    if (best == kNobody || load_after(set, i) < load_after(set, best)) best = i;
  }
  return best;
}

void PickConsistentHash::scores(const PickInput& in, std::span<double> out) const {
  if (fits(in.tables.maglev, in.candidates)) return rank(*in.tables.maglev, in, allowance(in), out);
  if (fits(in.tables.ring, in.candidates)) return rank(*in.tables.ring, in, allowance(in), out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = -without_table_.score(in, i);
}

}  // namespace weir::balance
