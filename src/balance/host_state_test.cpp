#include "balance/host_state.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace host_state_test {

using namespace std::chrono_literals;
using namespace host_event;

struct HostStateTest : testing::Test {
  base::Time now = base::Time{} + 1h;
  HostConfig config;
  HostState state = host_joined(config, now, true);
  std::vector<HostTransition> transitions;
  bool wants_check = false;

  void on(const HostEvent& event) {
    HostStep out = step(state, event, config, now);
    state = out.state;
    transitions = std::move(out.transitions);
    wants_check = out.wants_prompt_check;
  }
  void join(bool at_start) { state = host_joined(config, now, at_start); }
  void check(CheckEnd end, bool is_prompt = false) {
    on(CheckDone{.end = end, .is_prompt = is_prompt, .next = now + 5s});
  }
  void be_in_service() {
    check(CheckEnd::passed);
    ASSERT_TRUE(verdict(state, config, now).is_eligible());
  }
  HostReason primary() const { return verdict(state, config, now).primary(); }
  HostReasons reasons() const { return verdict(state, config, now).reasons; }
  double factor() const { return ramp_factor(state, config, now); }
  void set_breaker(BreakerState to, std::uint32_t probes_free = 0) {
    on(BreakerSeen{
        .breaker = {.state = to, .failures = 5, .until = now + 30s, .probes_free = probes_free},
        .cause = Cause::status_503});
  }
};

TEST_F(HostStateTest, WaitsForItsFirstCheckOrHalfASecond) {
  EXPECT_EQ(primary(), HostReason::unknown);
  EXPECT_EQ(verdict(state, config, now).eta, now + 500ms);
  now += 499ms;
  EXPECT_EQ(primary(), HostReason::unknown);
  now += 1ms;
  EXPECT_EQ(primary(), HostReason::eligible);
}

TEST_F(HostStateTest, TheFirstResultDecidesAnUnknownEndpoint) {
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::eligible);
  join(true);
  check(CheckEnd::timed_out);
  EXPECT_EQ(primary(), HostReason::check_failed);
}

TEST_F(HostStateTest, InitialHealthyUnhealthyAndNoCheck) {
  config.initial = InitialCheck::healthy;
  join(true);
  EXPECT_EQ(primary(), HostReason::eligible);
  config.initial = InitialCheck::unhealthy;
  join(true);
  EXPECT_EQ(primary(), HostReason::check_failed);
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::check_failed);
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::eligible);
  config = {.has_check = false};
  join(true);
  EXPECT_EQ(primary(), HostReason::eligible);
  on(ConnectFailed{});
  EXPECT_FALSE(wants_check);
}

TEST_F(HostStateTest, ThreeBadTakeItOutTwoGoodBringItBack) {
  be_in_service();
  check(CheckEnd::refused);
  check(CheckEnd::refused);
  check(CheckEnd::passed);
  check(CheckEnd::refused);
  check(CheckEnd::refused);
  EXPECT_EQ(primary(), HostReason::eligible) << "never three in a row";
  check(CheckEnd::refused);
  ASSERT_EQ(transitions.size(), 1u);
  EXPECT_EQ(transitions[0].component, HostComponent::check);
  EXPECT_EQ(transitions[0].from, "pass");
  EXPECT_EQ(transitions[0].to, "fail");
  EXPECT_EQ(transitions[0].reason, "check failed");
  EXPECT_EQ(transitions[0].evidence, "connection refused x3");
  EXPECT_EQ(transitions[0].eta, now + 5s);
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::check_failed);
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::eligible);
  ASSERT_EQ(transitions.size(), 2u);
  EXPECT_EQ(transitions[0].reason, "recovered");
  EXPECT_EQ(transitions[1].component, HostComponent::ramp);
}

TEST_F(HostStateTest, ARefusedPromptCheckMeetsFallAtOnce) {
  struct Row {
    const char* what;
    bool is_after_refusal;
    CheckEnd end;
    bool is_prompt;
    HostReason primary;
  };
  const Row rows[] = {
      {"refused, prompt refused too", true, CheckEnd::refused, true, HostReason::check_failed},
      {"unreachable too", true, CheckEnd::unreachable, true, HostReason::check_failed},
      {"prompt check passes", true, CheckEnd::passed, true, HostReason::eligible},
      {"prompt check times out: one of three", true, CheckEnd::timed_out, true,
       HostReason::eligible},
      {"a regular check that began before", true, CheckEnd::refused, false, HostReason::eligible},
      {"prompted by silence only", false, CheckEnd::refused, true, HostReason::eligible},
  };
  for (const Row& row : rows) {
    join(true);
    be_in_service();
    if (row.is_after_refusal) {
      on(ConnectFailed{});
      EXPECT_TRUE(wants_check) << row.what;
    }
    check(row.end, row.is_prompt);
    EXPECT_EQ(primary(), row.primary) << row.what;
  }
}

