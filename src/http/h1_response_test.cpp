// Response heads from upstreams that may be hostile: the rows of http-rules.md, section 3, as far
// as the head goes, each also at every cut. The rest is in gateway/hostile_upstream_test.
#include "http/h1_response.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace weir::http {
namespace h1_response_test {

using namespace std::string_literals;

struct Parsed {
  Verdict verdict;
  ResponseHead head;
  std::string text;
};

std::unique_ptr<Parsed> parse(std::string text, std::string_view method = "GET") {
  auto out = std::make_unique<Parsed>();
  out->text = std::move(text);
  out->verdict = parse_response(out->text, {}, method, out->head);
  return out;
}

std::string ok(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

struct Row {
  std::string name;
  std::string text;
};

TEST(H1Response, RefusedRowsAtEveryCut) {
  const Row rows[] = {
      {"1 CL and TE", ok("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
      {"2a CL twice", ok("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"2b CL the same twice", ok("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"2c CL list", ok("Content-Length: 5, 5\r\n")},
      {"2d CL -1", ok("Content-Length: -1\r\n")},
      {"2e CL +1", ok("Content-Length: +1\r\n")},
      {"2f CL empty", ok("Content-Length:\r\n")},
      {"2g CL over 2^64", ok("Content-Length: 18446744073709551621\r\n")},
      {"TE twice", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"TE gzip", ok("Transfer-Encoding: gzip, chunked\r\n")},
      {"TE empty", ok("Transfer-Encoding:\r\n")},
      {"TE with VT", ok("Transfer-Encoding: \x0b"
                        "chunked\r\n")},
      {"TE on 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"3a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
      {"3b NUL in a value", ok("X: a\0b\r\n"s)},
      {"3c CR in a value", ok("X: a\rb\r\n")},
      {"3d bare LF in a field", ok("X: a\nY: b\r\n")},
      {"4 space before the colon", ok("X : a\r\n")},
      {"fold", ok("X: a\r\n b\r\n")},
      {"no colon", ok("Foo\r\n")},
      {"empty name", ok(": x\r\n")},
      {"10a no status line", "hello world\r\n\r\n"},
      {"10b status 20", "HTTP/1.1 20 OK\r\n\r\n"},
      {"status 2000", "HTTP/1.1 2000 OK\r\n\r\n"},
      {"no space after the status", "HTTP/1.1 200OK\r\n\r\n"},
      {"two spaces", "HTTP/1.1  200 OK\r\n\r\n"},
      {"status in hex", "HTTP/1.1 2a0 OK\r\n\r\n"},
      {"15a 0.9", "<html>hello</html>"},
      {"15b HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"},
      {"15c HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"},
      {"15d 099", "HTTP/1.1 099 No\r\n\r\n"},
      {"15e 600", "HTTP/1.1 600 No\r\n\r\n"},
      {"lower case", "http/1.1 200 OK\r\n\r\n"},
      {"empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"},
      {"NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"s},
      {"CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(parse(row.text)->verdict.status, 502) << row.name;
    bool refused = false;
    for (std::size_t size = 0; size <= row.text.size(); ++size) {
      const auto part = parse(row.text.substr(0, size));
      EXPECT_FALSE(part->verdict.is_complete()) << row.name << " at " << size;
      EXPECT_FALSE(refused && !part->verdict.is_refused()) << row.name << " at " << size;
      refused = part->verdict.is_refused();
    }
    EXPECT_TRUE(refused) << row.name;
  }
}

TEST(H1Response, Row12LargeHeadsAreRefused) {
  std::string fields;
  while (fields.size() < 100'000) fields += "X: " + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(parse(ok(fields))->verdict.status, 502);
  EXPECT_EQ(parse(ok(fields).substr(0, 65'537))->verdict.status, 502) << "without waiting for more";
  EXPECT_EQ(parse("HTTP/1.1 200 " + std::string(9000, 'r'))->verdict.status, 502);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: a\r\n";
  EXPECT_EQ(parse(ok(many))->verdict.status, 502);
  EXPECT_TRUE(parse(ok(many.substr(6)))->verdict.is_complete());
}

struct Framed {
  std::string name;
  std::string text;
  std::string method;
  Framing framing;
  bool has_length;
};

TEST(H1Response, FramingFollowsRfc9112) {
  const std::string length = "Content-Length: 5\r\n";
  const std::string chunked = "Transfer-Encoding: Chunked\r\n";
  const auto head = [](int status, const std::string& fields) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + fields + "\r\n";
  };
  const Framed rows[] = {
      {"length", head(200, length), "GET", Framing::length, true},
      {"length 0", head(200, "Content-Length: 0\r\n"), "GET", Framing::none, true},
      {"length 00", head(200, "Content-Length: 0005\r\n"), "GET", Framing::length, true},
      {"chunked", head(200, chunked), "GET", Framing::chunked, false},
      {"until close", head(200, ""), "GET", Framing::until_close, false},
      {"HEAD keeps CL", head(200, length), "HEAD", Framing::none, true},
      {"HEAD chunked", head(200, chunked), "HEAD", Framing::none, false},
      {"5 204 with CL", head(204, length), "GET", Framing::none, true},
      {"5 204 with TE", head(204, chunked), "GET", Framing::none, false},
      {"5 304 with CL", head(304, length), "GET", Framing::none, true},
      {"100 with CL", head(100, length), "GET", Framing::none, true},
      {"205 has its framing", head(205, length), "GET", Framing::length, true},
      {"error bodies", head(500, chunked), "POST", Framing::chunked, false},
  };
  for (const Framed& row : rows) {
    const auto parsed = parse(row.text, row.method);
    ASSERT_TRUE(parsed->verdict.is_complete()) << row.name << ": " << parsed->verdict.why;
    EXPECT_EQ(parsed->head.framing, row.framing) << row.name;
    EXPECT_EQ(parsed->head.has_content_length, row.has_length) << row.name;
    for (const Field& field : parsed->head.fields) {
      EXPECT_TRUE(field.dropped) << row.name << ": framing is always written new";
    }
  }
}

TEST(H1Response, KeepAlive) {
  const auto keeps = [](const std::string& version, const std::string& fields) {
    return parse("HTTP/" + version + " 200 OK\r\n" + fields + "\r\n")->head.keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: CLOSE\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: x, close\r\n"));
  EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("1.0", "Connection: keep-alive\r\nConnection: close\r\n"));
}

TEST(H1Response, Row13ConnectionRemovesTheNamedField) {
  const auto parsed = parse(ok("Connection: X-A\r\nX-A: 1\r\nX-B: 2\r\nKeep-Alive: 3\r\n"));
  const auto& fields = parsed->head.fields;
  ASSERT_EQ(fields.count, 4u);
  EXPECT_TRUE(fields.lines[0].dropped);
  EXPECT_TRUE(fields.lines[1].dropped);
  EXPECT_FALSE(fields.lines[2].dropped);
  EXPECT_TRUE(fields.lines[3].dropped);
}

TEST(H1Response, ConnectionNeverDeletesAProtectedField) {
  const auto parsed = parse(ok("Connection: Date, Content-Type\r\nDate: d\r\nContent-Type: t\r\n"));
  EXPECT_FALSE(parsed->head.fields.lines[1].dropped);
  EXPECT_FALSE(parsed->head.fields.lines[2].dropped);
  EXPECT_TRUE(parsed->head.has_date);
}

TEST(H1Response, ReasonAndStatus) {
  const auto with = parse("HTTP/1.1 404 Not \xffound here\r\n\r\n");
  ASSERT_TRUE(with->verdict.is_complete());
  EXPECT_EQ(with->head.status, 404);
  EXPECT_EQ(with->head.status_text, "404 Not \xffound here");
  EXPECT_EQ(parse("HTTP/1.1 200 \r\n\r\n")->head.status_text, "200 ");
  EXPECT_EQ(parse("HTTP/1.1 200\r\n\r\n")->head.status, 200);
  EXPECT_EQ(parse("HTTP/1.0 599 X\r\n\r\n")->head.minor, 0);
}

TEST(H1Response, Row9SwitchingProtocolsIsTold) {
  const std::string fields = "Connection: upgrade\r\nUpgrade: WebSocket\r\n";
  EXPECT_TRUE(parse("HTTP/1.1 101 X\r\n" + fields + "\r\n")->head.upgrades_websocket);
  EXPECT_FALSE(parse("HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n")->head.upgrades_websocket);
  EXPECT_FALSE(parse("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
                   ->head.upgrades_websocket);
}

TEST(H1Response, EverySplitGivesTheSameHead) {
  const std::string text =
      "HTTP/1.1 200 Fine\r\nContent-Length: 7\r\nX-Long: " + std::string(100, 'v') +
      "\r\nConnection: close\r\nDate: now\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(parse(text.substr(0, size))->verdict.kind, Verdict::Kind::incomplete) << size;
  }
  for (const std::string& behind : {""s, "x"s, "HTTP/1.1 500 No\r\n\r\n"s}) {
    const auto parsed = parse(text + behind);
    ASSERT_TRUE(parsed->verdict.is_complete());
    EXPECT_EQ(parsed->head.bytes, text.size());
    EXPECT_EQ(parsed->head.content_length, 7u);
    EXPECT_FALSE(parsed->head.keep_alive);
  }
}

}  // namespace h1_response_test
}  // namespace weir::http
