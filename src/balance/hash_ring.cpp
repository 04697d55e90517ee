#include "balance/hash_ring.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"

namespace weir::balance {
namespace {

constexpr double kPointsPerWeight = 160;  // shares of equal endpoints then vary by about 8 %
constexpr double kPointsMax = 1 << 20;

/// Of the nth point of an endpoint. Requires: the seed is mixed, since identities that lie a
/// multiple of the step apart would share their points.
std::uint32_t nth_position(std::uint64_t seed, std::uint32_t nth) noexcept {
  return static_cast<std::uint32_t>(base::mix64(seed + (nth + 1) * 0x9e3779b97f4a7c15ull) >> 32);
}

}  // namespace

HashRing::HashRing(std::span<const std::uint64_t> identities, std::span<const float> weights)
    : endpoints_(identities.size()) {
  WEIR_ASSERT(identities.size() == weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double per_weight = std::min(kPointsPerWeight, kPointsMax / std::max(sum, 1e-9));
  std::vector<Point> unsorted;
  unsorted.reserve(static_cast<std::size_t>(sum * per_weight) + 2 * endpoints_);
  for (std::size_t i = 0; i < endpoints_; ++i) {
    const double points = std::max(1.0, std::round(per_weight * static_cast<double>(weights[i])));
    const std::uint64_t seed = base::mix64(identities[i] ^ kSalt);
    for (std::uint32_t k = 0; k < static_cast<std::uint32_t>(points); ++k) {
      unsorted.push_back({nth_position(seed, k), static_cast<std::uint32_t>(i)});
    }
  }

  // Counting sort by arc, which makes the directory on the way; then each arc, of a point or two.
  const int arc_bits = static_cast<int>(std::bit_width(unsorted.size()));
  arc_shift_ = 32 - arc_bits;
  const auto arc_of = [this](const Point& point) {
    return static_cast<std::size_t>(std::uint64_t{point.position} >> arc_shift_);
  };
  arc_starts_.assign((std::size_t{1} << arc_bits) + 1, 0);
  for (const Point& point : unsorted) ++arc_starts_[arc_of(point) + 1];
  std::partial_sum(arc_starts_.begin(), arc_starts_.end(), arc_starts_.begin());
  std::vector<std::uint32_t> at(arc_starts_.begin(), arc_starts_.end() - 1);
  points_.resize(unsorted.size());
  for (const Point& point : unsorted) points_[at[arc_of(point)]++] = point;
  for (std::size_t arc = 0; arc + 1 < arc_starts_.size(); ++arc) {
    std::sort(points_.begin() + arc_starts_[arc], points_.begin() + arc_starts_[arc + 1],
              [](const Point& a, const Point& b) {
                return a.position != b.position ? a.position < b.position : a.owner < b.owner;
              });
  }
}

}  // namespace weir::balance
