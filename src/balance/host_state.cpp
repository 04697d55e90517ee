#include "balance/host_state.hpp"

#include <algorithm>
#include <array>

#include "balance/host_reason.hpp"

namespace weir::balance {
namespace {

void forget_checks(HostState& state, const HostConfig& config, base::Time now) noexcept {
  state.good_checks = 0;
  state.bad_checks = 0;
  state.last_check = {};
  state.unknown_since = now;
  state.is_prompt_after_refusal = state.is_prompt_after_silence = false;
  state.check = config.initial == InitialCheck::healthy     ? CheckState::pass
                : config.initial == InitialCheck::unhealthy ? CheckState::fail
                                                            : CheckState::unknown;
}

bool is_refusal(CheckEnd end) noexcept {
  return end == CheckEnd::refused || end == CheckEnd::unreachable;
}

/// Applies an event to its component. Returns whether a prompt check is wanted.
class Applier {
 public:
  Applier(HostState& state, const HostConfig& config, base::Time now) noexcept
      : state_(state), config_(config), now_(now) {}

  bool operator()(const host_event::MembershipSet& event) const noexcept {
    // Discovery repeats itself: seeing an address again undoes neither a drain, nor a death.
    const bool is_seen_again = event.cause == MemberCause::discovery && event.to == Membership::in;
    if (is_seen_again && state_.member_cause != MemberCause::discovery) return false;
    if (event.to == state_.membership) return false;  // and keeps the first deadline
    const bool is_back = state_.membership == Membership::gone && event.to == Membership::in;
    if (is_back) forget_checks(state_, config_, now_);
    const bool is_in = event.to == Membership::in;
    state_.membership = event.to;
    state_.member_cause = is_in ? MemberCause::discovery : event.cause;
    state_.closes_at = event.to == Membership::draining ? event.closes_at : base::kNever;
    return is_back && config_.has_check;
  }
  bool operator()(const host_event::Died& event) const noexcept {
    state_.membership = Membership::gone;
    state_.member_cause = MemberCause::process_ended;
    state_.death = event;
    return false;
  }
  bool operator()(const host_event::Started&) const noexcept {
    // Discovery or the operator may have taken it out meanwhile; only its death is undone.
    const bool was_dead =
        state_.membership == Membership::gone && state_.member_cause == MemberCause::process_ended;
    if (was_dead) state_.member_cause = MemberCause::discovery;
    if (was_dead) return (*this)(host_event::MembershipSet{.to = Membership::in});
    forget_checks(state_, config_, now_);
    return config_.has_check;
  }

  bool operator()(const host_event::CheckDone& event) const noexcept {
    // After silence any check will do: one that ran already when it was noticed tells as much.
    const bool is_met_at_once =
        state_.is_prompt_after_silence
            ? event.end != CheckEnd::passed
            : event.is_prompt && state_.is_prompt_after_refusal && is_refusal(event.end);
    state_.is_prompt_after_silence = false;
    if (event.is_prompt) state_.is_prompt_after_refusal = false;
    state_.last_check = event;
    if (event.end == CheckEnd::passed) {
      state_.bad_checks = 0;
      ++state_.good_checks;
      const bool is_enough = state_.good_checks >= config_.rise;
      if (state_.check == CheckState::unknown || is_enough) state_.check = CheckState::pass;
      return false;
    }
    state_.good_checks = 0;
    ++state_.bad_checks;
    const bool is_enough = is_met_at_once || state_.bad_checks >= config_.fall;
    if (state_.check == CheckState::unknown || is_enough) state_.check = CheckState::fail;
    return false;
  }
  bool operator()(const host_event::ConnectFailed&) const noexcept {
    if (!would_check_tell()) return false;
    state_.is_prompt_after_refusal = true;
    return true;
  }
  bool operator()(const host_event::Silent& event) const noexcept {
    const bool tells =
        would_check_tell() && event.do_peers_answer && event.attempts >= config_.silent_attempts;
    if (tells) state_.is_prompt_after_silence = true;
    return tells;
  }

