#include "balance/health_check.hpp"

#include "base/assert.hpp"

namespace weir::balance {
namespace {

base::Duration times(base::Duration duration, double factor) noexcept {
  return base::Duration(static_cast<std::int64_t>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

CheckSchedule::CheckSchedule(const CheckConfig& config, base::Time now, base::Rng& rng) noexcept
    : config_(config) {
  config_.jitter = std::clamp(config.jitter, 0.0, 0.5);
  config_.every = std::max(config.every, base::Duration(std::chrono::milliseconds(10)));
  const base::Duration widest = std::chrono::milliseconds(100);
  next_ = now + times(std::min(widest, times(config_.every, config_.jitter)), rng.unit());
}

bool CheckSchedule::start(base::Time now, base::Rng& rng) noexcept {
  WEIR_ASSERT(!is_running_);
  is_running_ = true;
  started_ = now;
  next_ = now + times(config_.every, 1 - config_.jitter + 2 * config_.jitter * rng.unit());
  const bool is_prompt = is_prompt_wanted_;
  is_prompt_wanted_ = false;
  if (is_prompt) prompt_allowed_ = now + config_.prompt_gap;
  return is_prompt;
}

void CheckSchedule::finish(base::Time now) noexcept {
  WEIR_ASSERT(is_running_);
  is_running_ = false;
  next_ = std::max(next_, now);  // a check longer than its interval is followed at its end
}

void CheckSchedule::prompt(base::Time now) noexcept {
  is_prompt_wanted_ = true;
  next_ = std::min(next_, std::max(now, prompt_allowed_));
}

}  // namespace weir::balance
