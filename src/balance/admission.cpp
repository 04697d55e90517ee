#include "balance/admission.hpp"

#include <algorithm>
#include <cmath>

namespace weir::balance {

double reject_probability(std::uint64_t sent, std::uint64_t good,
                          const AdmissionConfig& config) noexcept {
  const auto n = static_cast<double>(sent);
  const double tolerated =
      static_cast<double>(good) / std::clamp(config.success_threshold, 0.01, 1.0);
  const double share = std::max(0.0, (n - tolerated) / (n + 1));
  return std::clamp(std::pow(share, 1 / std::max(config.aggression, 0.01)), 0.0, config.most);
}

void AdmissionWindow::add(base::Time now, std::uint64_t sent, std::uint64_t good) noexcept {
  advance(now);
  Bucket& bucket = buckets_[static_cast<std::size_t>(second_ % kSeconds)];
  good = std::min(good, sent);
  bucket.sent += sent;
  bucket.good += good;
  sum_.sent += sent;
  sum_.good += good;
}

double AdmissionWindow::probability(base::Time now) noexcept {
  advance(now);
  const std::int64_t covered = std::min(kSeconds, second_ - first_second_ + 1);
  const double per_second = static_cast<double>(sum_.sent) / static_cast<double>(covered);
  if (per_second < config_.per_second_min) return 0;
  return reject_probability(sum_.sent, sum_.good, config_);
}

void AdmissionWindow::advance(base::Time now) noexcept {
  const std::int64_t second = now.time_since_epoch() / std::chrono::seconds(1);
  if (second_ < 0) second_ = first_second_ = second;
  const std::int64_t steps = std::min(second - second_, kSeconds);
  for (std::int64_t i = 1; i <= steps; ++i) {
    Bucket& old = buckets_[static_cast<std::size_t>((second - steps + i) % kSeconds)];
    sum_.sent -= old.sent;
    sum_.good -= old.good;
    old = {};
  }
  second_ = std::max(second_, second);
}

}  // namespace weir::balance
