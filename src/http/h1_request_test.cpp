// Request heads: limits, splits, and what a head says. The refused rows of http-rules.md, section
// 2, are sent through a whole gateway by gateway/http_rules_test.
#include "http/h1_request.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace h1_request_test {

struct Parsed {
  Verdict verdict;
  RequestHead head;
  std::string text;  // the head points into these
  std::vector<char> scratch;
};

std::unique_ptr<Parsed> parse(std::string text, const HeadLimits& limits = {}) {
  auto out = std::make_unique<Parsed>();
  out->text = std::move(text);
  out->scratch.resize(out->text.size() + limits.line_max);
  out->verdict = parse_request(out->text, limits, out->scratch, out->head);
  return out;
}

std::string get(const std::string& fields = "", const std::string& version = "1.1") {
  return "GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
}

/// Everything a head says, as text.
std::string dump(const RequestHead& head) {
  std::string out =
      fmt::format("{} {} path={} query={} authority={} 1.{} bytes={} framing={} cl={}", head.method,
                  head.target, head.path, head.query, head.authority, head.minor, head.bytes,
                  static_cast<int>(head.framing), head.content_length);
  out += fmt::format(" flags={}{}{}{}{}{} via={} alike={}\n", head.has_content_length,
                     head.keep_alive, head.expects_continue, head.wants_websocket,
                     head.keeps_te_trailers, head.has_kept_escape, head.via_ours, head.look_alikes);
  for (const Field& field : head.fields) {
    out += fmt::format("{}|{}|{}|{}\n", head.fields.name(field), head.fields.value(field),
                       static_cast<int>(field.id), field.dropped);
  }
  return out;
}

bool is_kept(const RequestHead& head, std::string_view name) {
  for (const Field& field : head.fields) {
    if (head.fields.name(field) == name) return !field.dropped;
  }
  ADD_FAILURE() << "no field " << name;
  return false;
}

/// Every prefix is incomplete until the verdict of the whole is found, and stays so.
void expect_any_delivery(const std::string& text, int status, std::size_t step = 1) {
  const auto whole = parse(text);
  ASSERT_EQ(whole->verdict.kind == Verdict::Kind::refused ? whole->verdict.status : 200, status)
      << whole->verdict.why;
  bool decided = false;
  for (std::size_t size = 0; size <= text.size(); size += step) {
    const auto part = parse(text.substr(0, size));
    if (part->verdict.kind == Verdict::Kind::incomplete) {
      ASSERT_FALSE(decided) << "undecided again after " << size << " bytes";
      continue;
    }
    decided = true;
    ASSERT_EQ(part->verdict.kind, whole->verdict.kind) << size << " bytes";
    ASSERT_EQ(part->verdict.status, whole->verdict.status) << size << " bytes";
    ASSERT_EQ(part->verdict.at, whole->verdict.at) << size << " bytes";
  }
}

TEST(H1Request, LineLimit) {
  const auto line = [](std::size_t size) {
    return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(line(8192).find("\r\n"), 8192u);
  expect_any_delivery(line(8191), 200, 61);
  expect_any_delivery(line(8192), 200, 61);
  expect_any_delivery(line(8193), 414, 61);
  for (const std::size_t size : {8190u, 8191u, 8192u}) {
    EXPECT_FALSE(parse(line(9000).substr(0, size))->verdict.is_refused()) << size;
  }
  EXPECT_EQ(parse(line(9000).substr(0, 8193))->verdict.status, 414) << "without any line end";
  const HeadLimits small{.line_max = 20};
  EXPECT_TRUE(parse(line(20), small)->verdict.is_complete());
  EXPECT_EQ(parse(line(21), small)->verdict.status, 414);
}

TEST(H1Request, HeadLimit) {
  const auto head = [](std::size_t size) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    while (size - text.size() > 9000) text += "X: " + std::string(8000, 'x') + "\r\n";
    return text + "X: " + std::string(size - text.size() - 7, 'y') + "\r\n\r\n";
  };
  EXPECT_EQ(head(65536).size(), 65536u);
  EXPECT_TRUE(parse(head(65535))->verdict.is_complete());
  EXPECT_TRUE(parse(head(65536))->verdict.is_complete());
  EXPECT_EQ(parse(head(65537))->verdict.status, 431);
  EXPECT_TRUE(parse(head(65536) + "more")->verdict.is_complete()) << "bytes behind it do not count";
  EXPECT_EQ(parse(head(65536).substr(0, 65535))->verdict.kind, Verdict::Kind::incomplete);
  expect_any_delivery(head(65537), 431, 4099);
}

