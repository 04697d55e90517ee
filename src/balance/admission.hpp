#pragma once
// Admission control: when a service fails much of what it is sent, reject a share of requests
// before they are sent. P = ((n - s)/(n + 1))^(1/aggression), s = successes / 0.95, over 120 s; not
// under 5 requests/s, never above 80 %, so that recovery is seen.
//
// n counts what was sent, not what was rejected. One owner (the control lane) feeds the window and
// publishes probability(); a data lane compares a draw with it.
// Source: balancing.md, section 7; Envoy's admission control filter.

#include <array>
#include <cstdint>

#include "base/clock.hpp"

namespace weir::balance {

struct AdmissionConfig {
  double success_threshold = 0.95;  ///< from so much success on nothing is rejected
  double aggression = 1;
  double per_second_min = 5;
  double most = 0.80;
};

/// P for `sent` requests of which `good` succeeded, without the minimum rate.
double reject_probability(std::uint64_t sent, std::uint64_t good,
                          const AdmissionConfig& config) noexcept;

class AdmissionWindow {
 public:
  static constexpr std::int64_t kSeconds = 120;

  explicit AdmissionWindow(const AdmissionConfig& config = {}) noexcept : config_(config) {}

  /// Adds what ended since the last call. Requires: `now` does not go back. Cost: O(seconds
  /// passed).
  void add(base::Time now, std::uint64_t sent, std::uint64_t good) noexcept;

  /// The share of new requests to reject from now on.
  double probability(base::Time now) noexcept;

 private:
  struct Bucket {
    std::uint64_t sent = 0;
    std::uint64_t good = 0;
  };
  void advance(base::Time now) noexcept;

  AdmissionConfig config_;
  std::array<Bucket, kSeconds> buckets_{};
  Bucket sum_;
  std::int64_t second_ = -1;  ///< the running one; -1 before the first call
  std::int64_t first_second_ = 0;
};

}  // namespace weir::balance
