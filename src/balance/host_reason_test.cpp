#include "balance/host_reason.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace host_reason_test {

using namespace std::chrono_literals;
using namespace host_event;

const base::Time kNow = base::Time{} + 1h;

/// The primary reason's text after `change` to an endpoint in service.
template <class Change>
std::string text_after(Change change) {
  HostState state;
  state.check = CheckState::pass;
  change(state);
  return describe_all(state, {}, kNow).front();
}

Ejected ejected(OutlierRule rule, double value, double against) {
  return {.evidence = {rule, value, against}, .until = kNow + 21s};
}

TEST(HostReason, TextsOfMembership) {
  EXPECT_EQ(text_after([](HostState&) {}), "eligible");
  EXPECT_EQ(text_after([](HostState& s) {
              s.membership = Membership::draining;
              s.member_cause = MemberCause::scale_down;
              s.closes_at = kNow + 21s;
              s.load.in_flight = 3;
            }),
            "draining: scale-down, 3 in flight, closes in 21 s");
  EXPECT_EQ(text_after([](HostState& s) {
              s.membership = Membership::maintenance;
              s.member_cause = MemberCause::by_operator;
            }),
            "maintenance: by the operator");
  EXPECT_EQ(text_after([](HostState& s) { s.membership = Membership::gone; }),
            "gone: no longer discovered");
  EXPECT_EQ(text_after([](HostState& s) {
              s.membership = Membership::gone;
              s.member_cause = MemberCause::process_ended;
              s.death.status = 3;
            }),
            "gone: process ended with status 3");
}

TEST(HostReason, TextsOfChecks) {
  const auto failed = [](CheckDone last, std::uint32_t bad, std::uint32_t good = 0) {
    return text_after([&](HostState& s) {
      s.check = CheckState::fail;
      s.last_check = last;
      s.bad_checks = bad;
      s.good_checks = good;
    });
  };
  EXPECT_EQ(failed({.end = CheckEnd::refused, .next = kNow + 4s}, 3),
            "check failed: connection refused x3, next check in 4 s");
  EXPECT_EQ(failed({.end = CheckEnd::bad_answer, .status = 503, .next = kNow}, 1),
            "check failed: status 503, next check now");
  EXPECT_EQ(failed({.end = CheckEnd::timed_out, .next = kNow + 1ms}, 12),
            "check failed: timed out x12, next check in 1 ms");
  EXPECT_EQ(failed({.next = kNow + 3001ms}, 0, 1),
            "check failed: 1 passed, more needed, next check in 4 s");
  EXPECT_EQ(failed({}, 0), "check failed: not checked yet");
  EXPECT_EQ(text_after([](HostState& s) {
              s.check = CheckState::unknown;
              s.unknown_since = kNow - 100ms;
            }),
            "unknown: waits for its first check, used without one in 400 ms");
}

TEST(HostReason, TextsOfEjections) {
  struct Row {
    Ejected ejection;
    const char* text;
  };
  const Row rows[] = {
      {ejected(OutlierRule::success_rate, 0.71, 0.98),
       "ejected: success 71 % against 98 %, back in 21 s"},
      {ejected(OutlierRule::success_rate, 0.9, 0.9973),
       "ejected: success 90 % against 99.7 %, back in 21 s"},
      {ejected(OutlierRule::broken_rate, 0.5, 1),
       "ejected: 50 % answered at all against 100 %, back in 21 s"},
      {ejected(OutlierRule::failure_share, 0.9, 0.85), "ejected: 90 % failed, back in 21 s"},
      {ejected(OutlierRule::latency, 420.4, 80), "ejected: p95 420 ms against 80 ms, back in 21 s"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(text_after([&](HostState& s) {
                s.is_ejected = true;
                s.ejection = row.ejection;
              }),
              row.text);
  }
}

TEST(HostReason, TextsOfTheBreaker) {
  const auto seen = [](BreakerSeen breaker) {
    return text_after([&](HostState& s) { s.breaker = breaker; });
  };
  const BreakerSnapshot open{.state = BreakerState::open, .failures = 5, .until = kNow + 12s};
  EXPECT_EQ(seen({open, Cause::status_503}), "open: 5 consecutive 503, probes in 12 s");
  EXPECT_EQ(seen({open}), "open: 5 consecutive failures, probes in 12 s");
  EXPECT_EQ(seen({open, Cause::status_503, true}),
            "open: too large a share of attempts failed, probes in 12 s");
  EXPECT_EQ(seen({{.state = BreakerState::half_open, .probes_out = 3}}),
            "half-open: 3 probes out, none free");
  EXPECT_EQ(seen({{.state = BreakerState::forced_open}}), "forced open: by the operator");
}

TEST(HostReason, SlowStartAndLoad) {
  EXPECT_EQ(text_after([](HostState& s) { s.ramp_since = kNow - 7s; }), "slow start 35 %");
  EXPECT_EQ(text_after([](HostState& s) { s.load = {.in_flight = 256, .is_limit_full = true}; }),
            "limit full: 256 in flight");
}

TEST(HostReason, AllReasonsStrongestFirst) {
  HostState state;
  state.check = CheckState::fail;
  state.load.is_limit_full = true;
  state.membership = Membership::maintenance;
  const auto texts = describe_all(state, {}, kNow);
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_TRUE(texts[0].starts_with("maintenance"));
  EXPECT_TRUE(texts[1].starts_with("check failed"));
  EXPECT_TRUE(texts[2].starts_with("limit full"));
}

}  // namespace host_reason_test
}  // namespace weir::balance