  bool operator()(const host_event::Ejected& event) const noexcept {
    state_.ejection = event;
    state_.is_ejected = true;
    return false;
  }
  bool operator()(const host_event::BreakerSeen& event) const noexcept {
    state_.breaker = event;
    return false;
  }
  bool operator()(const host_event::LoadSeen& event) const noexcept {
    state_.load = event;
    return false;
  }
  bool operator()(const host_event::Tick&) const noexcept { return false; }

 private:
  bool would_check_tell() const noexcept {
    return config_.has_check && state_.membership == Membership::in &&
           state_.check != CheckState::fail;
  }

  HostState& state_;
  const HostConfig& config_;
  base::Time now_;
};

void update_ramp(HostState& state, const HostConfig& config, base::Time now) noexcept {
  if (state.ramp_since && now - *state.ramp_since >= config.slow_start.window) {
    state.ramp_since.reset();
  }
  const BreakerState breaker = state.breaker.breaker.state;
  const HostReasons reasons = verdict(state, config, now).reasons;
  const bool is_in_service =
      reasons.without({HostReason::limit_full}).empty() && breaker != BreakerState::half_open;
  if (!is_in_service) {
    // Before its first service there is nothing to return to; host_joined() says what then.
    if (state.was_in_service) state.is_ramp_due = true;
    state.ramp_since.reset();
    return;
  }
  if (state.is_ramp_due && config.slow_start.window > base::Duration{}) state.ramp_since = now;
  state.is_ramp_due = false;
  state.was_in_service = true;
}

// --- what changed -----------------------------------------------------------------------------

std::string_view outlier_name(const HostState& state) noexcept {
  return state.is_ejected ? "ejected" : "in";
}
std::string_view ramp_name(const HostState& state) noexcept {
  return state.ramp_since ? "slow start" : "full";
}

class Changes {
 public:
  Changes(const HostState& state, const HostConfig& config) : state_(state), config_(config) {}

  /// Notes a transition if the names differ. `reason` says why the component is out, or eligible.
  void note(HostComponent component, std::string_view from, std::string_view to,
            HostReason reason) {
    if (from == to) return;
    const bool is_out = reason != HostReason::eligible;
    found_.push_back({.component = component,
                      .from = from,
                      .to = to,
                      .reason = is_out ? name(reason) : "recovered",
                      .evidence = is_out ? evidence(reason, state_) : std::string(),
                      .eta = is_out ? reason_eta(reason, state_, config_) : base::kNever});
  }
  void note_ramp(std::string_view from, std::string_view to) {
    if (from == to) return;
    const bool is_ramping = state_.ramp_since.has_value();
    const base::Time end =
        is_ramping ? *state_.ramp_since + config_.slow_start.window : base::kNever;
    found_.push_back({.component = HostComponent::ramp,
                      .from = from,
                      .to = to,
                      .reason = is_ramping ? "back in service" : "warm or out again",
                      .evidence = {},
                      .eta = end});
  }
  std::vector<HostTransition> take() { return std::move(found_); }

