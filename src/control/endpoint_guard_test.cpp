#include "control/endpoint_guard.hpp"

#include <gtest/gtest.h>

namespace weir::control {
namespace endpoint_guard_test {

EndpointGuard guard(const char* admin) { return EndpointGuard(*net::Address::parse(admin)); }

TEST(EndpointGuard, RefusesWhatNoBackendHas) {
  struct Row {
    const char* address;
    const char* why;  // empty: it may
  };
  const Row rows[] = {
      {"10.0.0.1:80", ""},
      {"192.168.1.1:9900", ""},
      {"[2001:db8::1]:80", ""},
      {"[fd00::1]:80", ""},
      {"127.0.0.1:80", ""},
      {"[::1]:80", ""},
      {"169.254.169.254:80", "link-local"},
      {"[fe80::1]:80", "link-local"},
      {"[febf::1]:80", "link-local"},
      {"[fec0::1]:80", ""},
      {"[::ffff:169.254.169.254]:80", "link-local"},
      {"[64:ff9b::169.254.169.254]:80", "link-local"},
      {"[::169.254.169.254]:80", "link-local"},
      {"[::ffff:0:169.254.169.254]:80", "link-local"},
      {"[64:ff9b:1::169.254.169.254]:80", "link-local"},
      {"[2002:a9fe:a9fe::]:80", "link-local"},
      {"[2002:7f00:1::1]:80", ""},
      {"[2001::5601:5601]:80", "link-local"},
      {"[2001:db8::5601:5601]:80", ""},
      {"[fd00:ec2::254]:80", "metadata"},
      {"[fd00:ec2::255]:80", ""},
      {"100.100.100.200:80", "metadata"},
      {"192.0.0.192:80", "metadata"},
      {"0.0.0.0:80", "unspecified"},
      {"0.1.2.3:80", "unspecified"},
      {"[::]:80", "unspecified"},
      {"[::ffff:0.0.0.0]:80", "unspecified"},
      {"224.0.0.1:80", "multicast"},
      {"255.255.255.255:80", "multicast"},
      {"[ff02::1]:80", "multicast"},
      {"unix:/run/docker.sock", "no network address"},
      {"web.internal:80", "no network address"},
  };
  for (const Row& row : rows) {
    const std::string why = guard("127.0.0.1:9900").why_not(row.address);
    if (row.why[0] == '\0') {
      EXPECT_EQ(why, "") << row.address;
    } else {
      EXPECT_NE(why.find(row.why), std::string::npos) << row.address << ": " << why;
    }
  }
}

TEST(EndpointGuard, WeirsOwnAdminInterfaceIsNoBackend) {
  const auto is_refused = [](const char* admin, const char* address) {
    return guard(admin).why_not(address).find("own admin interface") != std::string::npos;
  };
  EXPECT_TRUE(is_refused("127.0.0.1:9900", "127.0.0.1:9900"));
  EXPECT_TRUE(is_refused("127.0.0.1:9900", "127.9.9.9:9900"));
  EXPECT_TRUE(is_refused("127.0.0.1:9900", "[::ffff:127.0.0.1]:9900"));
  EXPECT_TRUE(is_refused("127.0.0.1:9900", "[::1]:9900"));
  EXPECT_TRUE(is_refused("0.0.0.0:9900", "10.1.2.3:9900"));
  EXPECT_TRUE(is_refused("[::]:9900", "10.1.2.3:9900"));
  EXPECT_TRUE(is_refused("10.0.0.5:9900", "10.0.0.5:9900"));
  EXPECT_FALSE(is_refused("127.0.0.1:9900", "127.0.0.1:9901"));
  EXPECT_FALSE(is_refused("127.0.0.1:9900", "10.0.0.5:9900"));
  EXPECT_FALSE(is_refused("10.0.0.5:9900", "10.0.0.6:9900"));
}

TEST(EndpointGuard, LoopbackIsForThoseWhoAreOnThisMachine) {
  EXPECT_EQ(guard("127.0.0.1:9900").why_not("127.0.0.1:80"), "");
  for (const char* address :
       {"127.0.0.1:80", "127.3.2.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"}) {
    EXPECT_NE(guard("10.0.0.5:9900").why_not(address).find("loopback"), std::string::npos)
        << address;
    EXPECT_NE(guard("0.0.0.0:9900").why_not(address).find("loopback"), std::string::npos)
        << address;
  }
}

}  // namespace endpoint_guard_test
}  // namespace weir::control
