#pragma once
// Outcome: what a run of one algorithm in one world came to.
//
// Percentiles are of all exchanges, from the arrival to the head of the response, retries included.
// One that failed counts as what its client waited, and as an attempt's timeout at least: to fail
// fast is not to be fast.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "balance/adaptive.hpp"
#include "balance/algorithm.hpp"
#include "base/clock.hpp"

namespace weir::simulate {

/// A change of the adaptive controller's arm.
struct ArmSwitch {
  base::Duration at{};  ///< since the beginning
  balance::AdaptiveVerdict verdict = balance::AdaptiveVerdict::switched;
  balance::Algorithm from = balance::Algorithm::random_two;
  balance::Algorithm to = balance::Algorithm::random_two;
  std::string why;  ///< a sentence
};

struct Outcome {
  balance::Algorithm algorithm = balance::Algorithm::round_robin;
  std::uint64_t sent = 0;  ///< = done + failed
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t attempts = 0;
  std::uint64_t retries = 0;
  base::Duration length{};  ///< virtual, until the last exchange ended
  base::Duration p50{};
  base::Duration p95{};
  base::Duration p99{};
  double imbalance = 0;              ///< coefficient of variation of picks/weight
  std::vector<std::uint64_t> picks;  ///< of each endpoint
  std::vector<ArmSwitch> switches;   ///< adaptive only

  double error_share() const noexcept {
    return sent == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(sent);
  }
  double amplification() const noexcept {
    return sent == 0 ? 1 : static_cast<double>(attempts) / static_cast<double>(sent);
  }
};

}  // namespace weir::simulate
