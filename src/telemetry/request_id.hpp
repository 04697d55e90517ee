#pragma once
// RequestIds: the ids of one lane's exchanges, UUIDs of version 7 (RFC 9562): 48 bits of wall clock
// so that they sort by time, and 74 bits from the lane's own generator, so that lanes and restarts
// do not collide.
//
// An id is a name, not a secret: whoever sees enough of them can foresee the next.

#include <array>
#include <cstdint>
#include <string_view>

#include "base/rng.hpp"

namespace weir::telemetry {

inline constexpr std::size_t kRequestIdLength = 36;
using RequestId = std::array<char, kRequestIdLength>;

inline std::string_view view(const RequestId& id) noexcept { return {id.data(), id.size()}; }

/// 64 bits from the kernel. Cost: a system call.
std::uint64_t seed_from_kernel() noexcept;

class RequestIds {
 public:
  /// `seed`: seed_from_kernel(), another for each lane.
  explicit RequestIds(std::uint64_t seed) noexcept : rng_(seed) {}

  /// Writes "01890a5d-ac96-774b-bcce-b302099a8057". Units: milliseconds since 1970; the lane's
  /// cached wall clock is good enough. Cost: about 85 instructions, no allocation.
  void next(std::int64_t wall_ms, RequestId& out) noexcept;

 private:
  base::Rng rng_;
};

/// Writes `value` as 16 lower-case hexadecimal digits. Requires: room for 16 at `out`.
void write_hex(std::uint64_t value, char* out) noexcept;

}  // namespace weir::telemetry
