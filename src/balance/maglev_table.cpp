#include "balance/maglev_table.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace weir::balance {
namespace {

constexpr std::uint16_t kFree = UINT16_MAX;
constexpr double kLeastShare = 1e-3;  // of the heaviest's turns: bounds the rounds without a claim

/// One endpoint's permutation of the slots, and its turns.
struct Claimant {
  std::uint32_t slot;  // the next one it will ask for
  std::uint32_t skip;
  double share;  // of its turns it takes
  double credit = 0;
};

}  // namespace

MaglevTable::MaglevTable(std::span<const std::uint64_t> identities, std::span<const float> weights)
    : endpoints_(identities.size()) {
  WEIR_ASSERT(identities.size() == weights.size());
  if (identities.empty() || identities.size() >= kFree) return;
  const auto heaviest = static_cast<double>(*std::max_element(weights.begin(), weights.end()));
  std::vector<Claimant> claimants;
  claimants.reserve(endpoints_);
  for (std::size_t i = 0; i < endpoints_; ++i) {
    const std::uint64_t h1 = base::mix64(identities[i] ^ kSalt);
    const std::uint64_t h2 = base::mix64(h1 + 0x9e3779b97f4a7c15ull);
    claimants.push_back(
        {.slot = static_cast<std::uint32_t>(h1 % kSlots),
         .skip = static_cast<std::uint32_t>(h2 % (kSlots - 1) + 1),
         .share = std::max(kLeastShare, static_cast<double>(weights[i]) / heaviest)});
  }
  owners_.assign(kSlots, kFree);
  for (std::size_t claimed = 0; claimed < kSlots;) {
    for (std::size_t i = 0; i < endpoints_ && claimed < kSlots; ++i) {
      Claimant& claimant = claimants[i];
      claimant.credit += claimant.share;
      if (claimant.credit < 1) continue;
      claimant.credit -= 1;
      while (owners_[claimant.slot] != kFree) {
        claimant.slot = static_cast<std::uint32_t>((claimant.slot + claimant.skip) % kSlots);
      }
      owners_[claimant.slot] = static_cast<std::uint16_t>(i);
      ++claimed;
    }
  }
}

}  // namespace weir::balance
