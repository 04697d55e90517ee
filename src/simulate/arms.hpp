#pragma once
// Arms: which algorithm serves a request. A fixed one, or adaptive: then this is what feeds
// balance::AdaptiveController, as the control lane does: a histogram, counts and loads of each arm
// since its window began.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "balance/adaptive.hpp"
#include "balance/algorithm.hpp"
#include "simulate/outcome.hpp"

namespace weir::simulate {

class Arms {
 public:
  /// `algorithms`: of the arms. Without `is_adaptive` there is one. Requires: 1 to 20 of them.
  Arms(std::vector<balance::Algorithm> algorithms, bool is_adaptive, std::size_t endpoints,
       base::Duration timeout, std::uint64_t seed);

  std::span<const balance::Algorithm> algorithms() const noexcept { return algorithms_; }
  std::size_t arm_of(std::uint64_t request_hash) const noexcept;

  void picked(std::size_t arm, std::size_t endpoint) noexcept;
  void done(std::size_t arm, base::Duration took) noexcept;
  void failed(std::size_t arm) noexcept;

  /// One second has passed. `weights`: of each endpoint, 0 = not a member. `is_scaled`: the set of
  /// members has changed in it.
  void second(std::span<const float> weights, bool is_scaled, base::Time now);

  std::vector<ArmSwitch> take_switches() { return std::move(switches_); }

 private:
  struct Window {
    std::vector<std::uint64_t> counts;  // by bucket
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    std::vector<double> loads;
  };

  void clear();

  std::vector<balance::Algorithm> algorithms_;
  std::vector<std::string_view> names_;
  std::size_t endpoints_;
  std::uint64_t seed_;
  std::optional<balance::AdaptiveController> controller_;
  std::vector<Window> windows_;
  std::vector<ArmSwitch> switches_;
};

}  // namespace weir::simulate
