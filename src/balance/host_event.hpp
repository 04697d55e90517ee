#pragma once
// HostEvent: all that can happen to an endpoint, as facts from discovery, checks, traffic, the
// outlier rules, the breaker and the operator. See host_state.hpp.

#include <cstdint>
#include <variant>

#include "balance/breaker.hpp"
#include "balance/cause.hpp"
#include "balance/outlier.hpp"
#include "base/clock.hpp"

namespace weir::balance {

enum class Membership : std::uint8_t { in, draining, maintenance, gone };
/// Who or what changed the membership.
enum class MemberCause : std::uint8_t { discovery, by_operator, scale_down, process_ended };

enum class CheckEnd : std::uint8_t {
  passed,
  refused,      ///< connection refused
  unreachable,  ///< no route, name not found
  timed_out,
  broken,      ///< closed, reset, or not the protocol
  bad_answer,  ///< HTTP or gRPC health said no; see status
};

namespace host_event {

/// Discovery, `weir drain [--undo]`, the scaler.
struct MembershipSet {
  Membership to = Membership::in;
  MemberCause cause = MemberCause::discovery;
  base::Time closes_at = base::kNever;  ///< draining: when what is left is cut off
};

/// A supervised child's pidfd or a container's event: it is out before any connect fails.
struct Died {
  int signal = 0;  ///< 0: it exited, with `status`
  int status = 0;
};
/// The same address runs again.
struct Started {};

struct CheckDone {
  CheckEnd end = CheckEnd::passed;
  int status = 0;          ///< of a bad answer
  bool is_prompt = false;  ///< as CheckSchedule::start() said
  base::Time next = base::kNever;
};

/// An attempt could not connect: refused or unreachable.
struct ConnectFailed {};
/// `attempts`: those that have waited `silent_after` without a byte since the endpoint's last byte.
struct Silent {
  std::uint32_t attempts = 0;
  bool do_peers_answer = false;
};

struct Ejected {
  OutlierEvidence evidence{};
  std::uint32_t ejections = 1;
  base::Time until{};
};

/// The endpoint breaker's state as the control lane reads it, and the cause of its last failure.
struct BreakerSeen {
  BreakerSnapshot breaker{};
  Cause cause = Cause::none;
  bool by_rate = false;  ///< the rate rule opened it
};

struct LoadSeen {
  std::uint32_t in_flight = 0;
  bool is_limit_full = false;
};

/// Nothing but time.
struct Tick {};

}  // namespace host_event

using HostEvent = std::variant<host_event::MembershipSet, host_event::Died, host_event::Started,
                               host_event::CheckDone, host_event::ConnectFailed, host_event::Silent,
                               host_event::Ejected, host_event::BreakerSeen, host_event::LoadSeen,
                               host_event::Tick>;

}  // namespace weir::balance
