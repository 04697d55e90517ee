#include "config/address.hpp"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

struct Good {
  const char* text;
  const char* canonical;
};
struct Bad {
  std::string text;
  const char* needle;
  const char* suggestion;
};

TEST(Bind, ReadsAddressesInCanonicalForm) {
  const Good rows[] = {
      {"127.0.0.1:8080", "127.0.0.1:8080"},
      {"0.0.0.0:0", "0.0.0.0:0"},
      {"[::1]:80", "[::1]:80"},
      {"[0:0::1]:65535", "[::1]:65535"},
      {"[::FFFF:1.2.3.4]:1", "[::ffff:1.2.3.4]:1"},
      {"unix:/run/w.sock", "unix:/run/w.sock"},
      {"unix:w", "unix:w"},
      {"127.0.0.1:0080", "127.0.0.1:80"},
  };
  for (const Good& row : rows) {
    const auto address = parse_bind(row.text);
    ASSERT_TRUE(address) << row.text << ": " << address.error().message;
    EXPECT_EQ(to_text(*address), row.canonical);
  }
}

TEST(Bind, RefusesTheRestWithAnIdea) {
  const Bad rows[] = {
      {"", "has no port", ":8080"},
      {"8080", "has no host", "127.0.0.1:8080"},
      {":8080", "binds to an IP address", "0.0.0.0:8080"},
      {"*:8080", "binds to an IP address", "0.0.0.0:8080"},
      {"LocalHost:80", "binds to an IP address", "127.0.0.1:80"},
      {"a.example:80", "binds to an IP address", ""},
      {"127.0.0.1", "has no port", "127.0.0.1:8080"},
      {"::1", "has no port", "[::1]:8080"},
      {"[::1]", "port '1]' is not a number", ""},
      {"::1:80", "needs brackets", "[::1]:80"},
      {"fe80::1:2:3:4:5:6:80", "needs brackets", "[fe80:0:1:2:3:4:5:6]:80"},
      {"[127.0.0.1]:80", "brackets are for IPv6", "127.0.0.1:80"},
      {"[x]:80", "'[x]' is not an IPv6 address", ""},
      {"127.0.0.1:", "port '' is not a number", ""},
      {"127.0.0.1:+80", "port '+80' is not a number", ""},
      {"127.0.0.1:65536", "port 65536 is above 65535", ""},
      {"127.1:80", "binds to an IP address", ""},
      {"http://127.0.0.1:80/x", "no scheme", "127.0.0.1:80"},
      {"unix:", "needs a path", "unix:/run/weir.sock"},
      {"unix:" + std::string(108, 'a'), "at most 107 bytes", ""},
      {std::string("unix:a\0b", 8), "no control bytes", ""},
      {"unix:a\nb", "no control bytes", ""},
      {std::string("127.0.0.1\0:80", 13), "binds to an IP address", ""},
  };
  for (const Bad& row : rows) {
    const auto address = parse_bind(row.text);
    ASSERT_FALSE(address) << row.text;
    EXPECT_NE(address.error().message.find(row.needle), std::string::npos)
        << address.error().message;
    EXPECT_EQ(address.error().suggestion, row.suggestion) << row.text;
  }
}

TEST(Endpoint, MayBeANameAndNeedsAPort) {
  for (const Good& row :
       {Good{"A.Example:80", "a.example:80"}, Good{"10.0.0.1:80", "10.0.0.1:80"},
        Good{"[::1]:80", "[::1]:80"}, Good{"unix:/a", "unix:/a"}, Good{"my_host:1", "my_host:1"}}) {
    const auto address = parse_endpoint(row.text);
    ASSERT_TRUE(address) << row.text << ": " << address.error().message;
    EXPECT_EQ(to_text(*address), row.canonical);
  }
  const Bad rows[] = {
      {"a.example:0", "cannot be 0", ""},
      {"a.example", "has no port", "a.example:8080"},
      {":80", "it is empty", ""},
      {"a b:80", "letters, digits", ""},
      {"a..b:80", "a label is empty", ""},
      {".a:80", "a label is empty", ""},
      {"a.:80", "it ends in a dot", "a"},
      {"-a:80", "begins or ends with '-'", ""},
      {"a-.b:80", "begins or ends with '-'", ""},
      {"1.2.3.256:80", "broken IPv4", ""},
      {"127.1:80", "broken IPv4", ""},
      {"a.0x7f:80", "broken IPv4", ""},
      {std::string(64, 'a') + ":80", "longer than 63", ""},
      {std::string(254, 'a') + ":80", "longer than 253", ""},
  };
  for (const Bad& row : rows) {
    const auto address = parse_endpoint(row.text);
    ASSERT_FALSE(address) << row.text;
    EXPECT_NE(address.error().message.find(row.needle), std::string::npos)
        << address.error().message;
    EXPECT_EQ(address.error().suggestion, row.suggestion) << row.text;
  }
}

TEST(Cidr, ReadsBothFamilies) {
  for (const Good& row :
       {Good{"10.0.0.0/8", "10.0.0.0/8"}, Good{"0.0.0.0/0", "0.0.0.0/0"},
        Good{"10.1.2.3", "10.1.2.3/32"}, Good{"fd00::/8", "fd00::/8"}, Good{"::1", "::1/128"},
        Good{"10.0.0.160/27", "10.0.0.160/27"}, Good{"2001:DB8:8000::/33", "2001:db8:8000::/33"}}) {
    const auto cidr = parse_cidr(row.text);
    ASSERT_TRUE(cidr) << row.text << ": " << cidr.error().message;
    EXPECT_EQ(to_text(*cidr), row.canonical);
  }
  EXPECT_EQ(parse_cidr("10.0.0.0/8")->bytes[0], 10);
  EXPECT_EQ(parse_cidr("10.0.0.0/8")->family, Family::v4);
  EXPECT_EQ(parse_cidr("::/0")->family, Family::v6);
}

TEST(Cidr, RefusesTheRestWithAnIdea) {
  const Bad rows[] = {
      {"", "not an address range", ""},
      {"10.0.0", "not an address range", ""},
      {"10.0.0.0/", "the prefix ''", "10.0.0.0/32"},
      {"10.0.0.0/33", "from 0 to 32", "10.0.0.0/32"},
      {"10.0.0.0/-1", "the prefix '-1'", "10.0.0.0/32"},
      {"10.0.0.0/8/8", "the prefix '8/8'", "10.0.0.0/32"},
      {"::/129", "from 0 to 128", "::/128"},
      {"10.0.0.1/8", "bits set after its prefix", "10.0.0.0/8"},
      {"10.0.0.161/27", "bits set after its prefix", "10.0.0.160/27"},
      {"fd00::1/64", "bits set after its prefix", "fd00::/64"},
      {"a.example/8", "not an address range", ""},
  };
  for (const Bad& row : rows) {
    const auto cidr = parse_cidr(row.text);
    ASSERT_FALSE(cidr) << row.text;
    EXPECT_NE(cidr.error().message.find(row.needle), std::string::npos) << cidr.error().message;
    EXPECT_EQ(cidr.error().suggestion, row.suggestion) << row.text;
  }
}

TEST(Address, LoopbackIsThisMachineOnly) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/a"}) {
    EXPECT_TRUE(is_loopback(*parse_bind(text))) << text;
  }
  for (const char* text :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1", "[1::1]:1"}) {
    EXPECT_FALSE(is_loopback(*parse_bind(text))) << text;
  }
}

}  // namespace
}  // namespace weir::config
