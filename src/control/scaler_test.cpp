// The scaler over a driver that only remembers. Its arithmetic is tested in scaling/.
#include "control/scaler.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace scaler_test {

using namespace std::chrono_literals;

class Remembering final : public ScaleDriver {
 public:
  std::string_view driver_name() const noexcept override { return "test"; }
  std::uint32_t wanted() const noexcept override { return now; }
  std::vector<ScaledMember> members() const override {
    std::vector<ScaledMember> out;
    for (std::uint32_t i = 0; i < now; ++i) out.push_back({i + 1, base::Time(1s), cpu});
    return out;
  }
  std::string obstacle() const override { return why; }
  std::uint32_t least() const override { return others; }
  void scale_to(std::uint32_t wanted, base::Duration) override {
    now = wanted;
    ++operations;
  }

  std::uint32_t now = 4;
  std::uint32_t others = 0;
  std::optional<double> cpu;
  std::string why;
  int operations = 0;
};

class ScalerTest : public testing::Test {
 protected:
  static config::Scaling settings(double target_cpu = 0) {
    config::Scaling out;
    out.min = 1;
    out.max = 6;
    out.cooldown = 30s;
    out.down_window = 10s;
    out.target_cpu = target_cpu;
    return out;
  }
  ScaleAnswer wish(std::uint32_t replicas) {
    return scaler_.by_hand({.replicas = replicas}, "test", now_);
  }
  void pass_seconds(int count) {
    for (int i = 0; i < count; ++i) scaler_.second({}, now_ += 1s);
  }

  telemetry::NullLog log_;
  Remembering driver_;
  Scaler scaler_{"web", settings(), driver_, log_};
  base::Time now_{1h};
};

using Kind = ScaleAnswer::Kind;

TEST_F(ScalerTest, WhatIsNotTheDriversToEndIsNotPromised) {
  driver_.others = 3;
  const ScaleAnswer refused = wish(2);
  EXPECT_EQ(refused.kind, Kind::impossible);
  EXPECT_EQ(refused.detail,
            "web has 3 of 4 endpoints that weir did not make, and it ends only its own; end the "
            "others the way they were started");
  EXPECT_EQ(refused.to, 4u);
  EXPECT_EQ(driver_.operations, 0);
  EXPECT_EQ(wish(3).kind, Kind::done) << "a refusal began no cooldown";
  EXPECT_EQ(driver_.now, 3u);
}

TEST_F(ScalerTest, ThatManyOthersDoNotForbidToGrow) {
  driver_.others = 4;
  EXPECT_EQ(wish(5).kind, Kind::done);
}

TEST_F(ScalerTest, BoundsThenCooldownThenObstacle) {
  EXPECT_EQ(wish(5).kind, Kind::done);
  driver_.why = "busy";
  EXPECT_EQ(wish(7).kind, Kind::out_of_range);
  const ScaleAnswer early = wish(4);
  EXPECT_EQ(early.kind, Kind::cooling_down);
  EXPECT_EQ(early.retry_after, 30u);
  now_ += 31s;
  EXPECT_EQ(wish(4).kind, Kind::impossible);
  EXPECT_EQ(wish(4).detail, "busy");
  driver_.why.clear();
  EXPECT_EQ(wish(4).kind, Kind::done);
}

TEST_F(ScalerTest, LoadShrinksToTheOthersAndNoFurther) {
  driver_.others = 3;
  driver_.cpu = 0.01;
  scaler_.change(settings(0.5));
  pass_seconds(120);
  EXPECT_EQ(driver_.now, 3u);
  EXPECT_EQ(driver_.operations, 1);
  driver_.others = 0;
  pass_seconds(60);
  EXPECT_EQ(driver_.now, 1u) << "they were all that held it";
}

TEST_F(ScalerTest, MoreOthersThanMaxIsNoReasonToActEverySecond) {
  driver_.now = driver_.others = 8;
  driver_.cpu = 0.01;
  scaler_.change(settings(0.5));
  pass_seconds(120);
  EXPECT_EQ(driver_.now, 8u);
  EXPECT_EQ(driver_.operations, 0);
}

TEST_F(ScalerTest, WhatActsOrIsAnotherVerdictIsNewsOnceWithItsInputs) {
  scaler_.change(settings(0.5));
  driver_.cpu = 0.5;
  pass_seconds(5);
  auto news = scaler_.take_news();
  ASSERT_EQ(news.size(), 1u) << "the first decision, and four like it";
  EXPECT_EQ(news[0].verdict, "no_change");
  EXPECT_FALSE(news[0].applied);
  EXPECT_EQ(news[0].at, base::Time(1h + 1s));
  driver_.cpu = 0.75;
  pass_seconds(1);
  news = scaler_.take_news();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_TRUE(news[0].applied);
  EXPECT_EQ(news[0].from, 4u);
  EXPECT_EQ(news[0].to, 6u);
  EXPECT_EQ(news[0].reason, "from 4 to 6: CPU 75 % against 50 %: 4 x 1.50 = 6.0, so 6");
  EXPECT_EQ(facts_json(news[0]),
            R"({"verdict":"scale_up","min":1,"max":6,"cooldown_s":30,"readings":{)"
            R"("in_flight":{"known":0,"of":4},)"
            R"("cpu_share":{"average":0.75,"target":0.5,"known":4,"of":4},)"
            R"("p95_ms":{"average":0,"known":1,"of":1}}})");
  EXPECT_EQ(reading_text(news[0].readings), "cpu_share 0.75, p95_ms 0");
  EXPECT_EQ(target_text(news[0].readings), "cpu_share 0.5");
  EXPECT_TRUE(scaler_.take_news().empty());
}

TEST_F(ScalerTest, AWishIsNewsWhetherItIsGrantedOrNot) {
  EXPECT_EQ(wish(4).kind, Kind::done);
  EXPECT_TRUE(scaler_.take_news().empty()) << "there are four already";
  wish(9);
  wish(5);
  wish(6);
  const auto news = scaler_.take_news();
  ASSERT_EQ(news.size(), 3u);
  EXPECT_EQ(news[0].verdict, "refused");
  EXPECT_EQ(news[0].to, 4u);
  EXPECT_EQ(news[0].asked, 9);
  EXPECT_EQ(news[1].verdict, "by_hand");
  EXPECT_TRUE(news[1].applied);
  EXPECT_EQ(news[1].to, 5u);
  EXPECT_EQ(facts_json(news[1]),
            R"({"verdict":"by_hand","min":1,"max":6,"cooldown_s":30,"readings":{},)"
            R"("by":"test","asked":5})");
  EXPECT_EQ(news[2].verdict, "refused") << "it cools down";
  EXPECT_FALSE(news[2].applied);
}

TEST_F(ScalerTest, NewsThatNobodyTakesAreBounded) {
  for (std::uint32_t i = 0; i < Scaler::kNewsMax + 9; ++i) wish(100 + i);
  const auto news = scaler_.take_news();
  ASSERT_EQ(news.size(), Scaler::kNewsMax);
  EXPECT_EQ(news.front().asked, 109);
}

TEST_F(ScalerTest, WithoutACpuReadingItDoesNotShrink) {
  scaler_.change(settings(0.5));
  pass_seconds(120);
  EXPECT_EQ(driver_.now, 4u);
  driver_.cpu = 2.0;
  pass_seconds(1);
  EXPECT_GT(driver_.now, 4u) << "and grows when there is one";
}

}  // namespace scaler_test
}  // namespace weir::control
