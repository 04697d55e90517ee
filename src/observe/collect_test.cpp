#include "observe/collect.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace weir::observe {
namespace {

using namespace std::chrono_literals;
using telemetry::ListenerTraffic;
using telemetry::Reason;
using telemetry::Traffic;

void exchanges(Traffic& traffic, int n, base::Duration duration, unsigned status = 200) {
  for (int i = 0; i < n; ++i) {
    auto& lane = traffic.lane(static_cast<std::size_t>(i) % traffic.lanes());
    lane.begin();
    lane.finish({.status = status, .duration = duration, .bytes_in = 10, .bytes_out = 100});
  }
}

Subject service(std::string_view name, const Traffic& traffic, std::uint64_t incarnation = 0) {
  return {.kind = SubjectKind::service,
          .service = name,
          .traffic = &traffic,
          .incarnation = incarnation};
}

Subject endpoint(std::string_view of, std::string_view name, const Traffic& traffic) {
  return {.kind = SubjectKind::endpoint, .service = of, .endpoint = name, .traffic = &traffic};
}

TEST(Collector, RatesPercentilesAndTotals) {
  Traffic web(2);
  Collector collector;
  const std::vector<Subject> subjects = {service("web", web)};
  for (int second = 1; second <= 12; ++second) {
    exchanges(web, 90, 2ms);
    exchanges(web, 10, 50ms, 503);
    collector.tick(base::Time(std::chrono::seconds(second)), subjects);
  }
  const Track* const track = collector.service("web");
  ASSERT_NE(track, nullptr);
  EXPECT_DOUBLE_EQ(track->rates().rps_1s, 100);
  EXPECT_DOUBLE_EQ(track->rates().rps_10s, 100);
  EXPECT_DOUBLE_EQ(track->rates().rps_60s, 100);
  EXPECT_DOUBLE_EQ(track->rates().error_ratio_10s, 0.1);
  EXPECT_DOUBLE_EQ(track->rates().bytes_out_10s, 10'000);
  EXPECT_EQ(track->rates().samples_10s, 1000u);
  EXPECT_NEAR(base::to_ms(track->rates().p50), 2, 0.04);
  EXPECT_NEAR(base::to_ms(track->rates().p95), 50, 0.8);
  EXPECT_NEAR(base::to_ms(track->rates().mean), 6.8, 0.001);
  EXPECT_EQ(track->totals().requests, 1200u);
  EXPECT_EQ(track->totals().errors, 120u);
  EXPECT_EQ(track->totals().by_class[5], 120u);
  EXPECT_EQ(track->latencies().count(), 1200u);
  EXPECT_EQ(track->series().size(), 12u);
  EXPECT_NEAR(track->series()[3].p95_ms, 50, 0.8);
  EXPECT_EQ(track->series()[3].requests, 100u);
}

TEST(Collector, SyncShowsThePresentAndCountsNothingTwice) {
  Traffic web(1);
  Collector collector;
  const std::vector<Subject> subjects = {service("web", web)};
  exchanges(web, 3, 1ms);
  collector.sync(subjects);
  EXPECT_EQ(collector.service("web")->totals().requests, 3u);
  EXPECT_EQ(collector.service("web")->series().size(), 0u);
  exchanges(web, 4, 1ms);
  collector.sync(subjects);
  collector.sync(subjects);
  collector.tick(base::Time(1s), subjects);
  EXPECT_EQ(collector.service("web")->totals().requests, 7u);
  EXPECT_EQ(collector.service("web")->latencies().count(), 7u);
  EXPECT_EQ(collector.service("web")->series()[0].requests, 7u);
  EXPECT_EQ(collector.all().totals().requests, 7u);
}

TEST(Collector, LateTicksGiveRightRatesAndEarlierOnesNone) {
  Traffic web(1);
  Collector collector;
  const std::vector<Subject> subjects = {service("web", web)};
  collector.tick(base::Time(10s), subjects);
  exchanges(web, 300, 1ms);
  collector.tick(base::Time(13s), subjects);
  EXPECT_DOUBLE_EQ(collector.service("web")->rates().rps_1s, 100);
  collector.tick(base::Time(13s), subjects);
  collector.tick(base::Time(12s), subjects);
  EXPECT_EQ(collector.service("web")->series().size(), 2u);
}

TEST(Collector, CountersMadeAnewAreNoNegativeStep) {
  auto first = std::make_unique<Traffic>(1);
  Collector collector;
  exchanges(*first, 50, 1ms);
  collector.tick(base::Time(1s), std::vector{service("web", *first)});
  Traffic second(1);
  exchanges(second, 20, 1ms);  // fewer: seen by itself
  collector.tick(base::Time(2s), std::vector{service("web", second)});
  EXPECT_EQ(collector.service("web")->totals().requests, 70u);
  EXPECT_EQ(collector.service("web")->series()[1].requests, 20u);
  Traffic third(1);
  exchanges(third, 90, 1ms);  // more: only the incarnation tells
  collector.tick(base::Time(3s), std::vector{service("web", third, 1)});
  EXPECT_EQ(collector.service("web")->totals().requests, 160u);
  EXPECT_EQ(collector.service("web")->latencies().count(), 160u);
  EXPECT_EQ(collector.all().totals().requests, 160u);
}

TEST(Collector, AllSumsServicesOnly) {
  Traffic web(1);
  Traffic pay(1);
  Traffic one(1);
  Collector collector;
  exchanges(web, 10, 1ms);
  exchanges(pay, 5, 100ms, 500);
  exchanges(one, 10, 1ms);
  web.lane(0).begin();
  pay.lane(0).begin();
  pay.lane(0).begin();
  collector.tick(base::Time(1s),
                 std::vector{service("web", web), endpoint("web", "e1", one), service("pay", pay)});
  EXPECT_EQ(collector.all().totals().requests, 15u);
  EXPECT_EQ(collector.all().totals().errors, 5u);
  EXPECT_EQ(collector.all().totals().in_flight, 3);
  EXPECT_DOUBLE_EQ(collector.all().rates().rps_1s, 15);
  EXPECT_NEAR(base::to_ms(collector.all().rates().p99), 100, 1.6);
  ASSERT_NE(collector.endpoint("web", "e1"), nullptr);
  EXPECT_EQ(collector.endpoint("web", "e1")->totals().requests, 10u);
  EXPECT_EQ(collector.endpoint("pay", "e1"), nullptr);
  EXPECT_EQ(collector.service("e1"), nullptr);
}

TEST(Collector, ListenersHaveTotalsAndARate) {
  ListenerTraffic gateway(2);
  Collector collector;
  const std::vector<Subject> subjects = {
      {.kind = SubjectKind::listener, .service = "gateway", .listener = &gateway}};
  gateway.lane(0).accepted.add(7);
  gateway.lane(1).open.add(3);
  collector.tick(base::Time(1s), subjects);
  gateway.lane(1).accepted.add(20);
  collector.tick(base::Time(3s), subjects);
  const ListenerNumbers* const numbers = collector.listener("gateway");
  ASSERT_NE(numbers, nullptr);
  EXPECT_EQ(numbers->totals.accepted, 27u);
  EXPECT_EQ(numbers->totals.open, 3);
  EXPECT_DOUBLE_EQ(numbers->accepted_per_second, 10);
}

TEST(Collector, WhoLeavesHasNoMoreInFlightAndIsNotListed) {
  Traffic web(1);
  web.lane(0).begin();
  Collector collector;
  collector.tick(base::Time(1s), std::vector{service("web", web)});
  EXPECT_EQ(collector.all().totals().in_flight, 1);
  collector.tick(base::Time(2s), {});
  EXPECT_EQ(collector.service("web")->totals().in_flight, 0);
  EXPECT_EQ(collector.all().totals().in_flight, 0);
  collector.each_track(SubjectKind::service, [](const SubjectName& name, const Track&) {
    ADD_FAILURE() << name.service;
  });
}

TEST(Collector, UnusedForTenMinutesIsForgotten) {
  Traffic web(1);
  Collector collector;
  collector.tick(base::Time(1s), std::vector{service("web", web)});
  for (int second = 2; second <= 600; ++second) {
    collector.tick(base::Time(std::chrono::seconds(second)), {});
  }
  EXPECT_NE(collector.service("web"), nullptr);
  collector.tick(base::Time(601s), {});
  EXPECT_EQ(collector.service("web"), nullptr);
}

TEST(Collector, TheOneUnusedForLongestMakesRoom) {
  std::vector<std::unique_ptr<Traffic>> traffic;
  for (int i = 0; i < 4; ++i) traffic.push_back(std::make_unique<Traffic>(1));
  Collector collector(2);
  collector.tick(base::Time(1s), std::vector{service("a", *traffic[0]), service("b", *traffic[1])});
  collector.tick(base::Time(2s), std::vector{service("b", *traffic[1])});
  collector.tick(base::Time(3s), std::vector{service("c", *traffic[2]), service("b", *traffic[1])});
  EXPECT_EQ(collector.service("a"), nullptr);
  EXPECT_NE(collector.service("b"), nullptr);
  EXPECT_NE(collector.service("c"), nullptr);
  EXPECT_EQ(collector.subjects(), 2u);
  EXPECT_EQ(collector.forgotten_subjects(), 1u);
  EXPECT_EQ(collector.dropped_subjects(), 0u);
}

TEST(Collector, WhatHasNoRoomIsAddedUpAsOther) {
  std::vector<std::unique_ptr<Traffic>> traffic;
  for (int i = 0; i < 4; ++i) traffic.push_back(std::make_unique<Traffic>(1));
  const auto pass = [&](std::initializer_list<int> which) {
    static constexpr const char* kNames[] = {"a", "b", "c", "d"};
    std::vector<Subject> subjects;
    for (const int i : which) {
      exchanges(*traffic[static_cast<std::size_t>(i)], 10, 1ms);
      subjects.push_back(service(kNames[i], *traffic[static_cast<std::size_t>(i)]));
    }
    return subjects;
  };
  Collector collector(2);
  const auto other = [&] {
    std::uint64_t requests = 0;
    collector.each_track(SubjectKind::service, [&](const SubjectName& name, const Track& track) {
      if (name.service == kOther) requests = track.totals().requests;
    });
    return requests;
  };
  collector.tick(base::Time(1s), pass({0, 1, 2, 3}));
  EXPECT_EQ(collector.service("c"), nullptr);
  EXPECT_EQ(other(), 20u);
  EXPECT_EQ(collector.dropped_subjects(), 2u);
  EXPECT_EQ(collector.all().totals().requests, 40u);
  collector.tick(base::Time(2s), pass({0, 1, 2, 3}));
  EXPECT_EQ(other(), 40u);
  EXPECT_EQ(collector.dropped_subjects(), 2u);
  collector.tick(base::Time(3s), pass({0, 1, 3}));  // c leaves: the sum falls, "other" does not
  EXPECT_EQ(other(), 40u);
  EXPECT_EQ(collector.all().totals().requests, 100u);
  collector.tick(base::Time(4s),
                 pass({0, 3}));  // b leaves, d gets its room and is not counted twice
  ASSERT_NE(collector.service("d"), nullptr);
  EXPECT_LE(collector.all().totals().requests, 120u);
  EXPECT_LE(other(), 50u);
}

TEST(Collector, ASecondSubjectOfTheSameNameIsNotTakenIn) {
  Traffic one(1);
  Traffic two(1);
  exchanges(one, 10, 1ms);
  exchanges(two, 3, 1ms);
  Collector collector;
  const std::vector<Subject> subjects = {service("web", one), service("web", two)};
  collector.tick(base::Time(1s), subjects);
  collector.tick(base::Time(2s), subjects);
  EXPECT_EQ(collector.service("web")->totals().requests, 10u);
}

}  // namespace
}  // namespace weir::observe
