#include "balance/breaker.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace weir::balance {
namespace breaker_test {

using namespace std::chrono_literals;
using Change = BreakerChange;
using State = BreakerState;

struct BreakerTest : testing::Test {
  base::Time now = base::Time{} + 1h;
  Breaker breaker{BreakerConfig{}, 7};

  Change succeed() { return breaker.try_acquire(now).success(now); }
  Change fail() { return breaker.try_acquire(now).failure(now); }
  Change fail(int times) {
    Change last = Change::none;
    for (int i = 0; i < times; ++i) last = fail();
    return last;
  }
  State state() { return breaker.snapshot().state; }
  /// How long it stays open from now on.
  base::Duration open_time() { return breaker.snapshot().until - now; }
  void pass_open_time() { now = breaker.snapshot().until; }
  /// CLOSED → OPEN → HALF_OPEN.
  void get_half_open() {
    ASSERT_EQ(fail(5), Change::opened);
    pass_open_time();
    ASSERT_EQ(breaker.poll(now), Change::half_opened);
  }
  void expect_open_time(base::Duration least) {
    EXPECT_GE(open_time(), least);
    EXPECT_LE(open_time(), least + least / 10 + 1ms);
  }
};

TEST_F(BreakerTest, OpensAfterExactlyFiveConsecutiveFailures) {
  EXPECT_EQ(fail(4), Change::none);
  EXPECT_EQ(breaker.snapshot().failures, 4u);
  EXPECT_EQ(succeed(), Change::none);
  EXPECT_EQ(breaker.snapshot().failures, 0u);
  EXPECT_EQ(fail(4), Change::none);
  EXPECT_EQ(state(), State::closed);
  EXPECT_EQ(fail(), Change::opened);
  EXPECT_EQ(state(), State::open);
  EXPECT_EQ(breaker.snapshot().failures, 5u);
  expect_open_time(30s);
}

TEST_F(BreakerTest, RefusesWhileOpenAndProbesAtTheEndOfIt) {
  fail(5);
  now = breaker.snapshot().until - 1ms;
  EXPECT_FALSE(breaker.try_acquire(now));
  EXPECT_EQ(breaker.poll(now), Change::none);
  now += 1ms;
  Breaker::Permit probe = breaker.try_acquire(now);
  ASSERT_TRUE(probe);
  EXPECT_TRUE(probe.is_probe());
  EXPECT_EQ(probe.change(), Change::half_opened);
  EXPECT_EQ(breaker.snapshot().probes_out, 1u);
  EXPECT_EQ(breaker.snapshot().probes_free, 2u);
}

TEST_F(BreakerTest, AdmitsThreeProbesAndClosesWhenAllPass) {
  get_half_open();
  std::vector<Breaker::Permit> probes;
  for (int i = 0; i < 3; ++i) probes.push_back(breaker.try_acquire(now));
  for (const auto& probe : probes) EXPECT_TRUE(probe);
  EXPECT_FALSE(breaker.try_acquire(now));
  EXPECT_EQ(probes[1].success(now), Change::none);
  EXPECT_FALSE(breaker.try_acquire(now)) << "a passed probe frees no slot";
  EXPECT_EQ(probes[0].success(now), Change::none);
  EXPECT_EQ(state(), State::half_open);
  EXPECT_EQ(probes[2].success(now), Change::closed);
  EXPECT_EQ(state(), State::closed);
  EXPECT_EQ(breaker.snapshot().failures, 0u);
}

TEST_F(BreakerTest, OneFailedProbeReopensAndTheOthersAreLate) {
  get_half_open();
  Breaker::Permit first = breaker.try_acquire(now);
  Breaker::Permit second = breaker.try_acquire(now);
  EXPECT_EQ(first.success(now), Change::none);
  Breaker::Permit third = breaker.try_acquire(now);
  EXPECT_EQ(second.failure(now), Change::reopened);
  EXPECT_EQ(third.success(now), Change::dropped);
  EXPECT_EQ(state(), State::open);
  expect_open_time(60s);
}

TEST_F(BreakerTest, OpenTimeDoublesUpToTheLongest) {
  get_half_open();
  for (const base::Duration expected : {60s, 120s, 240s, 300s, 300s}) {
    ASSERT_EQ(fail(), Change::reopened);
    expect_open_time(expected);
    pass_open_time();
  }
}

TEST_F(BreakerTest, DoublingIsForgottenAfterSixtySecondsClosed) {
  for (const auto& [closed_for, expected] :
       {std::pair<base::Duration, base::Duration>{59s, 60s}, {60s, 30s}}) {
    Breaker& subject = breaker;
    subject.reset(now);
    get_half_open();
    ASSERT_EQ(fail(), Change::reopened);
    pass_open_time();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(succeed(), i == 2 ? Change::closed : Change::none);
    now += closed_for;
    ASSERT_EQ(fail(5), Change::opened);
    expect_open_time(expected);
  }
}

TEST_F(BreakerTest, APermitDroppedWithoutVerdictFreesItsSlotAndCountsNothing) {
  get_half_open();
  for (int i = 0; i < 20; ++i) {
    Breaker::Permit probes[] = {breaker.try_acquire(now), breaker.try_acquire(now),
                                breaker.try_acquire(now)};
    for (const auto& probe : probes) EXPECT_TRUE(probe);
    EXPECT_EQ(breaker.snapshot().probes_free, 0u);
  }
  EXPECT_EQ(breaker.snapshot().probes_out, 0u);
  EXPECT_EQ(state(), State::half_open);
  Breaker::Permit moved = breaker.try_acquire(now);
  Breaker::Permit target = std::move(moved);
  target = Breaker::Permit();
  EXPECT_EQ(breaker.snapshot().probes_out, 0u);
}

TEST_F(BreakerTest, APermitEndsOnce) {
  Breaker::Permit permit = breaker.try_acquire(now);
  EXPECT_EQ(permit.failure(now), Change::none);
  EXPECT_EQ(permit.failure(now), Change::none);
  EXPECT_EQ(permit.success(now), Change::none);
  EXPECT_EQ(breaker.snapshot().failures, 1u);
  breaker.force_open();
  Breaker::Permit refused = breaker.try_acquire(now);
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused.success(now), Change::none);
}

