// What the origin is told about the client (http-rules.md, section 6 and rows 25, 30, 40, 41, 44,
// 45): X-Forwarded-*, X-Real-IP and Forwarded, believed from trusted peers only.
#include <gtest/gtest.h>

#include <string>

#include "gateway/client_address.hpp"
#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace forwarded_fields_test {

config::Cidr range(const std::string& address, std::uint8_t prefix) {
  config::Cidr out;
  const auto parsed = net::Address::ip(address, 0).value();
  std::uint8_t bytes[16];
  parsed.to_bytes(bytes);
  const bool v4 = parsed.family() == AF_INET;
  out.family = v4 ? config::Family::v4 : config::Family::v6;
  std::copy_n(bytes + (v4 ? 12 : 0), v4 ? 4 : 16, out.bytes.begin());
  out.prefix = prefix;
  return out;
}

config::Settings trusting() {
  config::Settings settings = InMemoryGateway::default_settings();
  settings.trusted_proxies = {range("10.0.0.0", 8), range("192.0.2.0", 24),
                              range("2001:db8::", 32)};
  return settings;
}

constexpr std::string_view kTrusted = "192.0.2.7:40000";
constexpr std::string_view kStranger = "203.0.113.9:40000";

/// The values of a field the origin got, joined by '|'.
std::string field(const std::string& head, const std::string& name) {
  std::string out;
  const std::string mark = "\r\n" + name + ": ";
  for (std::size_t at = 0; (at = head.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    const std::size_t end = head.find("\r\n", at);
    out += (out.empty() ? "" : "|") + head.substr(at, end - at);
  }
  return out;
}

std::string origin_sees(const std::string& fields, std::string_view peer = kStranger,
                        config::Settings settings = trusting()) {
  InMemoryGateway gateway(std::move(settings));
  gateway.connect(peer);
  gateway.exchange("GET / HTTP/1.1\r\nHost: shop.example:81\r\n" + fields + "\r\n");
  return gateway.origin().received();
}

TEST(ForwardedFields, AreWrittenForEveryRequest) {
  const std::string head = origin_sees("");
  EXPECT_EQ(field(head, "X-Forwarded-For"), "203.0.113.9");
  EXPECT_EQ(field(head, "X-Forwarded-Proto"), "http");
  EXPECT_EQ(field(head, "X-Forwarded-Host"), "shop.example:81");
  EXPECT_EQ(field(head, "X-Real-IP"), "203.0.113.9");
  EXPECT_EQ(field(head, "Forwarded"), "for=203.0.113.9;proto=http;host=\"shop.example:81\"");
  EXPECT_EQ(field(head, "Host"), "shop.example:81");
  EXPECT_FALSE(field(head, "X-Request-Id").empty());
}

TEST(ForwardedFields, EachPeerGetsItsOwnLines) {
  InMemoryGateway gateway(trusting());
  for (const char* peer : {"203.0.113.9", "203.0.113.90", "203.0.113.9", "198.51.100.1"}) {
    gateway.connect(std::string(peer) + ":1");
    const std::size_t before = gateway.origin().received().size();
    gateway.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(field(gateway.origin().received().substr(before), "X-Forwarded-For"), peer);
    EXPECT_EQ(field(gateway.origin().received().substr(before), "X-Real-IP"), peer);
  }
}

TEST(ForwardedFields, AnIPv6PeerIsBracketedAndQuotedInForwarded) {
  const std::string head = origin_sees("", "[2001:470::5]:40000");
  EXPECT_EQ(field(head, "X-Forwarded-For"), "2001:470::5");
  EXPECT_EQ(field(head, "Forwarded"), "for=\"[2001:470::5]\";proto=http;host=\"shop.example:81\"");
}

TEST(ForwardedFields, HttpWithoutHostNamesNoHost) {
  InMemoryGateway gateway(trusting());
  gateway.connect(kStranger);
  gateway.exchange("GET / HTTP/1.0\r\n\r\n");
  const std::string head = gateway.origin().received();
  EXPECT_EQ(field(head, "X-Forwarded-Host"), "");
  EXPECT_EQ(field(head, "Forwarded"), "for=203.0.113.9;proto=http");
}

TEST(ForwardedFields, Row45AStrangersClaimsAreReplaced) {
  const std::string head = origin_sees(
      "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
      "X-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n"
      "x-forwarded-for: 7.7.7.7\r\n");
  EXPECT_EQ(head.find("6.6.6.6"), std::string::npos) << head;
  EXPECT_EQ(head.find("7.7.7.7"), std::string::npos);
  EXPECT_EQ(head.find("evil"), std::string::npos);
  EXPECT_EQ(field(head, "X-Forwarded-For"), "203.0.113.9");
  EXPECT_EQ(field(head, "X-Forwarded-Proto"), "http");
}

TEST(ForwardedFields, ATrustedPeersClaimsAreKeptAndExtended) {
  const std::string head = origin_sees(
      "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop\r\n"
      "Forwarded: for=6.6.6.6\r\nX-Real-IP: 1.1.1.1\r\n",
      kTrusted);
  EXPECT_EQ(field(head, "X-Forwarded-For"), "6.6.6.6, 192.0.2.7");
  EXPECT_EQ(field(head, "X-Forwarded-Proto"), "https");
  EXPECT_EQ(field(head, "X-Forwarded-Host"), "shop");
  EXPECT_EQ(field(head, "X-Real-IP"), "6.6.6.6") << "derived, never copied";
  EXPECT_EQ(field(head, "Forwarded"),
            "for=6.6.6.6, for=192.0.2.7;proto=http;host=\"shop.example:81\"");
}

struct Walk {
  const char* name;
  std::string fields;
  const char* client;
};

TEST(ForwardedFields, TheClientIsFoundFromTheRight) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "10.0.0.1, ";
  const std::string list = "X-Forwarded-For: ";
  const Walk rows[] = {
      {"one", list + "6.6.6.6\r\n", "6.6.6.6"},
      {"nearest stranger wins", list + "9.9.9.9, 6.6.6.6\r\n", "6.6.6.6"},
      {"over trusted hops", list + "6.6.6.6, 10.1.2.3, 10.0.0.1\r\n", "6.6.6.6"},
      {"all trusted: the farthest", list + "10.0.0.9, 10.0.0.1\r\n", "10.0.0.9"},
      {"no spaces", list + "9.9.9.9,6.6.6.6,10.0.0.1\r\n", "6.6.6.6"},
      {"many spaces", list + " \t 6.6.6.6 \t ,\t 10.0.0.1 \t\r\n", "6.6.6.6"},
      {"port", list + "6.6.6.6:8080, 10.0.0.1:1\r\n", "6.6.6.6"},
      {"IPv6", list + "2a00::1, 2001:db8::7\r\n", "2a00::1"},
      {"IPv6 in brackets", list + "[2a00::1], [2001:db8::7]:443\r\n", "2a00::1"},
      {"IPv6 zone", list + "fe80::1%eth0, 10.0.0.1\r\n", "fe80::1"},
      {"quoted", list + "\"[2a00::1]:80\"\r\n", "2a00::1"},
      {"unknown at the end", list + "6.6.6.6, unknown\r\n", "192.0.2.7"},
      {"unknown farther on", list + "6.6.6.6, unknown, 10.0.0.1\r\n", "10.0.0.1"},
      {"a name", list + "localhost\r\n", "192.0.2.7"},
      {"empty", list + "\r\n", "192.0.2.7"},
      {"empty members", list + ",,\r\n", "192.0.2.7"},
      {"several fields",
       list + "6.6.6.6\r\n" + list + "10.0.0.2\r\nX: y\r\n" + list + "10.0.0.1\r\n", "6.6.6.6"},
      {"several fields, stranger last", list + "9.9.9.9\r\n" + list + "6.6.6.6\r\n", "6.6.6.6"},
      {"not an address", list + "6.6.6.6.6\r\n", "192.0.2.7"},
      {"a mapped address", list + "::ffff:10.0.0.9, 10.0.0.1\r\n", "::ffff:10.0.0.9"},
      {"1000 entries", list + "6.6.6.6, " + many + "10.0.0.1\r\n", "10.0.0.1"},
  };
  for (const Walk& row : rows) {
    EXPECT_EQ(field(origin_sees(row.fields, kTrusted), "X-Real-IP"), row.client) << row.name;
    EXPECT_EQ(field(origin_sees(row.fields, kStranger), "X-Real-IP"), "203.0.113.9") << row.name;
  }
}

