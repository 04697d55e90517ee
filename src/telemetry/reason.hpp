#pragma once
// Reason: one code for every exchange that says how it ended and whose doing that was. It is in the
// access log, a metric label and the Proxy-Status field, so its two letters never change meaning.
// Source: balancing.md, section 14; RFC 9209 for the names in Proxy-Status.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::telemetry {

enum class Reason : std::uint8_t {
  ok,                 // OK
  no_route,           // NR
  no_host,            // NH
  breaker_open,       // UO
  connect_failed,     // UR
  upstream_closed,    // UC
  body_broken,        // UB
  attempt_timeout,    // UT
  upstream_protocol,  // UP
  deadline,           // DE
  rate_limit,         // RL
  overload,           // OS
  admission,          // AC
  client_gone,        // DC
  client_protocol,    // PE
  fault,              // FI
  defect,             // WI
};
inline constexpr std::size_t kReasonCount = 17;

/// The two letters. Lifetime: static, as for the two below.
std::string_view code(Reason reason) noexcept;
/// One line for people, without a full stop.
std::string_view meaning(Reason reason) noexcept;
/// The `error` parameter of Proxy-Status (RFC 9209, section 2.3); empty for OK, DC and UB, where
/// weir makes no answer of its own.
std::string_view proxy_error(Reason reason) noexcept;

/// Whether the service failed its user: what error rates count. The client's own doing (gone,
/// protocol) and answers by policy (no route, rate limit) are not failures of the service.
bool is_failure(Reason reason) noexcept;

/// What happened on the way, beside the reason.
enum class Flag : std::uint8_t { retried, hedged, reconnect, fallback, panic, fault };
inline constexpr std::size_t kFlagCount = 6;
std::string_view name(Flag flag) noexcept;

class Flags {
 public:
  constexpr Flags() noexcept = default;
  constexpr void set(Flag flag) noexcept { bits_ |= bit(flag); }
  constexpr bool has(Flag flag) const noexcept { return (bits_ & bit(flag)) != 0; }
  constexpr bool any() const noexcept { return bits_ != 0; }
  friend constexpr bool operator==(Flags, Flags) noexcept = default;

 private:
  static constexpr std::uint8_t bit(Flag flag) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(flag));
  }
  std::uint8_t bits_ = 0;
};

/// "retried,fallback"; empty when none is set.
std::string to_text(Flags flags);

}  // namespace weir::telemetry