TEST(H1Request, FieldLimit) {
  const auto fields = [](int count) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < count; ++i) text += "X: a\r\n";
    return text + "\r\n";
  };
  expect_any_delivery(fields(99), 200, 7);
  expect_any_delivery(fields(100), 200, 7);
  expect_any_delivery(fields(101), 431, 7);
  std::string cookies = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i) cookies += "Cookie: a=b\r\n";
  EXPECT_TRUE(parse(cookies + "\r\n")->verdict.is_complete());
  const HeadLimits wide{.fields_max = 10'000};
  EXPECT_TRUE(parse(fields(256), wide)->verdict.is_complete());
  EXPECT_EQ(parse(fields(257), wide)->verdict.status, 431) << "kFieldsMax holds whatever is asked";
}

TEST(H1Request, ANameOf64KiBIsTooLarge) {
  expect_any_delivery("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(66000, 'n') + ": x\r\n\r\n",
                      431, 8191);
}

const char* const kRich =
    "\r\nPOST http://Example.com:80/a/../b//c?x=1&y=%zz HTTP/1.1\r\n"
    "Host: example.COM:80\r\nX-One:\t 1 \t\r\nEmpty:\r\ncontent-LENGTH: 0005\r\n"
    "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX_Forwarded_For: 1.1.1.1\r\n"
    "Via: 1.0 fred, 1.1 weir\r\nVia: 1.1 weir\r\nExpect: 100-Continue\r\n"
    "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xff\r\n\r\n";

TEST(H1Request, SaysWhatTheHeadSays) {
  const auto parsed = parse(kRich);
  ASSERT_TRUE(parsed->verdict.is_complete()) << parsed->verdict.why;
  const RequestHead& head = parsed->head;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/b/c");
  EXPECT_EQ(head.query, "?x=1&y=%zz") << "a query is opaque";
  EXPECT_EQ(head.authority, "Example.com:80");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 5u);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_TRUE(head.keeps_te_trailers);
  EXPECT_EQ(head.via_ours, 2);
  EXPECT_EQ(head.look_alikes, 1);
  EXPECT_EQ(head.bytes, parsed->text.size());
  EXPECT_EQ(head.fields.value(head.fields.lines[1]), "1");
  EXPECT_EQ(head.fields.value(head.fields.lines[2]), "");
}

TEST(H1Request, EverySplitGivesTheSameHead) {
  const std::string text = kRich;
  const std::string expected = dump(parse(text)->head);
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto part = parse(text.substr(0, cut));
    EXPECT_EQ(part->verdict.kind, Verdict::Kind::incomplete) << cut;
    // What a connection does: keep the bytes, judge again when there are more.
    part->text = text;
    part->verdict = parse_request(part->text, {}, part->scratch, part->head);
    ASSERT_TRUE(part->verdict.is_complete());
    ASSERT_EQ(dump(part->head), expected) << cut;
  }
  EXPECT_EQ(dump(parse(text + "helloGET /evil HTTP/1.1\r\n\r\n")->head), expected);
}

