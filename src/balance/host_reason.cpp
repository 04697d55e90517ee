#include "balance/host_reason.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace weir::balance {
namespace {

using base::Duration;
using base::Time;

/// "in 21 s", "in 400 ms", "now". Rounded up: what is announced has then happened.
std::string in_time(Time eta, Time now) {
  if (eta <= now) return "now";
  const Duration left = eta - now;
  if (left < std::chrono::seconds(1)) {
    return fmt::format("in {} ms", std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }
  return fmt::format("in {} s", std::chrono::ceil<std::chrono::seconds>(left).count());
}

/// "71 %", "99.3 %": a decimal where whole percents would hide the difference.
std::string percent(double share) {
  const double value = share * 100;
  const double rounded = std::round(value);
  const bool is_near_an_end = value > 95 && std::abs(value - rounded) >= 0.05;
  return is_near_an_end ? fmt::format("{:.1f} %", value) : fmt::format("{:.0f} %", value);
}

std::string_view cause_text(MemberCause cause) {
  switch (cause) {
    case MemberCause::discovery:
      return "no longer discovered";
    case MemberCause::by_operator:
      return "by the operator";
    case MemberCause::scale_down:
      return "scale-down";
    case MemberCause::process_ended:
      return "process ended";
  }
  return "";
}

std::string membership_text(const HostState& state) {
  const std::string_view cause = cause_text(state.member_cause);
  if (state.member_cause != MemberCause::process_ended) return std::string(cause);
  return state.death.signal != 0 ? fmt::format("{} by signal {}", cause, state.death.signal)
                                 : fmt::format("{} with status {}", cause, state.death.status);
}

std::string breaker_text(const host_event::BreakerSeen& seen) {
  if (seen.by_rate) return "too large a share of attempts failed";
  const bool has_cause = seen.cause != Cause::none;
  return fmt::format("{} consecutive {}", seen.breaker.failures,
                     has_cause ? name(seen.cause) : "failures");
}

std::string check_text(const HostState& state) {
  constexpr std::array<std::string_view, 6> kEnds = {
      "passed", "connection refused", "unreachable", "timed out", "broken off", "bad answer"};
  if (state.bad_checks == 0) {
    return state.good_checks == 0 ? "not checked yet"
                                  : fmt::format("{} passed, more needed", state.good_checks);
  }
  const host_event::CheckDone& last = state.last_check;
  const bool has_status = last.end == CheckEnd::bad_answer && last.status != 0;
  const std::string end = has_status ? fmt::format("status {}", last.status)
                                     : std::string(kEnds[static_cast<std::size_t>(last.end)]);
  return state.bad_checks > 1 ? fmt::format("{} x{}", end, state.bad_checks) : end;
}

std::string outlier_text(const OutlierEvidence& evidence) {
  switch (evidence.rule) {
    case OutlierRule::success_rate:
      return fmt::format("success {} against {}", percent(evidence.value),
                         percent(evidence.against));
    case OutlierRule::broken_rate:
      return fmt::format("{} answered at all against {}", percent(evidence.value),
                         percent(evidence.against));
    case OutlierRule::failure_share:
      return fmt::format("{} failed", percent(evidence.value));
    case OutlierRule::latency:
      return fmt::format("p95 {:.0f} ms against {:.0f} ms", evidence.value, evidence.against);
  }
  return "";
}

/// What is announced for the end of a reason, before "in 21 s".
std::string_view end_word(HostReason reason) {
  switch (reason) {
    case HostReason::draining:
      return "closes";
    case HostReason::breaker_open:
      return "probes";
    case HostReason::ejected:
      return "back";
    case HostReason::check_failed:
      return "next check";
    case HostReason::unknown:
      return "used without one";
    default:
      return "";
  }
}

}  // namespace

Time reason_eta(HostReason reason, const HostState& state, const HostConfig& config) noexcept {
  switch (reason) {
    case HostReason::draining:
      return state.closes_at;
    case HostReason::breaker_open:
      return state.breaker.breaker.until;
    case HostReason::ejected:
      return state.ejection.until;
    case HostReason::check_failed:
      return state.last_check.next;
    case HostReason::unknown:
      return state.unknown_since + config.wait;
    default:
      return base::kNever;
  }
}

std::string evidence(HostReason reason, const HostState& state) {
  switch (reason) {
    case HostReason::gone:
    case HostReason::maintenance:
      return membership_text(state);
    case HostReason::draining:
      return fmt::format("{}, {} in flight", membership_text(state), state.load.in_flight);
    case HostReason::forced_open:
      return "by the operator";
    case HostReason::breaker_open:
      return breaker_text(state.breaker);
    case HostReason::probes_used:
      return fmt::format("{} probes out, none free", state.breaker.breaker.probes_out);
    case HostReason::ejected:
      return outlier_text(state.ejection.evidence);
    case HostReason::check_failed:
      return check_text(state);
    case HostReason::unknown:
      return "waits for its first check";
    case HostReason::limit_full:
      return fmt::format("{} in flight", state.load.in_flight);
    case HostReason::eligible:
      break;
  }
  return "";
}

std::string describe(HostReason reason, const HostState& state, const HostConfig& config,
                     Time now) {
  if (reason == HostReason::eligible) {
    if (!state.ramp_since) return std::string(name(reason));
    const double percent_now = ramp_factor(state, config, now) * 100;
    return fmt::format("slow start {:.0f} %", percent_now);
  }
  std::string text = fmt::format("{}: {}", name(reason), evidence(reason, state));
  const Time eta = reason_eta(reason, state, config);
  if (eta != base::kNever) text += fmt::format(", {} {}", end_word(reason), in_time(eta, now));
  return text;
}

std::vector<std::string> describe_all(const HostState& state, const HostConfig& config, Time now) {
  std::vector<std::string> texts;
  HostReasons left = verdict(state, config, now).reasons;
  do {
    const HostReason reason = left.primary();
    texts.push_back(describe(reason, state, config, now));
    left = left.without({reason});
  } while (!left.empty());
  return texts;
}

std::string_view name(HostReason reason) noexcept {
  constexpr std::array<std::string_view, 11> kNames = {
      "gone",    "forced open",  "draining", "maintenance", "open",    "half-open",
      "ejected", "check failed", "unknown",  "limit full",  "eligible"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace weir::balance
