#include "balance/endpoint_facts.hpp"

#include <gtest/gtest.h>

#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace endpoint_facts_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

EndpointFacts facts_of(const TrialSet& set) {
  EndpointFacts facts;
  facts.sync(set.view());
  facts.advance(at_ms(0));
  return facts;
}

TEST(EndpointFacts, SilenceDecaysACost) {
  EndpointFacts facts = facts_of(TrialSet(1));
  facts.sample(0, milliseconds(100), at_ms(1000));
  EXPECT_NEAR(facts.cost(0, at_ms(1000), 0), 100'000, 1);
  EXPECT_NEAR(facts.cost(0, at_ms(11'000), 0), 36'788, 1);  // 100 ms, silent 10 s: 36.8 ms
}

TEST(EndpointFacts, AWorseSampleCountsAtOnceABetterOneSlowly) {
  EndpointFacts facts = facts_of(TrialSet(1));
  facts.sample(0, milliseconds(100), at_ms(1000));
  facts.sample(0, milliseconds(20), at_ms(6000));
  const double k = std::exp(-0.5);
  EXPECT_NEAR(facts.cost(0, at_ms(6000), 0), 20'000 * (1 - k) + 100'000 * k, 1);
  facts.sample(0, milliseconds(300), at_ms(6001));
  EXPECT_NEAR(facts.cost(0, at_ms(6001), 0), 300'000, 1);
}

TEST(EndpointFacts, TheUnknownCostsThePriorThenTheMedianThenNothing) {
  EndpointFacts facts = facts_of(TrialSet(4));
  EXPECT_EQ(facts.cost(0, at_ms(0), 0), 0);
  EXPECT_EQ(facts.cost(0, at_ms(0), 5000), 5000);
  facts.sample(1, milliseconds(10), at_ms(1000));
  facts.sample(2, milliseconds(20), at_ms(1200));
  facts.sample(3, milliseconds(90), at_ms(1400));
  EXPECT_FALSE(facts.is_known(0));
  EXPECT_NEAR(facts.cost(0, at_ms(1400), 0), 20'000, 500);  // decayed a little
  EXPECT_EQ(facts.cost(0, at_ms(1400), 5000), 5000);
}

TEST(EndpointFacts, TheFirstSampleBlendsIntoThePrior) {
  EndpointFacts facts = facts_of(TrialSet(2));
  facts.set_service_median(50'000);
  facts.sample(0, milliseconds(10), at_ms(1000));
  EXPECT_NEAR(facts.cost(0, at_ms(1000), 0), 50'000, 100);
  facts.sample(1, milliseconds(80), at_ms(1000));
  EXPECT_NEAR(facts.cost(1, at_ms(1000), 0), 80'000, 1);
}

TEST(EndpointFacts, AFailureIsAtLeastTheServicesP95) {
  EndpointFacts facts = facts_of(TrialSet(2));
  facts.sample_failure(0, milliseconds(1), milliseconds(40), at_ms(1000));
  EXPECT_GE(facts.cost(0, at_ms(1000), 0), 40'000);
  facts.sample_failure(1, milliseconds(70), milliseconds(40), at_ms(1000));
  EXPECT_GE(facts.cost(1, at_ms(1000), 0), 70'000);
}

TEST(EndpointFacts, CostIsPerSuccess) {
  EndpointFacts facts = facts_of(TrialSet(1));
  base::Rng rng(5);
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    const base::Time now = at_ms(1000 + i);
    if (rng.below(4) == 0) {
      facts.sample_failure(0, milliseconds(1), milliseconds(10), now);
    } else {
      facts.sample(0, milliseconds(10), now);
    }
    sum += facts.success(0);
  }
  EXPECT_NEAR(sum / 20'000, 0.75, 0.01);
  for (int i = 0; i < 200; ++i)
    facts.sample_failure(0, milliseconds(1), milliseconds(10), at_ms(30'000));
  EXPECT_NEAR(facts.cost(0, at_ms(30'000), 0), 160'000, 100);  // 1/16 is the least
  for (int i = 0; i < 200; ++i) facts.sample(0, milliseconds(10), at_ms(31'000));
  EXPECT_NEAR(facts.cost(0, at_ms(31'000), 0), 10'000, 100);
}

TEST(EndpointFacts, SurvivesAChangingSet) {
  TrialSet set(4);
  EndpointFacts facts = facts_of(set);
  facts.sample(1, milliseconds(10), at_ms(1000));
  facts.sample(3, milliseconds(30), at_ms(1000));
  facts.advance(at_ms(1000));
  facts.picked(3);
  set.remove(1);
  set.set(9, 1);
  facts.sync(set.view());  // 2 3 4 9
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_NEAR(facts.cost(0, at_ms(1000), 0), 10'000, 1);
  EXPECT_FALSE(facts.is_known(1));
  EXPECT_NEAR(facts.cost(2, at_ms(1000), 0), 30'000, 1);
  EXPECT_FALSE(facts.is_known(3));
  EXPECT_EQ(facts.recent(2, at_ms(1000)), 1u);
  EXPECT_EQ(facts.index_of(9), 3u);
  EXPECT_EQ(facts.index_of(1), kNobody);
}

TEST(EndpointFacts, WhoLeftAndReturnsIsUnknown) {
  TrialSet set(2);
  EndpointFacts facts = facts_of(set);
  facts.sample(0, milliseconds(10), at_ms(0));
  set.remove(1);
  facts.sync(set.view());
  set.set(1, 1);
  facts.sync(set.view());
  EXPECT_FALSE(facts.is_known(0));
}

TEST(EndpointFacts, RecentCountsTheLastSecond) {
  EndpointFacts facts = facts_of(TrialSet(2));
  for (int i = 0; i < 50; ++i) {  // one each 100 ms for 5 s
    facts.advance(at_ms(1000 + 100 * i));
    facts.picked(1);
  }
  EXPECT_NEAR(facts.recent(1, at_ms(5900)), 10, 1);
  EXPECT_EQ(facts.recent(0, at_ms(5900)), 0u);
  EXPECT_NEAR(facts.recent(1, at_ms(6400)), 5, 2);  // reading ahead of advance()
  EXPECT_EQ(facts.recent(1, at_ms(7000)), 0u);
  facts.advance(at_ms(7000));
  EXPECT_EQ(facts.recent()[1], 0u);
}

TEST(EndpointFacts, AnEarlierNowChangesNothing) {
  EndpointFacts facts = facts_of(TrialSet(1));
  facts.advance(at_ms(5000));
  facts.picked(0);
  facts.advance(at_ms(1000));
  facts.picked(0);
  EXPECT_EQ(facts.recent(0, at_ms(5000)), 2u);
  facts.sample(0, milliseconds(10), at_ms(5000));
  EXPECT_NEAR(facts.cost(0, at_ms(4000), 0), 10'000, 1);
}

}  // namespace endpoint_facts_test
}  // namespace weir::balance