TEST(ForwardedFields, EntriesAreReadStrictly) {
  net::Address out;
  for (const char* good : {"1.2.3.4", " 1.2.3.4\t", "1.2.3.4:5", "::1", "[::1]", "[::1]:5",
                           "\"[::1]:5\"", "fe80::1%25eth0", "\"1.2.3.4\""}) {
    EXPECT_TRUE(parse_forwarded_entry(good, out)) << good;
  }
  for (const char* bad : {"", " ", "unknown", "_hidden", "a.example", "1.2.3", "1.2.3.4.5", "[::1",
                          "[]", "\"", "\"\"", "%eth0", "1.2.3.4/8", ":80", "256.1.1.1"}) {
    EXPECT_FALSE(parse_forwarded_entry(bad, out)) << bad;
  }
  EXPECT_FALSE(parse_forwarded_entry(std::string(200, '1'), out));
}

TEST(ForwardedFields, TrustIsByRangeAndFamily) {
  const config::Cidr ranges[] = {range("10.0.0.0", 8), range("192.0.2.128", 25),
                                 range("2001:db8::", 33), range("198.51.100.7", 32)};
  const auto trusted = [&](const char* text) {
    return is_trusted(net::Address::ip(text, 1).value().ip_bytes(), ranges);
  };
  for (const char* yes : {"10.0.0.0", "10.255.255.255", "192.0.2.128", "192.0.2.255", "2001:db8::1",
                          "2001:db8:7fff::", "198.51.100.7"}) {
    EXPECT_TRUE(trusted(yes)) << yes;
  }
  for (const char* no : {"11.0.0.0", "9.255.255.255", "192.0.2.127",
                         "2001:db8:8000::", "2001:db9::", "198.51.100.8", "::1"}) {
    EXPECT_FALSE(trusted(no)) << no;
  }
  EXPECT_FALSE(is_trusted(net::Address::ip("10.0.0.1", 1).value().ip_bytes(), {}));
  EXPECT_FALSE(is_trusted(net::Address::unix_path("/x").value().ip_bytes(), ranges));
}

