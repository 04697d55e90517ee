#pragma once
// HostState: everything known about one endpoint's fitness, merged: membership, active check,
// outlier ejection, breaker, slow start. step() takes the old state and an event and gives the new
// one and what changed; it does nothing else.
//
// 1. One owner, the control lane. A state belongs to service + address (+ container and its start)
//    and survives a discovery cycle.
// 2. The components are independent: a passing check ends neither an ejection nor an open breaker,
//    since /health may pass while traffic fails. verdict() merges them by precedence.
// 3. Consecutive failures are counted by the breaker only; there is no second counter here.
// 4. The first result of a check decides an unknown endpoint, good or bad; after that `rise` and
//    `fall` count. A refused prompt check after a refused connect meets `fall` at once,
//    and so does a prompt check after silence that does not pass: out 1.5 s after it froze, not 15.
// 5. Slow start begins at every return to service (for a half-open breaker: when it closes), but
//    not for what was there when weir started.
// Source: balancing.md, section 2.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/host_event.hpp"
#include "balance/host_verdict.hpp"
#include "balance/slow_start.hpp"

namespace weir::balance {

enum class CheckState : std::uint8_t { unknown, pass, fail };
/// What an endpoint is before its first check: in, out until `rise` checks pass, or out until its
/// first check or `wait`.
enum class InitialCheck : std::uint8_t { healthy, unhealthy, wait };

struct HostConfig {
  bool has_check = true;  ///< without one an endpoint is eligible at once
  std::uint32_t rise = 2;
  std::uint32_t fall = 3;
  InitialCheck initial = InitialCheck::wait;
  base::Duration wait = std::chrono::milliseconds(500);
  std::uint32_t silent_attempts = 3;
  base::Duration silent_after = std::chrono::milliseconds(500);  ///< for who counts Silent.attempts
  SlowStart slow_start{};
};

struct HostState {
  // membership
  Membership membership = Membership::in;
  MemberCause member_cause = MemberCause::discovery;
  base::Time closes_at = base::kNever;
  host_event::Died death;  ///< of member_cause process_ended
  // check
  CheckState check = CheckState::unknown;
  std::uint32_t good_checks = 0;  ///< in a row
  std::uint32_t bad_checks = 0;   ///< in a row
  host_event::CheckDone last_check;
  base::Time unknown_since{};
  bool is_prompt_after_refusal = false;
  bool is_prompt_after_silence = false;
  // outlier
  host_event::Ejected ejection;  ///< in force while now < until
  bool is_ejected = false;
  // breaker and load, as seen last
  host_event::BreakerSeen breaker;
  host_event::LoadSeen load;
  // ramp
  std::optional<base::Time> ramp_since;
  bool is_ramp_due = false;  ///< begins when it is next in service
  bool was_in_service = false;
};

enum class HostComponent : std::uint8_t { membership, check, outlier, breaker, ramp };

/// One entry of the event log.
struct HostTransition {
  HostComponent component = HostComponent::membership;
  std::string_view from;    ///< static
  std::string_view to;      ///< static
  std::string_view reason;  ///< static: the new reason's name, or "recovered"
  std::string evidence;     ///< for people; may be empty
  base::Time eta = base::kNever;
};

struct HostStep {
  HostState state;
  std::vector<HostTransition> transitions;
  bool wants_prompt_check = false;  ///< tell CheckSchedule::prompt()
};

/// An endpoint discovery has just found. `at_start`: it is among the first when weir starts.
HostState host_joined(const HostConfig& config, base::Time now, bool at_start) noexcept;

HostStep step(const HostState& state, const HostEvent& event, const HostConfig& config,
              base::Time now);

HostVerdict verdict(const HostState& state, const HostConfig& config, base::Time now) noexcept;

/// The share of its weight it gets now: slow start, else 1.
double ramp_factor(const HostState& state, const HostConfig& config, base::Time now) noexcept;

std::string_view name(HostComponent component) noexcept;
std::string_view name(Membership membership) noexcept;
std::string_view name(CheckState check) noexcept;
std::string_view name(BreakerState state) noexcept;

}  // namespace weir::balance
