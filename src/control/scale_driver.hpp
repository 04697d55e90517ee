#pragma once
// ScaleDriver: how a service gets more or fewer endpoints: processes or containers. Who decides how
// many is Scaler.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace weir::control {

/// One endpoint that the driver runs.
struct ScaledMember {
  std::uint32_t endpoint_id = 0;  ///< 0: it has not joined yet
  base::Time joined{};
  std::optional<double> cpu_share;  ///< of one core; absent: not measured
};

/// Lane-only (control lane).
class ScaleDriver {
 public:
  virtual ~ScaleDriver() = default;
  /// "process", "docker". Static.
  virtual std::string_view driver_name() const noexcept = 0;
  /// Those that run or start, without those that leave.
  virtual std::uint32_t wanted() const noexcept = 0;
  virtual std::vector<ScaledMember> members() const = 0;
  /// Why it cannot be scaled now; empty: it can.
  virtual std::string obstacle() const = 0;
  /// Those that stay whatever is wanted, because they are not the driver's to end.
  virtual std::uint32_t least() const { return 0; }
  /// Begins; those that leave drain for at most `drain`. Requires: wanted >= 1, wanted >= least()
  /// when that is fewer than now, no obstacle.
  virtual void scale_to(std::uint32_t wanted, base::Duration drain) = 0;
};

}  // namespace weir::control