TEST(H1Request, NothingIsMissedByNotParsing) {
  for (const std::string& text : {std::string(kRich), get("X: a\nb: c\r\n"), get("X y: 1\r\n"),
                                  get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")}) {
    for (std::size_t from = 0; from <= text.size(); ++from) {
      if (parse(text.substr(0, from))->verdict.kind != Verdict::Kind::incomplete) break;
      for (std::size_t to = from + 1; to <= text.size(); ++to) {
        if (worth_parsing(text.substr(0, to), from, {})) continue;
        const auto skipped = parse(text.substr(0, to));
        EXPECT_NE(skipped->verdict.kind, Verdict::Kind::complete) << from << " to " << to;
      }
    }
  }
}

struct Connection {
  const char* fields;
  bool keep_alive_10;
  bool keep_alive_11;
};

TEST(H1Request, KeepAlive) {
  const Connection rows[] = {
      {"", false, true},
      {"Connection: close\r\n", false, false},
      {"Connection: Close\r\n", false, false},
      {"Connection: keep-alive\r\n", true, true},
      {"Connection: Keep-Alive\r\n", true, true},
      {"Connection: keep-alive, close\r\n", false, false},
      {"Connection: close\r\nConnection: keep-alive\r\n", false, false},
      {"Connection: ,, keep-alive ,\r\n", true, true},
      {"Connection: keepalive\r\n", false, true},
      {"Connection: x-close\r\n", false, true},
      {"Connection:\r\n", false, true},
      {"Keep-Alive: timeout=5\r\n", false, true},
      {"Proxy-Connection: keep-alive\r\n", false, true},
  };
  for (const Connection& row : rows) {
    EXPECT_EQ(parse(get(row.fields, "1.0"))->head.keep_alive, row.keep_alive_10) << row.fields;
    EXPECT_EQ(parse(get(row.fields, "1.1"))->head.keep_alive, row.keep_alive_11) << row.fields;
  }
}

TEST(H1Request, Row40ConnectionRemovesTheNamedField) {
  const auto parsed =
      parse(get("X-Secret: 1\r\nConnection: x-secret , X-Other\r\nX-Other: 2\r\n"
                "X-Third: 3\r\nX-Secret: 4\r\n"));
  for (const Field& field : parsed->head.fields) {
    const std::string_view name = parsed->head.fields.name(field);
    if (name == "X-Secret" || name == "X-Other") {
      EXPECT_TRUE(field.dropped) << name;
    } else if (name == "X-Third") {
      EXPECT_FALSE(field.dropped);
    }
  }
}

TEST(H1Request, Row41ConnectionNeverDeletesAProtectedField) {
  for (const std::string name :
       {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded",
        "Cookie", "Authorization", "Via", "Content-Type", "Date"}) {
    const auto parsed = parse(get(name + ": v\r\nConnection: " + name + "\r\n"));
    EXPECT_TRUE(parsed->verdict.is_complete()) << name;
    EXPECT_TRUE(is_kept(parsed->head, name)) << name;
  }
  const auto host = parse(get("Connection: Host\r\n"));
  EXPECT_EQ(host->head.authority, "a");
  const auto length = parse(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: Content-Length\r\n\r\n");
  EXPECT_EQ(length->head.framing, Framing::length);
  EXPECT_EQ(length->head.content_length, 5u);
}

TEST(H1Request, HopByHopFieldsAreNeverForwarded) {
  const auto parsed =
      parse(get("Connection: keep-alive\r\nKeep-Alive: 1\r\nProxy-Connection: close\r\n"
                "TE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nX: kept\r\n"));
  for (const std::string name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade", "HTTP2-Settings"}) {
    EXPECT_FALSE(is_kept(parsed->head, name)) << name;
  }
  EXPECT_TRUE(is_kept(parsed->head, "X"));
  EXPECT_FALSE(parsed->head.keeps_te_trailers);
  EXPECT_FALSE(parsed->head.wants_websocket);
}

TEST(H1Request, LookAlikesAreDroppedAndCounted) {
  for (const std::string name :
       {"X_Forwarded_For", "X-Forwarded_For", "x_forwarded-proto", "X_REAL_IP", "Content_Length",
        "CONTENT_LENGTH", "Transfer_Encoding", "Content_Type", "X_Request_Id", "Sec_WebSocket_Key",
        "Keep_Alive"}) {
    const auto parsed = parse(get(name + ": 1\r\n"));
    ASSERT_TRUE(parsed->verdict.is_complete()) << name;
    EXPECT_FALSE(is_kept(parsed->head, name)) << name;
    EXPECT_EQ(parsed->head.look_alikes, 1) << name;
    EXPECT_EQ(parsed->head.framing, Framing::none) << name;
  }
  for (const std::string name : {"X_Custom", "_", "Content_Lengths", "a_b_c_d_e_f_g_h_i_j_k_l_m"}) {
    const auto parsed = parse(get(name + ": 1\r\n"));
    EXPECT_TRUE(is_kept(parsed->head, name)) << name;
    EXPECT_EQ(parsed->head.look_alikes, 0) << name;
  }
}

TEST(H1Request, ExpectationCountsOnlyWithABodyOn11) {
  const std::string body = "Content-Length: 1\r\nExpect: 100-continue\r\n";
  EXPECT_TRUE(parse(get(body))->head.expects_continue);
  EXPECT_FALSE(parse(get(body, "1.0"))->head.expects_continue);
  EXPECT_FALSE(parse(get("Expect: 100-continue\r\n"))->head.expects_continue);
  EXPECT_EQ(parse(get("Expect: 100-continue, x\r\n"))->verdict.status, 417);
  const std::string good = "Expect: 100-continue\r\n";
  EXPECT_TRUE(parse(get(good + good))->verdict.is_complete());
  EXPECT_EQ(parse(get(good + "Expect: 200-ok\r\n"))->verdict.status, 417);
  EXPECT_EQ(parse(get("Expect: 200-ok\r\n" + good))->verdict.status, 417);
  // RFC 9110, 10.1.1: of HTTP/1.0 it is ignored, so it must not go on in an HTTP/1.1 head.
  const auto old = parse(get("Expect: 200-ok\r\n", "1.0"));
  EXPECT_TRUE(old->verdict.is_complete());
  EXPECT_FALSE(is_kept(old->head, "Expect"));
}

TEST(H1Request, WebSocketNeedsBothFieldsAnd11) {
  const std::string both = "Connection: x, Upgrade\r\nUpgrade: WebSocket\r\n";
  EXPECT_TRUE(parse(get(both))->head.wants_websocket);
  EXPECT_FALSE(parse(get(both, "1.0"))->head.wants_websocket);
  EXPECT_FALSE(parse(get("Upgrade: websocket\r\n"))->head.wants_websocket);
  EXPECT_FALSE(parse(get("Connection: Upgrade\r\n"))->head.wants_websocket);
  EXPECT_FALSE(
      parse(get("Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n"))->head.wants_websocket);
}

TEST(H1Request, TargetForms) {
  struct Row {
    const char* target;
    const char* path;
    const char* query;
    const char* authority;
  };
  const Row rows[] = {
      {"/", "/", "", "a"},
      {"/?", "/", "?", "a"},
      {"/a?b?c", "/a", "?b?c", "a"},
      {"/a?/../b", "/a", "?/../b", "a"},
      {"http://a", "/", "", "a"},
      {"http://A?x", "/", "?x", "A"},
      {"HTTP://a/x/./y", "/x/y", "", "a"},
  };
  for (const Row& row : rows) {
    const auto parsed = parse("GET " + std::string(row.target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(parsed->verdict.is_complete()) << row.target << ": " << parsed->verdict.why;
    EXPECT_EQ(parsed->head.path, row.path) << row.target;
    EXPECT_EQ(parsed->head.query, row.query) << row.target;
    EXPECT_EQ(parsed->head.authority, row.authority) << row.target;
  }
}

TEST(H1Request, Row38VersionsWhateverTheTarget) {
  for (const std::string target :
       {"/", "/a", "/ab", "/abc", "/a-long-target?with=a&query=of-some"}) {
    for (const char* version :
         {"HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/2", "HTTP/3", "HTTP/0.9"}) {
      const std::string line = "GET " + target + " " + version;
      expect_any_delivery(line + "\r\nHost: a\r\n\r\n", 505);
    }
    for (const char* version : {"", "x", "HTTP", "HTTP/", "HTTP/1.", "HTTP/11", "HTTP/1.11", "1.1",
                                "HTTP/1.x", "HTTP /1.1", "HTTP/ 1.1"}) {
      expect_any_delivery("GET " + target + " " + version + "\r\nHost: a\r\n\r\n", 400);
    }
  }
}

TEST(H1Request, RefusalNamesTheFirstBadByte) {
  EXPECT_EQ(parse(get("X: a\nY: b\r\n"))->verdict.at, 29u);
  EXPECT_EQ(parse("GET /\x01 HTTP/1.1\r\n")->verdict.at, 5u);
  EXPECT_EQ(parse(get("Na me: x\r\n"))->verdict.at, 27u);
}

}  // namespace h1_request_test
}  // namespace weir::http
