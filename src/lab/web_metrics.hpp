#pragma once
// WebMetrics: what a demo service counts of itself, and its Prometheus text. Every request counts,
// /health and /metrics too. Plain counters, since the service has one lane; pure but for memory.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"

namespace weir::lab {

class WebMetrics {
 public:
  explicit WebMetrics(base::Time started) noexcept : started_(started) {}

  /// One answered request. Methods beyond the usual are counted as "other", so that a client cannot
  /// make series.
  void count(std::string_view method, std::uint16_t status, base::Duration duration);

  std::uint64_t requests() const noexcept { return requests_; }
  /// Of them, answers of 500 and above.
  std::uint64_t failed() const noexcept { return failed_; }

  /// Text exposition format 0.0.4.
  std::string text(base::Time now, std::uint64_t rss_bytes) const;

 private:
  // What a demo service takes: from "at once" to the longest latency a fault would add.
  static constexpr std::array<double, 12> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                     0.1,   0.25,   0.5,   1,    2.5,   10};

  base::Time started_;
  std::uint64_t requests_ = 0;
  std::uint64_t failed_ = 0;
  double seconds_ = 0;
  std::array<std::uint64_t, kBounds.size() + 1> buckets_{};  // the last: above every bound
  std::map<std::pair<std::string_view, std::uint16_t>, std::uint64_t> by_method_;
};

}  // namespace weir::lab