TEST_F(BreakerTest, ResultsOfAnOlderGenerationAreDropped) {
  std::vector<Breaker::Permit> old;
  for (int i = 0; i < 8; ++i) old.push_back(breaker.try_acquire(now));
  EXPECT_EQ(fail(5), Change::opened);
  EXPECT_EQ(old[0].failure(now), Change::dropped);
  EXPECT_EQ(old[1].success(now), Change::dropped);
  pass_open_time();
  for (int i = 0; i < 3; ++i) succeed();
  ASSERT_EQ(state(), State::closed);
  EXPECT_EQ(fail(4), Change::none);
  EXPECT_EQ(old[2].failure(now), Change::dropped) << "a failure of before cannot open it again";
  EXPECT_EQ(old[3].success(now), Change::dropped) << "nor can a success reset its count";
  EXPECT_EQ(breaker.snapshot().failures, 4u);
}

TEST_F(BreakerTest, AProbeOutForTenSecondsHasFailed) {
  get_half_open();
  Breaker::Permit lost = breaker.try_acquire(now);
  now += 10s - 1ms;
  EXPECT_EQ(breaker.poll(now), Change::none);
  now += 1ms;
  Breaker::Permit asked = breaker.try_acquire(now);
  EXPECT_FALSE(asked);
  EXPECT_EQ(asked.change(), Change::reopened);
  expect_open_time(60s);
  EXPECT_EQ(lost.success(now), Change::dropped);
}

