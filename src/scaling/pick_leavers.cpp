#include "scaling/pick_leavers.hpp"

#include <algorithm>
#include <tuple>

namespace weir::scaling {

std::vector<std::uint32_t> pick_leavers(std::span<const Candidate> candidates, std::size_t count) {
  std::vector<Candidate> staying;
  for (const Candidate& each : candidates) {
    if (!each.is_leaving) staying.push_back(each);
  }
  std::ranges::sort(staying, [](const Candidate& a, const Candidate& b) {
    return std::tie(a.joined, a.id) > std::tie(b.joined, b.id);
  });
  std::vector<std::uint32_t> out;
  for (const Candidate& each : staying) {
    if (out.size() < count) out.push_back(each.id);
  }
  return out;
}

}  // namespace weir::scaling