 private:
  const HostState& state_;
  const HostConfig& config_;
  std::vector<HostTransition> found_;
};

HostReason reason_of(Membership membership) noexcept {
  switch (membership) {
    case Membership::draining:
      return HostReason::draining;
    case Membership::maintenance:
      return HostReason::maintenance;
    case Membership::gone:
      return HostReason::gone;
    case Membership::in:
      break;
  }
  return HostReason::eligible;
}

HostReason reason_of(CheckState check) noexcept {
  return check == CheckState::pass   ? HostReason::eligible
         : check == CheckState::fail ? HostReason::check_failed
                                     : HostReason::unknown;
}

HostReason reason_of(BreakerState breaker) noexcept {
  return breaker == BreakerState::open          ? HostReason::breaker_open
         : breaker == BreakerState::forced_open ? HostReason::forced_open
                                                : HostReason::eligible;
}

std::vector<HostTransition> difference(const HostState& before, const HostState& after,
                                       const HostConfig& config) {
  Changes changes(after, config);
  const BreakerState from = before.breaker.breaker.state;
  const BreakerState to = after.breaker.breaker.state;
  changes.note(HostComponent::membership, name(before.membership), name(after.membership),
               reason_of(after.membership));
  changes.note(HostComponent::check, name(before.check), name(after.check), reason_of(after.check));
  changes.note(HostComponent::outlier, outlier_name(before), outlier_name(after),
               after.is_ejected ? HostReason::ejected : HostReason::eligible);
  changes.note(HostComponent::breaker, name(from), name(to), reason_of(to));
  changes.note_ramp(ramp_name(before), ramp_name(after));
  return changes.take();
}

}  // namespace

HostState host_joined(const HostConfig& config, base::Time now, bool at_start) noexcept {
  HostState state;
  forget_checks(state, config, now);
  state.is_ramp_due = !at_start;
  update_ramp(state, config, now);
  return state;
}

HostStep step(const HostState& state, const HostEvent& event, const HostConfig& config,
              base::Time now) {
  HostStep out{.state = state, .transitions = {}};
  out.wants_prompt_check = std::visit(Applier(out.state, config, now), event);
  if (out.state.is_ejected && now >= out.state.ejection.until) out.state.is_ejected = false;
  update_ramp(out.state, config, now);
  out.transitions = difference(state, out.state, config);
  return out;
}

HostVerdict verdict(const HostState& state, const HostConfig& config, base::Time now) noexcept {
  HostVerdict out;
  const auto add_if = [&out](bool is_so, HostReason reason) {
    if (is_so) out.reasons.add(reason);
  };
  const BreakerSnapshot& breaker = state.breaker.breaker;
  const bool is_half_open = breaker.state == BreakerState::half_open;
  const bool is_waiting =
      state.check == CheckState::unknown && now < state.unknown_since + config.wait;
  add_if(state.membership == Membership::gone, HostReason::gone);
  add_if(breaker.state == BreakerState::forced_open, HostReason::forced_open);
  add_if(state.membership == Membership::draining, HostReason::draining);
  add_if(state.membership == Membership::maintenance, HostReason::maintenance);
  add_if(breaker.state == BreakerState::open, HostReason::breaker_open);
  add_if(is_half_open && breaker.probes_free == 0, HostReason::probes_used);
  add_if(state.is_ejected && now < state.ejection.until, HostReason::ejected);
  add_if(config.has_check && state.check == CheckState::fail, HostReason::check_failed);
  add_if(config.has_check && is_waiting, HostReason::unknown);
  add_if(state.load.is_limit_full, HostReason::limit_full);
  out.eta = reason_eta(out.primary(), state, config);
  return out;
}

double ramp_factor(const HostState& state, const HostConfig& config, base::Time now) noexcept {
  return state.ramp_since ? slow_start_factor(now - *state.ramp_since, config.slow_start) : 1;
}

std::string_view name(HostComponent component) noexcept {
  constexpr std::array<std::string_view, 5> kNames = {"membership", "check", "outlier", "breaker",
                                                      "ramp"};
  return kNames[static_cast<std::size_t>(component)];
}
std::string_view name(Membership membership) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"in", "draining", "maintenance", "gone"};
  return kNames[static_cast<std::size_t>(membership)];
}
std::string_view name(CheckState check) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"unknown", "pass", "fail"};
  return kNames[static_cast<std::size_t>(check)];
}
std::string_view name(BreakerState state) noexcept {
  constexpr std::array<std::string_view, 5> kNames = {"closed", "open", "half-open", "forced open",
                                                      "forced closed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace weir::balance