TEST_F(BreakerTest, AProbeThatAnswersTooLateReopensItItself) {
  get_half_open();
  Breaker::Permit late = breaker.try_acquire(now);
  now += 11s;
  EXPECT_EQ(late.success(now), Change::reopened);
}

TEST_F(BreakerTest, HalfOpenWithoutTrafficWaits) {
  get_half_open();
  now += 24h;
  EXPECT_EQ(breaker.poll(now), Change::none);
  EXPECT_TRUE(breaker.try_acquire(now));
}

TEST_F(BreakerTest, OperatorOpensClosesAndLetsGo) {
  EXPECT_TRUE(breaker.force_open());
  EXPECT_FALSE(breaker.force_open());
  EXPECT_TRUE(breaker.snapshot().forced);
  now += 24h;
  EXPECT_EQ(breaker.poll(now), Change::none);
  EXPECT_FALSE(breaker.try_acquire(now));
  EXPECT_TRUE(breaker.resume_auto(now));
  EXPECT_EQ(state(), State::half_open) << "it must prove itself first";
  EXPECT_FALSE(breaker.resume_auto(now));

  EXPECT_TRUE(breaker.force_close());
  EXPECT_EQ(fail(50), Change::none);
  EXPECT_EQ(state(), State::forced_closed);
  EXPECT_TRUE(breaker.resume_auto(now));
  EXPECT_EQ(state(), State::closed);
  EXPECT_EQ(breaker.snapshot().failures, 0u);

  EXPECT_FALSE(breaker.reset(now));
  fail(5);
  EXPECT_TRUE(breaker.reset(now));
  EXPECT_EQ(state(), State::closed);
  EXPECT_FALSE(breaker.snapshot().forced);
}

TEST_F(BreakerTest, RateRuleOpensAtHalfOfTwenty) {
  Breaker rated({.failures = 100, .rate_share = 0.5}, 1);
  const auto run = [&](int successes, int failures) {
    Change last = Change::none;
    for (int i = 0; i < successes; ++i) last = rated.try_acquire(now).success(now);
    for (int i = 0; i < failures; ++i) last = rated.try_acquire(now).failure(now);
    return last;
  };
  EXPECT_EQ(run(0, 19), Change::none) << "fewer than 20";
  now += 10s;
  EXPECT_EQ(run(11, 10), Change::none) << "the old failures have left the window; 10 of 21";
  EXPECT_EQ(run(0, 1), Change::opened_by_rate) << "11 of 22";
  now = rated.snapshot().until;
  EXPECT_EQ(run(3, 0), Change::closed);
  EXPECT_EQ(run(0, 19), Change::none) << "failures of before are not counted again";
  EXPECT_EQ(run(0, 1), Change::opened_by_rate);
}

TEST_F(BreakerTest, ANewConfigurationKeepsTheState) {
  fail(5);
  Breaker heir({.failures = 2, .probes = 1}, 9);
  heir.inherit(breaker);
  EXPECT_EQ(heir.snapshot().state, State::open);
  EXPECT_EQ(heir.snapshot().until, breaker.snapshot().until);
  pass_open_time();
  Breaker::Permit probe = heir.try_acquire(now);
  EXPECT_EQ(probe.success(now), Change::closed);

  breaker.reset(now);
  fail(4);
  heir.inherit(breaker);
  EXPECT_EQ(heir.try_acquire(now).failure(now), Change::opened);
}

TEST_F(BreakerTest, SillyConfigurationIsClamped) {
  Breaker odd({.failures = 0, .open = 0s, .longest = 0s, .probes = 99}, 0);
  EXPECT_EQ(odd.config().failures, 1u);
  EXPECT_EQ(odd.config().probes, 16u);
  EXPECT_EQ(odd.try_acquire(now).failure(now), Change::opened);
  EXPECT_GT(odd.snapshot().until, now);
}

}  // namespace breaker_test
}  // namespace weir::balance
