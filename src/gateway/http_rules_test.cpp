// The rows of http-rules.md, sections 2 and "More inputs", through a whole gateway. Each is sent
// three ways: whole, cut in two at every offset, and one byte per segment; the verdict and what the
// origin sees must be the same. The row's number is in every failure message.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace http_rules_test {

using namespace std::string_literals;

struct Row {
  std::string number;
  std::string bytes;
  int status;  // 200 = forwarded
};

std::string post(const std::string& fields, const std::string& body = "hello") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n" + body;
}
std::string get(const std::string& line, const std::string& fields = "") {
  return line + "\r\nHost: a\r\n" + fields + "\r\n";
}

std::vector<Row> smuggling_rows() {
  return {
      {"1", post("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nG"), 400},
      {"2", post("Content-Length: 3\r\nTransfer-Encoding: chunked", "8\r\nSMUGGLED\r\n0\r\n\r\n"),
       400},
      {"3a", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
      {"3b", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"), 400},
      {"4", post("Transfer-Encoding: ,chunked", "0\r\n\r\n"), 400},
      {"5a", post("Transfer-Encoding: xchunked\r\nContent-Length: 5"), 501},
      {"5b", post("Transfer-Encoding: chunked, identity\r\nContent-Length: 5"), 501},
      {"5c", post("Transfer-Encoding: \"chunked\"\r\nContent-Length: 5"), 501},
      {"5d",
       post("Transfer-Encoding: \x0b"
            "chunked\r\nContent-Length: 5"),
       501},
      {"6", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"7a", post("Transfer-Encoding : chunked", "0\r\n\r\n"), 400},
      {"7b", post("Content-Length : 5"), 400},
      {"8", post("X: a\r\n b\r\nContent-Length: 5"), 400},
      {"9", post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 5"), 400},
      {"10", "POST / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"11", "POST / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello", 400},
      {"12", post("X: a\nContent-Length: 5"), 400},
      {"13", post("X: a\rY: b"), 400},
      {"14", post("X: a\0b"s), 400},
      {"15", post("Foo"), 400},
      {"16", post(": x"), 400},
      {"17a", post("X(y): z"), 400},
      {"17b", post("Content-Length\x85: 5"), 400},
      {"18", post("Content-Length: 5\r\nContent-Length: 6"), 400},
      {"19a", post("Content-Length: 5\r\nContent-Length: 5"), 400},
      {"19b", post("Content-Length: 5, 5"), 400},
      {"20a", post("Content-Length: +5"), 400},
      {"20b", post("Content-Length: -5"), 400},
      {"20c", post("Content-Length: 0x5"), 400},
      {"20d", post("Content-Length: 0_5"), 400},
      {"20e", post("Content-Length: 18446744073709551621"), 400},
      {"21", post("Content-Length: "), 400},
      {"22", post("Content-Length: 0005"), 200},
      {"31", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400},
      {"32", post("Host: b\r\nContent-Length: 5"), 400},
      {"33a", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"33b", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"34", get("GET http://b/x HTTP/1.1"), 400},
      {"35a", get("GET foo HTTP/1.1"), 400},
      {"35b", get("GET /a b HTTP/1.1"), 400},
      {"35c", get("GET /\x01 HTTP/1.1"), 400},
      {"36", get("GET /a#b HTTP/1.1"), 400},
      {"37", "GET /\r\n\r\n", 400},
      {"38a", get("GET / HTTP/1.2"), 505},
      {"38b", get("GET / HTTP/2.0"), 505},
      {"38c", get("GET / http/1.1"), 505},
      {"39", get("GET\t/\tHTTP/1.1"), 400},
      {"42", post("Expect: 200-ok\r\nContent-Length: 5"), 417},
      {"43", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 405},
  };
}

std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked", body); }

std::vector<Row> chunk_rows() {
  std::vector<Row> rows = {
      {"23a", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"23b", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"23c", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"23d", chunked("5_0\r\nhello\r\n0\r\n\r\n"), 400},
      {"23e", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"24", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"24 legal", chunked("5 ;a=b\r\nhello\r\n0\r\n\r\n"), 200},
      {"25", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 200},
      {"26", chunked("5;a\nhello\r\n0\r\n\r\n"), 400},
      {"27", chunked("5;a\r\rhello\r\n0\r\n\r\n"), 400},
      {"28a", chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"28b", chunked("5\r\nhelloXX0\r\n\r\n"), 400},
      {"29a", chunked("\r\n\r\n"), 400},
      {"29b", chunked("0\n\n"), 400},
      {"30", chunked("5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"), 200},
      {"chunk: legal", chunked("5\r\nhello\r\n0\r\n\r\n"), 200},
      {"chunk: upper case", chunked("A\r\nhellohello\r\n0\r\n\r\n"), 200},
      {"chunk: 17 digits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk: 1000 zeros", chunked(std::string(1000, '0') + "5\r\nhello\r\n0\r\n\r\n"), 400},
      {"trailer: fold", chunked("0\r\nX: a\r\n b\r\n\r\n"), 400},
      {"trailer: bare LF", chunked("0\r\nX: a\n\r\n"), 400},
      {"trailer: legal", chunked("0\r\nX: a\r\n\r\n"), 200},
  };
  std::string trailers = "0\r\n";
  for (int i = 0; i < 101; ++i) trailers += "X: a\r\n";
  rows.push_back({"trailer: 101 fields", chunked(trailers + "\r\n"), 431});
  return rows;
}

std::vector<Row> more_rows() {
  return {
      {"CR + any byte", "GET / HTTP/1.1\r\nHost: a\r\n\rZ", 400},
      {"9 empty lines", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" + get("GET / HTTP/1.1"), 400},
      {"8 empty lines", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n" + get("GET / HTTP/1.1"), 200},
      {"NUL in method", get("G\0T / HTTP/1.1"s), 400},
      {"DEL in target", get("GET /\x7f HTTP/1.1"), 400},
      {"0x80 in target", get("GET /\x80 HTTP/1.1"), 400},
      {"0xff in name", get("GET / HTTP/1.1", "X\xff: a\r\n"), 400},
      {"LF in name", get("GET / HTTP/1.1", "Te\nst: x\r\n"), 400},
      {"name starts with 0xef",
       get("GET / HTTP/1.1",
           "\xef"
           "foo: x\r\n"),
       400},
      {"a strange method", get("G=\":<>(e),[T];?\" / HTTP/1.1"), 400},
      {"two spaces", get("GET  / HTTP/1.1"), 400},
      {"trailing space", get("GET / HTTP/1.1 "), 400},
      {"method of 33", get(std::string(33, 'A') + " / HTTP/1.1"), 501},
      {"method of 32", get(std::string(32, 'A') + " / HTTP/1.1"), 200},
      {"OPTIONS *", get("OPTIONS * HTTP/1.1"), 200},
      {"GET *", get("GET * HTTP/1.1"), 400},
      {"absolute form", get("GET http://a/x HTTP/1.1"), 200},
      {"absolute, user info", get("GET http://u@a/x HTTP/1.1"), 400},
      {"absolute, https", get("GET https://a/x HTTP/1.1"), 400},
      {"absolute, empty host", get("GET http:///x HTTP/1.1"), 400},
      {"authority form", get("GET a:80 HTTP/1.1"), 400},
      {"Host empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host a:", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400},
      {"Host port", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400},
      {"Host two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", 400},
      {"Host open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"Host IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
      {"Host a/b", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host a,b", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
      {"no Host on 1.0", "GET / HTTP/1.0\r\n\r\n", 200},
      {"%zz", get("GET /%zz HTTP/1.1"), 400},
      {"%", get("GET /% HTTP/1.1"), 400},
      {"%00", get("GET /%00 HTTP/1.1"), 400},
      {"/../x", get("GET /../x HTTP/1.1"), 400},
      {"%2e%2e", get("GET /a/%2e%2e/b HTTP/1.1"), 400},
      {"..;", get("GET /a/..;/b HTTP/1.1"), 400},
      {"%2f", get("GET /a%2fb HTTP/1.1"), 400},
      {"%5c", get("GET /a%5Cb HTTP/1.1"), 400},
      {"backslash", get("GET /a\\b HTTP/1.1"), 400},
      {"overlong 2", get("GET /%c0%af HTTP/1.1"), 400},
      {"overlong 3", get("GET /%e0%80%af HTTP/1.1"), 400},
      {"a good escape", get("GET /%41%c3%a9 HTTP/1.1"), 200},
      {"parameters", get("GET /a;a=b/c HTTP/1.1"), 200},
      {"TE Chunked", post("Transfer-Encoding: Chunked", "0\r\n\r\n"), 200},
      {"TE with spaces", post("Transfer-Encoding: \t chunked \t", "0\r\n\r\n"), 200},
      {"CL 010 is ten", post("Content-Length: 010", "hellohello"), 200},
      {"CL on GET", get("GET / HTTP/1.1", "Content-Length: 2\r\n") + "ab", 200},
      {"POST without framing", "POST / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"obs-text in a value", get("GET / HTTP/1.1", "X: \xe9\xff\r\n"), 200},
      {"TAB in a value", get("GET / HTTP/1.1", "X: a\tb\r\n"), 200},
      {"empty value", get("GET / HTTP/1.1", "X:\r\n"), 200},
      {"HTTP/1.0 keep-alive", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", 200},
  };
}

struct Seen {
  int status = 0;
  std::string answer;
  int requests = 0;
  std::string body;
  std::size_t origin_bytes = 0;
  bool closed = false;
  bool malformed = false;
};

Seen send_in(const std::vector<std::string_view>& segments) {
  InMemoryGateway gateway;
  gateway.connect();
  Seen seen;
  for (const std::string_view segment : segments) {
    seen.answer += gateway.exchange(segment);
    gateway.lane().run();
  }
  seen.answer += gateway.exchange("");
  gateway.lane().advance(std::chrono::seconds(2));  // the end of lingering
  if (seen.answer.size() > 12) seen.status = std::stoi(seen.answer.substr(9, 3));
  seen.requests = gateway.origin().requests();
  seen.origin_bytes = gateway.origin().received().size();
  seen.closed = gateway.client().peer_ended();
  for (const auto& connection : gateway.origin().connections) {
    seen.body += connection->last_body;
    seen.malformed = seen.malformed || connection->malformed;
  }
  return seen;
}

void expect_row(const Row& row, const Seen& seen, const Seen& whole, const std::string& how) {
  SCOPED_TRACE("row " + row.number + ", " + how);
  EXPECT_EQ(seen.status, row.status) << seen.answer;
  EXPECT_FALSE(seen.malformed);
  if (row.status == 200) {
    EXPECT_EQ(seen.requests, 1);
    EXPECT_EQ(seen.body, whole.body);
  } else {
    EXPECT_EQ(seen.origin_bytes, 0u);  // the origin has seen nothing
    EXPECT_TRUE(seen.closed);
    EXPECT_NE(seen.answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(seen.answer.find("application/problem+json"), std::string::npos);
  }
}

void run_row(const Row& row) {
  const std::string_view bytes = row.bytes;
  const Seen whole = send_in({bytes});
  expect_row(row, whole, whole, "whole");
  const std::size_t step = bytes.size() > 400 ? 7 : 1;
  for (std::size_t cut = 1; cut < bytes.size(); cut += step) {
    expect_row(row, send_in({bytes.substr(0, cut), bytes.substr(cut)}), whole,
               "cut at " + std::to_string(cut));
    if (testing::Test::HasFailure()) return;
  }
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  expect_row(row, send_in(single), whole, "byte by byte");
}

TEST(HttpRules, SmugglingRows) {
  for (const Row& row : smuggling_rows()) run_row(row);
}
TEST(HttpRules, ChunkRows) {
  for (const Row& row : chunk_rows()) run_row(row);
}
TEST(HttpRules, MoreRows) {
  for (const Row& row : more_rows()) run_row(row);
}

}  // namespace http_rules_test
}  // namespace weir::gateway
