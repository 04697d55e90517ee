#include "telemetry/reason.hpp"

#include <gtest/gtest.h>

#include <set>

namespace weir::telemetry {
namespace {

TEST(Reason, CodesAreThoseOfTheDesignInOrder) {
  std::string all;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    all += code(static_cast<Reason>(i));
    all += ' ';
  }
  EXPECT_EQ(all, "OK NR NH UO UR UC UB UT UP DE RL OS AC DC PE FI WI ");
}

TEST(Reason, EachHasAMeaningOfItsOwn) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const std::string_view text = meaning(static_cast<Reason>(i));
    EXPECT_FALSE(text.empty());
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(Reason, TheClientsDoingIsNoFailureOfTheService) {
  for (const Reason reason : {Reason::ok, Reason::no_route, Reason::rate_limit, Reason::client_gone,
                              Reason::client_protocol}) {
    EXPECT_FALSE(is_failure(reason)) << code(reason);
  }
  for (const Reason reason : {Reason::no_host, Reason::connect_failed, Reason::body_broken,
                              Reason::attempt_timeout, Reason::overload, Reason::defect}) {
    EXPECT_TRUE(is_failure(reason)) << code(reason);
  }
}

TEST(Reason, ProxyStatusNamesAnErrorExactlyWhenWeirAnswers) {
  EXPECT_EQ(proxy_error(Reason::ok), "");
  EXPECT_EQ(proxy_error(Reason::client_gone), "");
  EXPECT_EQ(proxy_error(Reason::no_route), "destination_not_found");
  EXPECT_EQ(proxy_error(Reason::defect), "proxy_internal_error");
}

TEST(Flags, SetAndListed) {
  Flags flags;
  EXPECT_FALSE(flags.any());
  EXPECT_EQ(to_text(flags), "");
  flags.set(Flag::fallback);
  flags.set(Flag::retried);
  EXPECT_TRUE(flags.has(Flag::retried));
  EXPECT_FALSE(flags.has(Flag::hedged));
  EXPECT_EQ(to_text(flags), "retried,fallback");
  for (std::size_t i = 0; i < kFlagCount; ++i) flags.set(static_cast<Flag>(i));
  EXPECT_EQ(to_text(flags), "retried,hedged,reconnect,fallback,panic,fault");
}

}  // namespace
}  // namespace weir::telemetry
