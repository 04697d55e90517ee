// Answers of hostile upstreams (http-rules.md, section 3), each delivered whole, cut in two at
// every offset, and one byte per read. Beside the verdict: the connection is never used again, and
// the next client gets its own answer.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace hostile_upstream_test {

using namespace std::string_literals;
using namespace std::chrono_literals;

const std::string kGet = "GET /first HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}
int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

struct Row {
  std::string name;
  std::string bytes;
  bool ends = false;  // the origin closes after the bytes
  std::string request = kGet;
};

struct Seen {
  std::string answer;
  bool client_reset = false;
  bool upstream_ended = false;  // our side of the origin's connection is gone
  std::size_t connections = 0;  // after a second client's request
  std::string second;
};

// `cut` 0: whole. `read_max` 1: one byte per read.
Seen play(const Row& row, std::size_t cut, std::size_t read_max) {
  InMemoryGateway gateway;
  Origin& origin = gateway.origin();
  origin.response.clear();
  origin.read_max = read_max;
  gateway.connect();
  Seen seen;
  seen.answer = gateway.exchange(row.request);
  net::PipeStream& pipe = *origin.connections.at(0)->pipe;
  for (const std::string& piece : {row.bytes.substr(0, cut), row.bytes.substr(cut)}) {
    pipe.push(piece);
    seen.answer += gateway.after(0s);
  }
  if (row.ends) pipe.end_writing();
  seen.answer += gateway.after(0s);
  seen.client_reset = gateway.client().peer_reset();
  origin.response = kOk;
  gateway.connect();
  seen.second = gateway.exchange("GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  seen.upstream_ended = pipe.peer_ended() || pipe.peer_reset();
  seen.connections = origin.connections.size();
  return seen;
}

void expect_next_client_is_well(const Seen& seen) {
  EXPECT_TRUE(seen.upstream_ended) << "the connection must not be kept";
  EXPECT_EQ(seen.connections, 2u);
  EXPECT_EQ(status_of(seen.second), 200) << seen.second;
  EXPECT_EQ(body_of(seen.second), "ok");
}

template <class Judge>
void play_every_way(const Row& row, Judge judge) {
  const std::size_t step = row.bytes.size() > 400 ? row.bytes.size() / 60 : 1;
  for (std::size_t cut = 0; cut < row.bytes.size(); cut += step) {
    SCOPED_TRACE("row " + row.name + ", cut at " + std::to_string(cut));
    const Seen seen = play(row, cut, SIZE_MAX);
    judge(seen);
    expect_next_client_is_well(seen);
    if (testing::Test::HasFailure()) return;
  }
  SCOPED_TRACE("row " + row.name + ", byte by byte");
  const Seen seen = play(row, 0, 1);
  judge(seen);
  expect_next_client_is_well(seen);
}

TEST(HostileUpstream, RefusedHeadsAre502) {
  const Row rows[] = {
      {"1", ok("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")},
      {"2a", ok("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
      {"2b", ok("Content-Length: -1\r\n", "hello")},
      {"3a", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"},
      {"3b", ok("X: a\0b\r\nContent-Length: 0\r\n"s)},
      {"3c", ok("X: a\rb\r\nContent-Length: 0\r\n")},
      {"4", ok("X : a\r\nContent-Length: 0\r\n")},
      {"9",
       "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
      {"10a", "hello world\r\n\r\n"},
      {"10b", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"},
      {"12", ok("X: " + std::string(100'000, 'x') + "\r\n")},
      {"15a", "<html>0.9</html>"},
      {"15b", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"15c", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"15d", "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n"},
      {"15e", "HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n"},
      {"TE gzip", ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {"TE on 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"fold", ok("X: a\r\n b\r\nContent-Length: 0\r\n")},
  };
  for (const Row& row : rows) {
    play_every_way(row, [](const Seen& seen) {
      EXPECT_EQ(status_of(seen.answer), 502) << seen.answer;
      EXPECT_TRUE(has(seen.answer, "\"reason\":\"UP\"")) << seen.answer;
      EXPECT_FALSE(has(seen.answer, "ok\"")) << "nothing of the bad answer leaks";
    });
    if (HasFailure()) return;
  }
}

TEST(HostileUpstream, Row5BodiesWhereNoneMayBeAreStripped) {
  const auto judge_204 = [](const Seen& seen) {
    EXPECT_EQ(status_of(seen.answer), 204);
    EXPECT_FALSE(has(seen.answer, "Content-Length")) << seen.answer;
    EXPECT_FALSE(has(seen.answer, "Transfer-Encoding")) << seen.answer;
    EXPECT_EQ(body_of(seen.answer), "");
  };
  play_every_way({"5a", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"}, judge_204);
  play_every_way({"5b", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"},
                 judge_204);
  play_every_way({"5c", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"},
                 [](const Seen& seen) {
                   EXPECT_EQ(status_of(seen.answer), 304);
                   EXPECT_TRUE(has(seen.answer, "Content-Length: 5\r\n"));
                   EXPECT_EQ(body_of(seen.answer), "");
                 });
  play_every_way(
      {"HEAD", ok("Content-Length: 5\r\n", "hello"), false, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"},
      [](const Seen& seen) {
        EXPECT_EQ(status_of(seen.answer), 200);
        EXPECT_TRUE(has(seen.answer, "Content-Length: 5\r\n"));
        EXPECT_EQ(body_of(seen.answer), "");
      });
}

TEST(HostileUpstream, Row6ExtraBytesNeverReachTheNextClient) {
  const std::string evil = ok("Content-Length: 4\r\n", "evil");
  const auto judge = [](const Seen& seen) {
    EXPECT_EQ(status_of(seen.answer), 200);
    EXPECT_TRUE(seen.answer.ends_with("hello") || seen.answer.ends_with("0\r\n\r\n"));
    EXPECT_FALSE(has(seen.answer + seen.second, "evil"));
    EXPECT_FALSE(seen.client_reset);
  };
  play_every_way({"6a", ok("Content-Length: 5\r\n", "hello") + evil}, judge);
  play_every_way({"6b", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n") + evil},
                 judge);
  play_every_way({"6c", ok("Content-Length: 5\r\n", "hello") + "\r\n"}, judge);
}

TEST(HostileUpstream, Row7AShortBodyNeverEndsCleanly) {
  const auto judge = [](const Seen& seen) {
    EXPECT_TRUE(seen.client_reset);
    EXPECT_FALSE(seen.answer.ends_with("0\r\n\r\n")) << seen.answer;
  };
  play_every_way({"7a", ok("Content-Length: 5\r\n", "hel"), true}, judge);
  play_every_way({"7b", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), true}, judge);
  play_every_way({"7c", ok("Transfer-Encoding: chunked\r\n", "5\r\nhel"), true}, judge);
  play_every_way({"7d", ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nX: "), true},
                 judge);
}

// 502 when no head was sent yet, else an abort: which one depends on the delivery.
TEST(HostileUpstream, Row8ABadChunkIs502OrAnAbort) {
  const auto judge = [](const Seen& seen) {
    if (status_of(seen.answer) == 502) {
      EXPECT_TRUE(has(seen.answer, "\"reason\":\"UP\""));
    } else {
      EXPECT_TRUE(seen.client_reset);  // which may take what was sent with it
      EXPECT_FALSE(seen.answer.ends_with("0\r\n\r\n"));
    }
  };
  for (const std::string& body :
       {"zz\r\nhello\r\n0\r\n\r\n"s, "0x5\r\nhello\r\n0\r\n\r\n"s, "5 \r\nhello\r\n0\r\n\r\n"s,
        "5\nhello\r\n0\r\n\r\n"s, "5\r\nhelloXX0\r\n\r\n"s, "1\r\nx\r\nffffffffffffffff\r\n"s,
        "0\r\nX: a\r\n b\r\n\r\n"s}) {
    play_every_way({"8 " + body, ok("Transfer-Encoding: chunked\r\n", body)}, judge);
    if (HasFailure()) return;
  }
  const Seen whole = play({"8", ok("Transfer-Encoding: chunked\r\n", "zz\r\n")}, 0, SIZE_MAX);
  EXPECT_EQ(status_of(whole.answer), 502) << "it came with the head";
}

TEST(HostileUpstream, Row15BytesOnAnIdleConnectionAreDropped) {
  InMemoryGateway gateway;
  gateway.connect();
  EXPECT_EQ(status_of(gateway.exchange(kGet)), 200);
  gateway.origin().connections[0]->pipe->push(ok("Content-Length: 4\r\n", "evil"));
  gateway.connect();
  EXPECT_EQ(body_of(gateway.exchange(kGet)), "ok");
  EXPECT_EQ(gateway.origin().connections.size(), 2u);
}

TEST(HostileUpstream, Row15AnAnswerBeforeTheRequestIsDropped) {
  InMemoryGateway gateway;
  gateway.origin().response.clear();
  gateway.origin().greeting = ok("Content-Length: 4\r\n", "evil");
  gateway.connect();
  const std::string answer = gateway.exchange(kGet);
  EXPECT_EQ(status_of(answer), 502) << answer;
  EXPECT_FALSE(has(answer, "evil"));
  gateway.origin().greeting.clear();
  gateway.origin().response = kOk;
  EXPECT_EQ(body_of(gateway.exchange(kGet)), "ok");
}

TEST(HostileUpstream, Row16AnEndlessHeadIsBounded) {
  InMemoryGateway gateway;
  gateway.origin().response.clear();
  gateway.connect();
  std::string answer = gateway.exchange(kGet);
  net::PipeStream& pipe = *gateway.origin().connections[0]->pipe;
  pipe.push("HTTP/1.1 200 OK\r\n");
  int lines = 0;
  for (; lines < 1000 && answer.empty(); ++lines) {
    pipe.push("X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    answer = gateway.after(0s);
  }
  EXPECT_EQ(status_of(answer), 502);
  EXPECT_EQ(lines, 101);
}

TEST(HostileUpstream, Row16AByteASecondEndsWithTheAttempt) {
  InMemoryGateway gateway;
  gateway.origin().response.clear();
  gateway.connect();
  std::string answer = gateway.exchange(kGet);
  net::PipeStream& pipe = *gateway.origin().connections[0]->pipe;
  const std::string head = ok("Content-Length: 0\r\n");
  for (std::size_t second = 1; second < 10; ++second) {
    pipe.push(head.substr(second - 1, 1));
    answer = gateway.after(1s);
    EXPECT_EQ(answer, "") << second;
  }
  EXPECT_EQ(gateway.after(999ms), "");
  answer = gateway.after(1ms);
  EXPECT_EQ(status_of(answer), 504);
  EXPECT_TRUE(pipe.peer_ended());
}

TEST(HostileUpstream, EarlyEndBeforeTheHeadIs502) {
  for (const std::string& bytes :
       {""s, "HTTP"s, "HTTP/1.1 200 OK\r\nX"s, "HTTP/1.1 103 X\r\n\r\n"s}) {
    const Seen seen = play({"UC", bytes, true}, 0, SIZE_MAX);
    EXPECT_TRUE(has(seen.answer, "HTTP/1.1 502 ")) << bytes << seen.answer;
    EXPECT_TRUE(has(seen.answer, "\"reason\":\"UC\"")) << bytes << seen.answer;
    expect_next_client_is_well(seen);
  }
}

}  // namespace hostile_upstream_test
}  // namespace weir::gateway