TEST_F(HostStateTest, ThePromptRuleIsUsedUpByOneCheck) {
  be_in_service();
  on(ConnectFailed{});
  check(CheckEnd::passed, true);
  check(CheckEnd::refused, true);
  EXPECT_EQ(primary(), HostReason::eligible);
}

TEST_F(HostStateTest, SilenceWantsAPromptCheckOnlyWhilePeersAnswer) {
  be_in_service();
  struct Row {
    Silent silent;
    bool wants;
  };
  for (const Row& row : {Row{{3, true}, true}, Row{{2, true}, false}, Row{{9, false}, false}}) {
    on(row.silent);
    EXPECT_EQ(wants_check, row.wants) << row.silent.attempts;
    EXPECT_EQ(primary(), HostReason::eligible) << "silence alone excludes nobody";
  }
  for (int i = 0; i < 3; ++i) check(CheckEnd::timed_out);
  on(Silent{3, true});
  EXPECT_FALSE(wants_check) << "it is out already";
}

TEST_F(HostStateTest, APromptCheckAfterSilenceThatTimesOutIsEnough) {
  be_in_service();
  on(Silent{3, true});
  on(CheckDone{.end = CheckEnd::timed_out});
  EXPECT_EQ(primary(), HostReason::check_failed) << "one that ran already will do";
}

TEST_F(HostStateTest, APromptCheckAfterSilenceThatPassesLeavesItIn) {
  be_in_service();
  on(Silent{3, true});
  on(CheckDone{.end = CheckEnd::passed, .is_prompt = true});
  on(CheckDone{.end = CheckEnd::timed_out, .is_prompt = true});
  EXPECT_EQ(primary(), HostReason::eligible);
}

TEST_F(HostStateTest, DeathIsOutAtOnceAndOnlyAStartBringsItBack) {
  be_in_service();
  on(Died{.signal = 9});
  EXPECT_EQ(primary(), HostReason::gone);
  ASSERT_EQ(transitions.size(), 1u);
  EXPECT_EQ(transitions[0].to, "gone");
  EXPECT_EQ(transitions[0].evidence, "process ended by signal 9");
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::gone);
  on(MembershipSet{.to = Membership::in});  // discovery still lists the address
  EXPECT_EQ(primary(), HostReason::gone);
  on(Started{});
  EXPECT_TRUE(wants_check);
  EXPECT_EQ(primary(), HostReason::unknown) << "its checks begin anew";
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::eligible);
  EXPECT_DOUBLE_EQ(factor(), 0.10);
}

TEST_F(HostStateTest, DiscoveryDoesNotUndoADrain) {
  be_in_service();
  on(MembershipSet{
      .to = Membership::draining, .cause = MemberCause::by_operator, .closes_at = now + 30s});
  EXPECT_EQ(primary(), HostReason::draining);
  EXPECT_EQ(verdict(state, config, now).eta, now + 30s);
  on(MembershipSet{.to = Membership::in});
  EXPECT_EQ(primary(), HostReason::draining);
  on(MembershipSet{.to = Membership::draining, .closes_at = now + 99s});
  EXPECT_EQ(state.closes_at, now + 30s) << "the first deadline stays";
  on(MembershipSet{.to = Membership::in, .cause = MemberCause::by_operator});
  EXPECT_EQ(primary(), HostReason::eligible);
  EXPECT_DOUBLE_EQ(factor(), 0.10);
}

TEST_F(HostStateTest, AVanishedEndpointDrainsAndMayReappear) {
  be_in_service();
  on(MembershipSet{.to = Membership::draining});
  EXPECT_EQ(primary(), HostReason::draining);
  on(MembershipSet{.to = Membership::in});
  EXPECT_EQ(primary(), HostReason::eligible);
}

TEST_F(HostStateTest, APassingCheckClearsNeitherEjectionNorBreaker) {
  be_in_service();
  on(Ejected{.evidence = {OutlierRule::success_rate, 0.71, 0.98}, .until = now + 30s});
  EXPECT_EQ(transitions.at(0).evidence, "success 71 % against 98 %");
  set_breaker(BreakerState::open);
  for (int i = 0; i < 5; ++i) check(CheckEnd::passed);
  EXPECT_EQ(reasons(), (HostReasons{HostReason::ejected, HostReason::breaker_open}));
}

