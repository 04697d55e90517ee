#pragma once
// ArmTraffic: what each algorithm (arm) of a service did for its slice of the requests, while more
// than one is at work: adaptive's arms, or the challengers of `compare`. Balancing.md, section 4.
//
// One row per lane and arm, each with one writer; the control lane sums them. It outlives changes
// of policy that leave the arms alone, so a switch of arms loses no number.

#include <algorithm>
#include <memory>
#include <vector>

#include "balance/algorithm.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/histogram.hpp"

namespace weir::upstream {

/// Every algorithm but adaptive can be an arm once.
inline constexpr std::size_t kArmsMax = balance::kAlgorithmNames.size() - 1;

/// How often each arm chose an endpoint, on one lane.
struct alignas(64) ArmPicks {
  telemetry::Counter of[kArmsMax];
};

class ArmTraffic {
 public:
  struct alignas(64) Row {
    telemetry::Counter requests;  ///< exchanges, the failed ones too
    telemetry::Counter failures;
    telemetry::Histogram latency;  ///< of those that did not fail, until the response's head
  };
  struct Sum {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    telemetry::HistogramSnapshot latency;
  };

  /// Requires: 2 to kArmsMax arms.
  ArmTraffic(std::vector<balance::Algorithm> arms, std::size_t lanes)
      : arms_(std::move(arms)),
        lanes_(lanes),
        rows_(std::make_unique<Row[]>(arms_.size() * lanes)) {}

  const std::vector<balance::Algorithm>& arms() const noexcept { return arms_; }

  /// Owner lane only. Requires: both in range.
  Row& row(std::size_t lane, std::size_t arm) noexcept { return rows_[lane * arms_.size() + arm]; }

  /// Of all lanes. From any thread.
  Sum sum(std::size_t arm) const {
    Sum out;
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      const Row& each = rows_[lane * arms_.size() + arm];
      out.requests += each.requests.value();
      out.failures += each.failures.value();
      each.latency.add_to(out.latency);
    }
    return out;
  }

 private:
  const std::vector<balance::Algorithm> arms_;
  const std::size_t lanes_;
  std::unique_ptr<Row[]> rows_;
};

}  // namespace weir::upstream
