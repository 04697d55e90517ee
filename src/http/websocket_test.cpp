#include "http/websocket.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/h1_request.hpp"
#include "http/h1_response.hpp"

namespace weir::http {
namespace {

TEST(WebSocket, AcceptOfTheRfcsExample) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

struct UpgradeRow {
  std::string head;
  int status;
};

std::string open(const std::string& line, const std::string& version, const std::string& key) {
  return line + " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
         (version.empty() ? "" : "Sec-WebSocket-Version: " + version + "\r\n") +
         (key.empty() ? "" : "Sec-WebSocket-Key: " + key + "\r\n");
}

TEST(WebSocket, OpeningHandshake) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const UpgradeRow rows[] = {
      {open("GET /", "13", key) + "\r\n", 0},
      {open("POST /", "13", key) + "\r\n", 400},
      {open("GET /", "13", key) + "Content-Length: 1\r\n\r\n", 400},
      {open("GET /", "13", key) + "Content-Length: 0\r\n\r\n", 0},
      {open("GET /", "13", key) + "Transfer-Encoding: chunked\r\n\r\n", 400},
      {open("GET /", "", key) + "\r\n", 426},
      {open("GET /", "12", key) + "\r\n", 426},
      {open("GET /", "777", key) + "\r\n", 426},
      {open("GET /", "013", key) + "\r\n", 426},
      {open("GET /", "13", "") + "\r\n", 400},
      {open("GET /", "13", "dGhlIHNhbXBsZSBub25jZQ=") + "\r\n", 400},
      {open("GET /", "13", "dGhlIHNhbXBsZSBub25jZQAA") + "\r\n", 400},
      {open("GET /", "13", "dGhlIHNhbXBsZSBub25jZ===") + "\r\n", 400},
      {open("GET /", "13", "dGhlIHNhbXBs-SBub25jZQ==") + "\r\n", 400},
      {open("GET /", "13", "AAAAAAAAAAAAAAAAAAAAAAAAAA==") + "\r\n", 400},
  };
  for (const UpgradeRow& row : rows) {
    std::vector<char> scratch(row.head.size());
    RequestHead head;
    ASSERT_TRUE(parse_request(row.head, {}, scratch, head).is_complete()) << row.head;
    EXPECT_TRUE(head.wants_websocket) << row.head;
    EXPECT_EQ(check_upgrade(head).status, row.status) << row.head;
  }
}

TEST(WebSocket, OnlyTheRightAnswerOpensIt) {
  const std::string accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string good = "Sec-WebSocket-Accept: " + accept + "\r\n";
  const std::string wrong = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=\r\n";
  const std::pair<std::string, bool> rows[] = {
      {"HTTP/1.1 101 X\r\n" + upgrade + good + "\r\n", true},
      {"HTTP/1.1 101 X\r\n" + upgrade + wrong + "\r\n", false},
      {"HTTP/1.1 101 X\r\n" + upgrade + "\r\n", false},
      {"HTTP/1.1 101 X\r\n" + good + "\r\n", false},
      {"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n" + good + "\r\n", false},
      {"HTTP/1.1 200 X\r\n" + upgrade + good + "\r\n", false},
  };
  for (const auto& [text, accepted] : rows) {
    ResponseHead head;
    ASSERT_TRUE(parse_response(text, {}, "GET", head).is_complete()) << text;
    EXPECT_EQ(is_accepted(head, accept), accepted) << text;
  }
}

}  // namespace
}  // namespace weir::http
