#include "balance/concurrency_limit.hpp"

#include <algorithm>
#include <cmath>

namespace weir::balance {
namespace {

LimitConfig clamped(LimitConfig config) noexcept {
  config.min = std::clamp(config.min, 1.0, 1e6);
  config.max = std::clamp(config.max, config.min, 1e6);
  config.initial = std::clamp(config.initial, config.min, config.max);
  return config;
}

}  // namespace

LimitConfig LimitConfig::of(LimitMode mode) noexcept {
  LimitConfig config;
  config.mode = mode;
  if (mode == LimitMode::aimd) config.max = 200;
  return config;
}

ConcurrencyLimit::ConcurrencyLimit(const LimitConfig& config) noexcept
    : config_(clamped(config)), limit_(config_.initial) {}

void ConcurrencyLimit::update(const LimitSample& sample, base::Rng& rng) noexcept {
  const bool is_empty = sample.time <= base::Duration{} && !sample.is_dropped;
  if (is_empty) return;
  const auto next = [&] {
    switch (config_.mode) {
      case LimitMode::gradient2:
        return gradient2(sample);
      case LimitMode::aimd:
        return aimd(sample);
      case LimitMode::vegas:
        return vegas(sample, rng);
      case LimitMode::fixed:
        break;
    }
    return limit_;
  };
  limit_ = std::clamp(next(), config_.min, config_.max);
}

double ConcurrencyLimit::gradient2(const LimitSample& sample) noexcept {
  const double short_ms = base::to_ms(sample.time);
  if (short_ms <= 0) return limit_;
  if (averaged_ == 0) long_ms_ = short_ms;
  const double gradient = std::clamp(1.5 * long_ms_ / short_ms, 0.5, 1.0);
  const double next = 0.8 * limit_ + 0.2 * (limit_ * gradient + 4);
  average(short_ms);
  if (long_ms_ / short_ms > 2) long_ms_ *= 0.95;
  const bool is_idle = sample.in_flight < limit_ / 2;
  return is_idle ? std::min(next, limit_) : next;
}

/// A plain mean over the first ten samples, so that one odd first sample does not last for minutes.
void ConcurrencyLimit::average(double ms) noexcept {
  constexpr std::uint32_t kWarmUp = 10;
  constexpr double kWindow = 600;
  if (averaged_ < kWarmUp) {
    ++averaged_;
    long_ms_ += (ms - long_ms_) / averaged_;
  } else {
    long_ms_ += (ms - long_ms_) * 2 / (kWindow + 1);
  }
}

double ConcurrencyLimit::aimd(const LimitSample& sample) const noexcept {
  if (sample.is_dropped || sample.time > config_.slow) return limit_ * 0.9;
  return 2.0 * sample.in_flight >= limit_ ? limit_ + 1 : limit_;
}

double ConcurrencyLimit::vegas(const LimitSample& sample, base::Rng& rng) noexcept {
  const double step = std::max(1.0, std::log10(limit_));
  if (sample.is_dropped) return limit_ - step;
  const double ms = base::to_ms(sample.time);
  samples_until_probe_ -= sample.attempts;
  if (best_ms_ == 0 || samples_until_probe_ <= 0) {
    best_ms_ = ms;
    samples_until_probe_ = 30 * limit_ * (0.5 + rng.unit() / 2);
    return limit_;
  }
  best_ms_ = std::min(best_ms_, ms);
  const double queue = std::ceil(limit_ * (1 - best_ms_ / ms));
  const bool is_idle = 2.0 * sample.in_flight < limit_;
  if (queue > 6 * step) return limit_ - step;
  if (is_idle) return limit_;
  if (queue <= step) return limit_ + 6 * step;
  return queue < 3 * step ? limit_ + step : limit_;
}

}  // namespace weir::balance
