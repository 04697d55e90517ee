#include "simulate/recent.hpp"

#include <algorithm>

namespace weir::simulate {
namespace {

base::Duration nearest_rank(std::vector<base::Duration>& values, std::size_t percent) {
  if (values.empty()) return {};
  const std::size_t rank = (values.size() * percent + 99) / 100;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

void Recent::add(base::Time at, base::Duration took, Ending ending) {
  const Attempt attempt{.at = at, .took = took, .ending = ending};
  if (attempts_.size() < capacity_) {
    attempts_.push_back(attempt);
    return;
  }
  attempts_[next_] = attempt;
  next_ = (next_ + 1) % capacity_;
}

RecentWindow Recent::after(base::Time since) const {
  RecentWindow out;
  std::vector<base::Duration> times;
  for (const Attempt& each : attempts_) {
    if (each.at <= since) continue;
    ++out.attempts;
    if (each.ending == Ending::error) ++out.errors;
    if (each.ending == Ending::broken) ++out.broken;
    if (each.ending == Ending::answered) times.push_back(each.took);
  }
  out.p50 = nearest_rank(times, 50);
  out.p95 = nearest_rank(times, 95);
  return out;
}

}  // namespace weir::simulate
