#include "admin/login_throttle.hpp"

#include <gtest/gtest.h>

namespace weir::admin::login_throttle_test {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr base::Time kStart{std::chrono::hours(5)};
constexpr base::Duration kNone{};

TEST(LoginThrottle, DelaysDoubleFromTheFifthFailureOn) {
  LoginThrottle throttle;
  base::Time now = kStart;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle.begin("a", "ann", now), kNone) << i;
  base::Duration expected = seconds(1);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(throttle.begin("a", "ann", now), expected) << i;
    EXPECT_GT(throttle.begin("a", "ann", now + expected - std::chrono::nanoseconds(1)), kNone);
    now += expected;
    EXPECT_EQ(throttle.begin("a", "ann", now), kNone) << i;
    expected = std::min<base::Duration>(expected * 2, minutes(5));
  }
}

TEST(LoginThrottle, CountsByAddressAndByUser) {
  LoginThrottle throttle;
  const auto name = [](int i) { return std::to_string(i); };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle.begin("a", name(i), kStart), kNone);
  EXPECT_EQ(throttle.begin("a", "new", kStart), seconds(1)) << "one address, many users";
  EXPECT_EQ(throttle.begin("b", "new", kStart), kNone) << "a refused attempt counts nowhere";
  for (int i = 0; i < 4; ++i) EXPECT_EQ(throttle.begin(name(i), "new", kStart), kNone);
  EXPECT_EQ(throttle.begin("c", "new", kStart), seconds(1)) << "one user, many addresses";
  EXPECT_EQ(throttle.begin("c", "other", kStart), kNone);
}

TEST(LoginThrottle, SuccessForgivesTheUserButNotTheAddress) {
  LoginThrottle throttle;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle.begin("a", "ann", kStart), kNone);
  throttle.succeeded("a", "ann");
  EXPECT_EQ(throttle.begin("a", "ann", kStart), kNone);
  EXPECT_EQ(throttle.begin("a", "ann", kStart), seconds(1)) << "the address failed five times";
  EXPECT_EQ(throttle.begin("b", "ann", kStart), kNone);
  throttle.succeeded("nowhere", "nobody");
}

TEST(LoginThrottle, SuccessesLeaveNothing) {
  LoginThrottle throttle;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(throttle.begin("a", "ann", kStart), kNone);
    throttle.succeeded("a", "ann");
  }
  EXPECT_EQ(throttle.size(), 0u);
}

TEST(LoginThrottle, ForgetsAfterAQuietQuarterOfAnHour) {
  LoginThrottle throttle;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle.begin("a", "ann", kStart), kNone);
  const base::Time later = kStart + LoginThrottle::kMemory;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle.begin("a", "ann", later), kNone) << i;
  EXPECT_EQ(throttle.begin("a", "ann", later), seconds(1));
}

TEST(LoginThrottle, HasABound) {
  LoginThrottle throttle;
  for (std::size_t i = 0; i < LoginThrottle::kEntriesMax + 200; ++i) {
    const std::string name = std::to_string(i);
    EXPECT_EQ(throttle.begin(name, name, kStart + seconds(1) * static_cast<int>(i / 1000)), kNone);
  }
  EXPECT_EQ(throttle.size(), 2 * LoginThrottle::kEntriesMax);
}

TEST(LoginThrottle, AnIpv6NetworkIsOneAddress) {
  const auto key = [](const char* host) {
    return throttle_key(net::Address::ip(host, 1)->ip_bytes());
  };
  EXPECT_EQ(key("2001:db8::1"), key("2001:db8::ffff:2"));
  EXPECT_NE(key("2001:db8::1"), key("2001:db8:0:1::1"));
  EXPECT_NE(key("10.0.0.1"), key("10.0.0.2"));
  EXPECT_EQ(throttle_key({}), "");
}

}  // namespace weir::admin::login_throttle_test
