#include "balance/pick_ip_hash.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "balance/rendezvous.hpp"

namespace weir::balance {
namespace {

constexpr std::uint64_t kIpHashSalt =
    0x2545f4914f6cdd1dull;  // apart from the rings' use of the same key

/// -ln h, h in (0,1) being the hash as a fraction.
double exact(std::uint32_t hash) noexcept {
  return -std::log1p(-(static_cast<double>(~hash) + 0.5) * 0x1.0p-32);
}

}  // namespace

void PickIpHash::sync(const PickInput& in) {
  const Candidates& set = in.candidates;
  if (synced_ && generation_ == set.generation) return;
  const std::size_t n = set.size();
  const bool named = in.tables.identities.size() == n;
  low_seed_.assign(padded(n), 0);
  high_seed_.assign(padded(n), 0);
  bound_per_weight_.assign(padded(n), 0);
  per_weight_.assign(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t seed =
        named ? base::mix64(in.tables.identities[i] ^ kIpHashSalt) : identity_of(set.ids[i]);
    low_seed_[i] = static_cast<std::uint32_t>(seed);
    high_seed_[i] = static_cast<std::uint32_t>(seed >> 32);
    per_weight_[i] = 1.0 / static_cast<double>(set.weights[i]);
    bound_per_weight_[i] = static_cast<float>(per_weight_[i] * 0x1.0p-24 * (1 - 1e-6));
  }
  generation_ = set.generation;
  synced_ = true;
}

std::size_t PickIpHash::pick(const PickInput& in, const Untried& untried) noexcept {
  const std::uint64_t key = base::mix64(in.key ^ kIpHashSalt);
  return in.candidates.equal_weights ? largest_hash(key, untried) : largest_score(key, untried);
}

std::size_t PickIpHash::largest_hash(std::uint64_t key, const Untried& untried) const noexcept {
  const std::size_t n = per_weight_.size();
  const bool everyone = untried.everyone();
  std::size_t best = kNobody;
  std::int64_t largest = -1;
  Lanes threshold = all_lanes(INT32_MIN);  // hashes with the sign flipped, which orders them
  for (std::size_t base = 0; base < n; base += kLanes) {
    const UnsignedLanes hashes = rendezvous(key, load_lanes<UnsignedLanes>(&low_seed_[base]),
                                            load_lanes<UnsignedLanes>(&high_seed_[base])) ^
                                 0x80000000u;
    if (!any_of(std::bit_cast<Lanes>(hashes) >= threshold)) [[likely]] {
      continue;
    }
    for (std::size_t i = base; i < std::min(base + kLanes, n); ++i) {
      const std::int64_t value = hashes[i - base] ^ 0x80000000u;
      if (value <= largest || (!everyone && !untried.has(i))) continue;
      largest = value;
      best = i;
      threshold = all_lanes(static_cast<std::int32_t>(hashes[i - base]));
    }
  }
  return best;
}

std::size_t PickIpHash::largest_score(std::uint64_t key, const Untried& untried) const noexcept {
  const std::size_t n = per_weight_.size();
  const bool everyone = untried.everyone();
  std::size_t best = kNobody;
  double least = std::numeric_limits<double>::infinity();  // of -ln(h)/w
  auto threshold = std::numeric_limits<float>::infinity();
  for (std::size_t base = 0; base < n; base += kLanes) {
    const UnsignedLanes hashes = rendezvous(key, load_lanes<UnsignedLanes>(&low_seed_[base]),
                                            load_lanes<UnsignedLanes>(&high_seed_[base]));
    const FloatLanes rest = __builtin_convertvector(std::bit_cast<Lanes>(~hashes >> 8), FloatLanes);
    const FloatLanes bounds = rest * load_lanes<FloatLanes>(&bound_per_weight_[base]);
    if (!any_of(bounds <= threshold)) [[likely]] {
      continue;
    }
    for (std::size_t i = base; i < std::min(base + kLanes, n); ++i) {
      if (bounds[i - base] > threshold || (!everyone && !untried.has(i))) continue;
      const double value = exact(hashes[i - base]) * per_weight_[i];
      if (value >= least) continue;
      least = value;
      best = i;
      threshold = static_cast<float>(least);
    }
  }
  return best;
}

std::uint32_t PickIpHash::hash(std::uint64_t key, std::size_t index) const noexcept {
  const std::size_t base = index / kLanes * kLanes;
  return rendezvous(key, load_lanes<UnsignedLanes>(&low_seed_[base]),
                    load_lanes<UnsignedLanes>(&high_seed_[base]))[index - base];
}

double PickIpHash::score(const PickInput& in, std::size_t index) const noexcept {
  return 1 / (exact(hash(base::mix64(in.key ^ kIpHashSalt), index)) * per_weight_[index]);
}

}  // namespace weir::balance