TEST(ForwardedFields, Row40And41ConnectionOptions) {
  const std::string head = origin_sees(
      "Connection: X-Secret, Host, X-Forwarded-For, Cookie, Authorization\r\nX-Secret: 1\r\n"
      "Cookie: c\r\nAuthorization: z\r\n");
  EXPECT_EQ(field(head, "X-Secret"), "");
  EXPECT_EQ(field(head, "Cookie"), "c");
  EXPECT_EQ(field(head, "Authorization"), "z");
  EXPECT_EQ(field(head, "Host"), "shop.example:81");
  EXPECT_EQ(field(head, "X-Forwarded-For"), "203.0.113.9");
  EXPECT_EQ(field(head, "Connection"), "");
}

TEST(ForwardedFields, Row44AnH2cUpgradeIsForwardedWithoutIt) {
  const std::string head =
      origin_sees("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n");
  EXPECT_TRUE(head.starts_with("GET / HTTP/1.1\r\n"));
  for (const char* name : {"Upgrade", "HTTP2-Settings", "Connection"}) {
    EXPECT_EQ(field(head, name), "") << name;
  }
}

TEST(ForwardedFields, Row25And30ChunksAreWrittenNew) {
  InMemoryGateway gateway(trusting());
  gateway.connect(kStranger);
  gateway.exchange(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "2;a=b\r\nhe\r\n3 ;c\r\nllo\r\n0\r\nContent-Length: 9\r\nX-Sum: s\r\nHost: evil\r\n\r\n");
  const std::string bytes = gateway.origin().received();
  EXPECT_TRUE(
      bytes.ends_with("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: s\r\n\r\n"))
      << bytes;
  EXPECT_EQ(field(bytes, "Content-Length"), "");
}

TEST(ForwardedFields, Row22LengthsAreWrittenNew) {
  InMemoryGateway gateway(trusting());
  gateway.connect(kStranger);
  gateway.exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0005\r\n\r\nhello");
  EXPECT_EQ(field(gateway.origin().received(), "Content-Length"), "5");
  const std::size_t before = gateway.origin().received().size();
  gateway.exchange("POST / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(field(gateway.origin().received().substr(before), "Content-Length"), "0");
}

}  // namespace forwarded_fields_test
}  // namespace weir::gateway
