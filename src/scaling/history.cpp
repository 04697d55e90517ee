#include "scaling/history.hpp"

#include <algorithm>

namespace weir::scaling {
namespace {

bool is_within(base::Time at, base::Duration window, base::Time now) noexcept {
  return now - at < window;
}

}  // namespace

void History::recommend(std::uint32_t wanted, base::Time now) {
  while (!recommendations_.empty() && recommendations_.back().wanted <= wanted) {
    recommendations_.pop_back();
  }
  recommendations_.push_back({wanted, now});
  if (recommendations_.size() > kKept) recommendations_.pop_back();  // the lowest: it decides last
}

std::optional<std::uint32_t> History::highest(base::Duration window,
                                              base::Time now) const noexcept {
  for (const Recommendation& each : recommendations_) {
    if (is_within(each.at, window, now)) return each.wanted;
  }
  return std::nullopt;
}

base::Time History::lower_at(base::Duration window, base::Time now) const noexcept {
  for (const Recommendation& each : recommendations_) {
    if (is_within(each.at, window, now)) return each.at + window;
  }
  return base::kNever;
}

void History::operate(std::uint32_t from, std::uint32_t to, Origin origin, base::Time now) {
  operated_ = now;
  if (origin == Origin::by_operator) recommend(to, now);
  if (from == to) return;
  const int direction = to > from ? 1 : -1;
  if (direction_ == -direction && origin == Origin::automatic) reversals_.push_back(now);
  if (reversals_.size() > kKept) reversals_.pop_front();
  direction_ = direction;
}

base::Duration History::cooldown_left(base::Duration cooldown, base::Time now) const noexcept {
  if (!operated_) return {};
  return std::max(base::Duration{}, *operated_ + cooldown - now);
}

std::uint32_t History::reversals(base::Duration window, base::Time now) const noexcept {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(reversals_, [=](base::Time at) { return is_within(at, window, now); }));
}

base::Time History::reversals_left_at(base::Duration window, std::uint32_t count,
                                      base::Time now) const noexcept {
  for (const base::Time at : reversals_) {
    if (is_within(at, window, now) && --count == 0) return at + window;
  }
  return base::kNever;
}

void History::forget(base::Duration recommendations, base::Duration reversals, base::Time now) {
  while (!recommendations_.empty() &&
         !is_within(recommendations_.front().at, recommendations, now)) {
    recommendations_.pop_front();
  }
  while (!reversals_.empty() && !is_within(reversals_.front(), reversals, now)) {
    reversals_.pop_front();
  }
}

}  // namespace weir::scaling
