#include "scaling/decide.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace weir::scaling {
namespace decide_test {

using namespace std::chrono_literals;

constexpr base::Time kStart{1000s};

Facts load(std::uint32_t current, double in_flight_each) {
  return {.current = current,
          .readings = {{Metric::in_flight, std::vector<Sample>(current, Sample{in_flight_each})}}};
}

class Decide : public testing::Test {
 protected:
  Decide() { config_.targets = {{Metric::in_flight, 40}}; }

  Decision at(base::Duration time, const Facts& facts) {
    return decide(history_, facts, config_, kStart + time);
  }
  void operated(base::Duration time, std::uint32_t from, std::uint32_t to,
                Origin origin = Origin::automatic) {
    history_.operate(from, to, origin, kStart + time);
  }

  Config config_;
  History history_;
};

TEST_F(Decide, TheOracle) {
  const Decision decision = at(0s, load(3, 60));
  EXPECT_EQ(decision.from, 3u);
  EXPECT_EQ(decision.desired, 5u);
  EXPECT_EQ(decision.verdict, Verdict::scale_up);
  EXPECT_TRUE(decision.acts());
  EXPECT_EQ(decision.reason, "from 3 to 5: in flight 60 against 40: 3 x 1.50 = 4.5, so 5");
}

TEST_F(Decide, NoChangeCarriesItsArithmeticToo) {
  const Decision decision = at(0s, load(3, 41));
  EXPECT_EQ(decision.verdict, Verdict::no_change);
  EXPECT_EQ(decision.desired, 3u);
  EXPECT_EQ(decision.reason,
            "stays at 3: in flight 41 against 40 is a ratio of 1.02, near enough to 1");
  config_.targets.clear();
  EXPECT_EQ(at(0s, load(3, 41)).reason, "stays at 3: no target is set");
}

TEST_F(Decide, StepsUpByTheGreaterOfFourAndItsOwnNumber) {
  config_.max = 100;
  struct Row {
    std::uint32_t current;
    std::uint32_t desired;
  };
  for (const Row row : {Row{1, 5}, {2, 6}, {4, 8}, {5, 10}, {8, 16}, {40, 80}}) {
    History fresh;
    const Decision decision = decide(fresh, load(row.current, 4000), config_, kStart);
    EXPECT_EQ(decision.desired, row.desired) << decision.reason;
    EXPECT_NE(decision.reason.find("in one step"), std::string::npos) << decision.reason;
  }
}

TEST_F(Decide, KeepsWithinItsBounds) {
  EXPECT_EQ(at(0s, load(8, 80)).desired, 10u);
  const Decision full = at(0s, load(10, 80));
  EXPECT_EQ(full.verdict, Verdict::at_bound);
  EXPECT_EQ(full.reason,
            "stays at 10: in flight 80 against 40: 10 x 2.00 = 20.0, so 20; "
            "the maximum is 10");
  const Decision low = at(0s, load(1, 0));
  EXPECT_EQ(low.verdict, Verdict::at_bound);
  EXPECT_NE(low.reason.find("the minimum is 1"), std::string::npos) << low.reason;
}

TEST_F(Decide, WhatIsOutsideTheBoundsGoesBack) {
  config_.min = 2;
  EXPECT_EQ(at(0s, load(1, 0)).desired, 2u);
  const Decision many = at(0s, load(12, 400));
  EXPECT_EQ(many.desired, 10u);
  EXPECT_EQ(many.reason, "from 12 to 10: the maximum is 10");
  EXPECT_EQ(at(0s, {.current = 0}).desired, 2u) << "no endpoint, and nothing known";
}

TEST_F(Decide, ShrinksToTheHighestOfTheLastFiveMinutes) {
  EXPECT_EQ(at(0s, load(8, 40)).verdict, Verdict::no_change);
  EXPECT_EQ(at(60s, load(8, 20)).verdict, Verdict::stabilising);
  const Decision held = at(299s, load(8, 10));
  EXPECT_EQ(held.verdict, Verdict::stabilising);
  EXPECT_EQ(held.eta, kStart + 300s);
  EXPECT_EQ(held.reason,
            "stays at 8: in flight 10 against 40: 8 x 0.25 = 2.0, so 2; "
            "8 were wanted within 300 s, fewer in 1 s");
  const Decision down = at(300s, load(8, 10));
  EXPECT_EQ(down.verdict, Verdict::scale_down);
  EXPECT_EQ(down.desired, 4u) << "at 60 s it wanted 4";
  EXPECT_EQ(down.reason,
            "from 8 to 4: in flight 10 against 40: 8 x 0.25 = 2.0, so 2; 4 were wanted lately");
  EXPECT_EQ(at(360s, load(8, 10)).desired, 2u);
}

TEST_F(Decide, TheFirstDecisionNeverShrinks) {
  EXPECT_EQ(at(0s, load(8, 0)).verdict, Verdict::stabilising);
}

TEST_F(Decide, WaitsBetweenTwoOperationsOfAnyKind) {
  for (const Origin origin : {Origin::automatic, Origin::by_operator}) {
    history_ = {};
    operated(0s, 2, 3, origin);
    const Decision held = at(10s, load(3, 60));
    EXPECT_EQ(held.verdict, Verdict::cooling_down);
    EXPECT_EQ(held.desired, 3u);
    EXPECT_EQ(held.eta, kStart + 30s);
    EXPECT_EQ(held.reason,
              "stays at 3: in flight 60 against 40: 3 x 1.50 = 4.5, so 5; "
              "to 5 in 20 s, 30 s after the last operation");
    EXPECT_EQ(at(30s - 1ns, load(3, 60)).verdict, Verdict::cooling_down);
    EXPECT_EQ(at(30s, load(3, 60)).verdict, Verdict::scale_up);
  }
}

TEST_F(Decide, TheLargestMetricCounts) {
  config_.targets = {{Metric::in_flight, 40}, {Metric::cpu, 0.5}, {Metric::p95, 200}};
  Facts facts = load(4, 10);
  facts.readings.push_back({Metric::cpu, std::vector<Sample>(4, Sample{0.75})});
  facts.readings.push_back({Metric::p95, {{210.0}}});
  EXPECT_EQ(at(0s, facts).reason, "from 4 to 6: CPU 75 % against 50 %: 4 x 1.50 = 6.0, so 6");
}

TEST_F(Decide, NeverShrinksOnWhatItCannotSee) {
  config_.targets = {{Metric::in_flight, 40}, {Metric::cpu, 0.5}};
  config_.down_window = 0s;
  const Decision blind = at(0s, load(8, 5));
  EXPECT_EQ(blind.verdict, Verdict::blind);
  EXPECT_EQ(blind.reason,
            "stays at 8: in flight 5 against 40: 8 x 0.12 = 1.0, so 1; "
            "CPU is not known at all, and without knowing nothing is taken away");
  EXPECT_EQ(at(1s, load(8, 80)).verdict, Verdict::scale_up) << "but it grows";
  Facts seen = load(8, 5);
  seen.readings.push_back({Metric::cpu, std::vector<Sample>(8, Sample{0.0})});
  EXPECT_EQ(at(2s, seen).verdict, Verdict::scale_down);
  EXPECT_EQ(at(3s, {.current = 8}).verdict, Verdict::blind);
}

TEST_F(Decide, BlindTimeCountsAsWantingWhatIsThere) {
  EXPECT_EQ(at(0s, {.current = 8}).verdict, Verdict::blind);
  EXPECT_EQ(at(200s, {.current = 8}).verdict, Verdict::blind);
  EXPECT_EQ(at(301s, load(8, 5)).verdict, Verdict::stabilising);
  EXPECT_EQ(at(501s, load(8, 5)).verdict, Verdict::scale_down);
}

TEST_F(Decide, WhatTheOperatorAskedForStandsForTheWindow) {
  at(0s, load(2, 30));
  operated(400s, 2, 6, Origin::by_operator);
  at(401s, load(6, 10));
  EXPECT_EQ(at(699s, load(6, 10)).verdict, Verdict::stabilising);
  EXPECT_EQ(at(700s, load(6, 10)).verdict, Verdict::scale_down);
}

TEST_F(Decide, HoldsWhenTheFlapBudgetIsSpentAndSaysSo) {
  config_.down_window = 0s;
  config_.cooldown = 0s;
  std::uint32_t current = 2;
  std::uint32_t reversals = 0;
  int last = 0;
  std::optional<Decision> held;
  for (int i = 0; i < 20; ++i) {
    const Decision decision = at(i * 60s, load(current, current == 2 ? 80 : 20));
    if (!decision.acts()) {
      if (!held) held = decision;
      continue;
    }
    const int direction = decision.desired > decision.from ? 1 : -1;
    if (last == -direction) ++reversals;
    last = direction;
    operated(i * 60s, decision.from, decision.desired);
    current = decision.desired;
  }
  EXPECT_EQ(reversals, 6u);
  EXPECT_EQ(current, 4u) << "it holds with more, not with fewer";
  ASSERT_TRUE(held);
  EXPECT_EQ(held->verdict, Verdict::flap_hold);
  EXPECT_EQ(held->eta, kStart + 120s + 1h);
  EXPECT_NE(held->reason.find("it turned round 6 times within the hour, so it holds; again in"),
            std::string::npos)
      << held->reason;
  EXPECT_EQ(at(120s + 1h - 1ns, load(4, 20)).verdict, Verdict::flap_hold);
  EXPECT_EQ(at(120s + 1h, load(4, 20)).verdict, Verdict::scale_down);
}

TEST_F(Decide, TheOperatorsOwnReversalsSpendNoBudget) {
  config_.down_window = 0s;
  config_.cooldown = 0s;
  for (int i = 0; i < 20; ++i) operated(i * 1s, i % 2 ? 4 : 2, i % 2 ? 2 : 4, Origin::by_operator);
  EXPECT_EQ(at(30s, load(4, 10)).verdict, Verdict::scale_down);
}

TEST_F(Decide, TheOperatorHearsWhyNot) {
  const auto judge = [&](base::Duration time, std::uint32_t current, std::uint32_t wanted) {
    return judge_operator(history_, current, wanted, config_, kStart + time);
  };
  EXPECT_EQ(judge(0s, 3, 5).verdict, Verdict::scale_up);
  EXPECT_EQ(judge(0s, 5, 3).verdict, Verdict::scale_down);
  EXPECT_EQ(judge(0s, 3, 3).verdict, Verdict::no_change);
  for (const std::uint32_t outside : {0u, 11u}) {
    const Decision refused = judge(0s, 3, outside);
    EXPECT_EQ(refused.verdict, Verdict::at_bound);
    EXPECT_NE(refused.reason.find("allowed are 1 to 10"), std::string::npos) << refused.reason;
  }
  operated(0s, 2, 3);
  const Decision early = judge(12500ms, 3, 4);
  EXPECT_EQ(early.verdict, Verdict::cooling_down);
  EXPECT_EQ(seconds_until(early.eta, kStart + 12500ms), 18u);
  EXPECT_EQ(early.reason,
            "stays at 3: 4 asked for by the operator; to 4 in 18 s, "
            "30 s after the last operation");
}

}  // namespace decide_test
}  // namespace weir::scaling