TEST_F(HostStateTest, AnEjectionEndsWithItsTime) {
  be_in_service();
  on(Ejected{.until = now + 30s});
  now += 30s - 1ms;
  on(Tick{});
  EXPECT_EQ(primary(), HostReason::ejected);
  now += 1ms;
  on(Tick{});
  EXPECT_EQ(primary(), HostReason::eligible);
  EXPECT_EQ(transitions.at(0).component, HostComponent::outlier);
  EXPECT_EQ(transitions.at(0).to, "in");
  EXPECT_DOUBLE_EQ(factor(), 0.10);
}

TEST_F(HostStateTest, PrecedenceIsFixedAndAllReasonsAreKept) {
  be_in_service();
  std::vector<HostReason> seen;
  const auto add = [&](const HostEvent& event) {
    on(event);
    seen.push_back(primary());
  };
  add(LoadSeen{.in_flight = 256, .is_limit_full = true});
  for (int i = 0; i < 3; ++i) check(CheckEnd::timed_out);
  seen.push_back(primary());
  add(Ejected{.until = now + 30s});
  add(BreakerSeen{.breaker = {.state = BreakerState::half_open, .probes_out = 3}});
  add(BreakerSeen{.breaker = {.state = BreakerState::open, .until = now + 12s}});
  add(MembershipSet{.to = Membership::maintenance, .cause = MemberCause::by_operator});
  add(MembershipSet{.to = Membership::draining, .cause = MemberCause::by_operator});
  add(BreakerSeen{.breaker = {.state = BreakerState::forced_open}});
  add(Died{});
  EXPECT_EQ(seen,
            (std::vector{HostReason::limit_full, HostReason::check_failed, HostReason::ejected,
                         HostReason::probes_used, HostReason::breaker_open, HostReason::maintenance,
                         HostReason::draining, HostReason::forced_open, HostReason::gone}));
  EXPECT_EQ(reasons(), (HostReasons{HostReason::gone, HostReason::forced_open, HostReason::ejected,
                                    HostReason::check_failed, HostReason::limit_full}));
}

TEST_F(HostStateTest, HalfOpenIsEligibleWhileAPermitIsFree) {
  be_in_service();
  set_breaker(BreakerState::half_open, 1);
  EXPECT_EQ(primary(), HostReason::eligible);
  set_breaker(BreakerState::half_open, 0);
  EXPECT_EQ(primary(), HostReason::probes_used);
  set_breaker(BreakerState::forced_closed);
  EXPECT_EQ(primary(), HostReason::eligible);
}

TEST_F(HostStateTest, SlowStartBeginsAtTheReturnNotAtTheStart) {
  be_in_service();
  EXPECT_DOUBLE_EQ(factor(), 1) << "it was there when weir started";
  set_breaker(BreakerState::open);
  set_breaker(BreakerState::half_open, 3);
  EXPECT_DOUBLE_EQ(factor(), 1) << "probes are counted, not weighted";
  now += 5s;
  set_breaker(BreakerState::closed);
  EXPECT_EQ(transitions.back().component, HostComponent::ramp);
  EXPECT_EQ(transitions.back().eta, now + 20s);
  EXPECT_DOUBLE_EQ(factor(), 0.10);
  now += 5s;
  EXPECT_DOUBLE_EQ(factor(), 0.25);
  on(LoadSeen{.in_flight = 9, .is_limit_full = true});
  on(LoadSeen{});
  EXPECT_DOUBLE_EQ(factor(), 0.25) << "a full limit is no absence";
  now += 5s;
  EXPECT_DOUBLE_EQ(factor(), 0.5);
  now += 10s;
  EXPECT_DOUBLE_EQ(factor(), 1);
  on(Tick{});
  EXPECT_EQ(transitions.at(0).to, "full");
}

TEST_F(HostStateTest, ANewcomerStartsSlowlyAfterItsFirstCheck) {
  join(false);
  now += 300ms;
  check(CheckEnd::passed);
  EXPECT_EQ(primary(), HostReason::eligible);
  EXPECT_DOUBLE_EQ(factor(), 0.10);
  config.slow_start.window = 0s;
  join(false);
  check(CheckEnd::passed);
  EXPECT_DOUBLE_EQ(factor(), 1);
}

TEST_F(HostStateTest, StepIsPure) {
  be_in_service();
  const HostState copy = state;
  const HostStep a = step(copy, Died{.signal = 9}, config, now);
  const HostStep b = step(copy, Died{.signal = 9}, config, now);
  EXPECT_EQ(copy.membership, Membership::in);
  EXPECT_EQ(a.transitions.size(), b.transitions.size());
  EXPECT_EQ(a.transitions.at(0).evidence, b.transitions.at(0).evidence);
}

}  // namespace host_state_test
}  // namespace weir::balance
