#pragma once
// HostVerdict: may this endpoint be chosen, and if not, why? One answer with a fixed precedence;
// the first reason is the primary one, all are kept. Source: balancing.md, section 2.

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/clock.hpp"

namespace weir::balance {

/// In order of precedence, strongest first.
enum class HostReason : std::uint8_t {
  gone,
  forced_open,
  draining,
  maintenance,
  breaker_open,
  probes_used,  ///< half-open without a free permit
  ejected,
  check_failed,
  unknown,  ///< waits for its first check
  limit_full,
  eligible,  ///< nothing speaks against it
};

class HostReasons {
 public:
  constexpr HostReasons() noexcept = default;
  constexpr HostReasons(std::initializer_list<HostReason> reasons) noexcept {
    for (const HostReason reason : reasons) add(reason);
  }
  constexpr void add(HostReason reason) noexcept { bits_ |= bit(reason); }
  constexpr bool has(HostReason reason) const noexcept { return (bits_ & bit(reason)) != 0; }
  constexpr bool has_any(HostReasons of) const noexcept { return (bits_ & of.bits_) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr HostReasons without(HostReasons others) const noexcept {
    HostReasons rest;
    rest.bits_ = static_cast<std::uint16_t>(bits_ & ~others.bits_);
    return rest;
  }
  /// The strongest, or `eligible`.
  constexpr HostReason primary() const noexcept {
    return empty() ? HostReason::eligible : static_cast<HostReason>(std::countr_zero(bits_));
  }
  friend constexpr bool operator==(const HostReasons&, const HostReasons&) = default;

 private:
  static constexpr std::uint16_t bit(HostReason reason) noexcept {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(reason));
  }
  std::uint16_t bits_ = 0;
};

/// Out on purpose: neither capacity that is missing nor something panic may overrule.
inline constexpr HostReasons kLeavingReasons = {HostReason::gone, HostReason::forced_open,
                                                HostReason::draining, HostReason::maintenance};
/// What panic ignores.
inline constexpr HostReasons kPanicIgnores = {HostReason::ejected, HostReason::check_failed,
                                              HostReason::unknown};

struct HostVerdict {
  HostReasons reasons;            ///< all, none = eligible
  base::Time eta = base::kNever;  ///< when the primary reason may end; kNever = not known

  HostReason primary() const noexcept { return reasons.primary(); }
  bool is_eligible() const noexcept { return reasons.empty(); }
};

/// "check failed". Lifetime: static.
std::string_view name(HostReason reason) noexcept;

}  // namespace weir::balance
