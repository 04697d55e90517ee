// HTTP semantics of a gateway (http-rules.md, section 6): interim answers, bodiless answers,
// expectations, pipelining, hop-by-hop fields, versions on both sides.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace semantics_test {

using namespace std::string_literals;
using namespace std::chrono_literals;

std::string get(const std::string& target, const std::string& fields = "",
                const std::string& version = "1.1") {
  return "GET " + target + " HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
}
std::string ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}
std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) {
    ++found;
  }
  return found;
}
bool has(const std::string& text, std::string_view what) { return count(text, what) > 0; }
int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

class Semantics : public testing::Test {
 protected:
  Semantics() { gateway_.connect(); }
  net::PipeStream& origin_pipe(std::size_t i = 0) {
    return *gateway_.origin().connections.at(i)->pipe;
  }
  /// The origin says `bytes`; returns what the client got.
  std::string say(std::string_view bytes) {
    origin_pipe(gateway_.origin().connections.size() - 1).push(bytes);
    return gateway_.after(0s);
  }
  std::string seen() { return gateway_.origin().received(); }

  InMemoryGateway gateway_;
};

TEST_F(Semantics, DateViaAndRequestIdAreAdded) {
  const std::string answer = gateway_.exchange(get("/"));
  EXPECT_TRUE(has(answer, "\r\nVia: 1.1 weir\r\n"));
  EXPECT_TRUE(has(answer, "\r\nDate: "));
  EXPECT_TRUE(has(answer, "\r\nX-Request-Id: "));
  EXPECT_TRUE(has(seen(), "\r\nVia: 1.1 weir\r\n"));
  gateway_.origin().response = ok("Content-Length: 0\r\nDate: its own\r\n");
  const std::string dated = gateway_.exchange(get("/"));
  EXPECT_EQ(count(dated, "Date: "), 1u);
  EXPECT_TRUE(has(dated, "Date: its own\r\n"));
}

TEST_F(Semantics, ALoopIsFoundByOurOwnMark) {
  EXPECT_EQ(status_of(gateway_.exchange(get("/", "Via: 1.1 weir\r\nVia: 1.0 x, 1.1 weir\r\n"))),
            200);
  EXPECT_EQ(count(seen(), "1.1 weir"), 3u);
  const std::string before = seen();
  const std::string answer =
      gateway_.exchange(get("/", "Via: 1.1 weir, 1.1 weir\r\nVia: 1.1 weir\r\n"));
  EXPECT_EQ(status_of(answer), 508);
  EXPECT_EQ(seen(), before);
}

TEST_F(Semantics, HeadKeepsTheLengthAndTheConnection) {
  gateway_.origin().response = ok("Content-Length: 10\r\n");
  const std::string answer = gateway_.exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(answer, "Content-Length: 10\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  gateway_.origin().response = ok("Content-Length: 2\r\n", "ok");
  EXPECT_TRUE(gateway_.exchange(get("/")).ends_with("ok"));
  EXPECT_EQ(gateway_.origin().connections.size(), 1u) << "both connections are used again";
}

TEST_F(Semantics, HeadOfAChunkedAnswerHasNoFraming) {
  gateway_.origin().response = ok("Transfer-Encoding: chunked\r\n");
  const std::string answer = gateway_.exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_FALSE(has(answer, "Content-Length"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(Semantics, NotModifiedAndNoContentHaveNoBody) {
  gateway_.origin().response = "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n\r\n";
  std::string answer = gateway_.exchange(get("/"));
  EXPECT_TRUE(has(answer, "Content-Length: 7\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  gateway_.origin().response = "HTTP/1.1 204 No Content\r\n\r\n";
  answer = gateway_.exchange(get("/"));
  EXPECT_FALSE(has(answer, "Content-Length"));
  EXPECT_FALSE(has(answer, "Transfer-Encoding"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_EQ(gateway_.origin().connections.size(), 1u);
}

TEST_F(Semantics, AReasonlessStatusLineKeepsItsSpace) {
  gateway_.origin().response = "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n";
  EXPECT_TRUE(gateway_.exchange(get("/")).starts_with("HTTP/1.1 200 \r\n"));
}

TEST_F(Semantics, Row11InterimAnswersGoTo11Only) {
  gateway_.origin().response = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\n" +
                               "HTTP/1.1 100 Continue\r\n\r\n"s + ok("Content-Length: 0\r\n");
  const std::string answer = gateway_.exchange(get("/"));
  EXPECT_TRUE(
      answer.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"))
      << answer;
  const std::string old = gateway_.exchange(get("/", "", "1.0"));
  EXPECT_TRUE(old.starts_with("HTTP/1.1 200 OK\r\n")) << old;
}

TEST_F(Semantics, Row11AtMost16InterimAnswers) {
  const auto interim = [](int many) {
    std::string out;
    for (int i = 0; i < many; ++i) out += "HTTP/1.1 102 Processing\r\n\r\n";
    return out + ok("Content-Length: 0\r\n");
  };
  gateway_.origin().response = interim(16);
  EXPECT_TRUE(has(gateway_.exchange(get("/")), "HTTP/1.1 200 OK"));
  gateway_.origin().response = interim(17);
  const std::string answer = gateway_.exchange(get("/"));
  EXPECT_TRUE(has(answer, "HTTP/1.1 502 ")) << answer;
}

const std::string kExpect =
    "POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 43\r\n\r\n";
const std::string kEvil = "GET /evil HTTP/1.1\r\nHost: a\r\nX: 1234567\r\n\r\n";

TEST_F(Semantics, ContinueIsRelayedOnceThenTheBodyGoes) {
  ASSERT_EQ(kEvil.size(), 43u);
  gateway_.origin().response.clear();
  EXPECT_EQ(gateway_.exchange(kExpect), "");
  EXPECT_TRUE(has(seen(), "Expect: 100-continue\r\n"));
  EXPECT_TRUE(seen().ends_with("\r\n\r\n"));
  EXPECT_EQ(say("HTTP/1.1 100 Continue\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(say("HTTP/1.1 100 Continue\r\n\r\n"), "");
  gateway_.origin().response = ok("Content-Length: 2\r\n", "ok");
  EXPECT_TRUE(gateway_.exchange(kEvil).ends_with("ok"));
  EXPECT_EQ(gateway_.origin().connections[0]->last_body, kEvil);
  EXPECT_EQ(gateway_.origin().requests(), 1);
  EXPECT_TRUE(gateway_.exchange(get("/next")).ends_with("ok")) << "the connection lives on";
  EXPECT_EQ(gateway_.origin().connections.size(), 1u);
}

TEST_F(Semantics, AClientThatDoesNotWaitIsNotStopped) {
  EXPECT_EQ(status_of(gateway_.exchange(kExpect + kEvil)), 200);
  EXPECT_EQ(gateway_.origin().connections[0]->last_body, kEvil);
}

TEST_F(Semantics, AnEarlyFinalAnswerNeverMakesTheBodyARequest) {
  for (std::size_t cut = 0; cut <= kEvil.size(); ++cut) {
    InMemoryGateway gateway;
    gateway.origin().response.clear();
    gateway.connect();
    gateway.exchange(kExpect);
    gateway.origin().connections.at(0)->pipe->push(
        "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
    std::string answer = gateway.after(0s);
    EXPECT_EQ(status_of(answer), 401) << cut;
    EXPECT_TRUE(has(answer, "Connection: close\r\n")) << cut;
    gateway.origin().response = ok("Content-Length: 4\r\n", "evil");
    answer += gateway.exchange(kEvil.substr(0, cut));
    answer += gateway.exchange(kEvil.substr(cut));
    EXPECT_EQ(count(answer, "HTTP/1.1 "), 1u) << cut;
    EXPECT_FALSE(has(gateway.origin().received(), "/evil")) << cut;
    EXPECT_TRUE(gateway.origin().connections[0]->pipe->peer_ended()) << "never used again";
    gateway.after(2s);
    EXPECT_TRUE(gateway.client().peer_ended()) << cut;
  }
}

TEST_F(Semantics, AnEarlyAnswerInTheMiddleOfAnUploadIsRelayed) {
  gateway_.origin().response.clear();
  gateway_.exchange("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome");
  const std::string answer = say("HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_EQ(gateway_.exchange(get("/evil")), "");
  EXPECT_FALSE(has(seen(), "evil"));
  EXPECT_TRUE(origin_pipe().peer_ended());
}

// However it is cut, a body is the origin's and never the gateway's next request.
TEST_F(Semantics, ABodyIsNeverTheNextRequest) {
  const std::string length = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 43\r\n\r\n" + kEvil;
  const std::string chunks =
      "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2b\r\n" + kEvil +
      "\r\n0\r\n\r\n";
  for (const std::string& post : {length, chunks}) {
    const std::string bytes = post + get("/next");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      InMemoryGateway gateway;
      gateway.connect();
      std::string answer = gateway.exchange(bytes.substr(0, cut));
      answer += gateway.exchange(bytes.substr(cut));
      EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 2u) << cut << answer;
      EXPECT_EQ(count(answer, "HTTP/1.1 "), 2u) << cut << answer;
      const std::string received = gateway.origin().received();
      EXPECT_EQ(count(received, "X-Request-Id: "), 2u) << cut << received;
      EXPECT_EQ(count(received, "POST /up HTTP/1.1\r\nHost: a\r\nX-"), 1u) << cut;
      EXPECT_EQ(count(received, "GET /next HTTP/1.1\r\nHost: a\r\nX-"), 1u) << cut;
      EXPECT_EQ(count(received, "/evil"), 1u) << cut << received;
      if (HasFailure()) return;
    }
  }
}

TEST_F(Semantics, PipelinedRequestsKeepTheirOrder) {
  gateway_.origin().response.clear();
  gateway_.exchange(get("/1") + get("/2") + get("/3"));
  EXPECT_EQ(count(seen(), "GET /"), 1u) << "one after the other";
  std::string answer = say(ok("Content-Length: 1\r\n", "1"));
  answer += say(ok("Content-Length: 1\r\n", "2"));
  answer += say(ok("Content-Length: 1\r\n", "3"));
  EXPECT_LT(answer.find("\r\n\r\n1"), answer.find("\r\n\r\n2"));
  EXPECT_LT(answer.find("\r\n\r\n2"), answer.find("\r\n\r\n3"));
}

TEST_F(Semantics, AnInvalidRequestBehindAValidOneLeaksNothing) {
  const std::string bad = "GET /bad HTTP/1.1\r\nHost: a\r\nContent-Length : 1\r\n\r\n";
  const std::string answer = gateway_.exchange(get("/good") + bad + get("/after"));
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 1u);
  EXPECT_EQ(count(answer, "HTTP/1.1 400 Bad Request"), 1u);
  EXPECT_LT(answer.find(" 200 "), answer.find(" 400 "));
  EXPECT_FALSE(has(seen(), "/bad"));
  EXPECT_FALSE(has(seen(), "/after"));
  EXPECT_TRUE(gateway_.client().peer_ended());
}

TEST_F(Semantics, HopByHopFieldsStayOnTheirHop) {
  gateway_.origin().response =
      ok("Connection: X-A, keep-alive\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\n"
         "Proxy-Connection: close\r\nUpgrade: h2c\r\nX-B: 2\r\nContent-Length: 0\r\n");
  const std::string answer = gateway_.exchange(
      get("/",
          "Connection: X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\n"
          "TE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX-Kept: 3\r\n"));
  for (const char* name : {"X-Secret", "Keep-Alive", "Proxy-Connection", "TE:", "Upgrade",
                           "HTTP2-Settings", "Connection"}) {
    EXPECT_FALSE(has(seen(), name)) << name;
  }
  EXPECT_TRUE(has(seen(), "X-Kept: 3\r\n"));
  for (const char* name : {"X-A", "Keep-Alive", "Proxy-Connection", "Upgrade", "Connection"}) {
    EXPECT_FALSE(has(answer, name)) << name;
  }
  EXPECT_TRUE(has(answer, "X-B: 2\r\n"));
}

TEST_F(Semantics, TrailersAreOfferedWhenTheClientTakesThem) {
  gateway_.exchange(get("/", "TE: trailers\r\nConnection: TE\r\n"));
  EXPECT_TRUE(has(seen(), "TE: trailers\r\n"));
  EXPECT_TRUE(has(seen(), "Connection: TE\r\n"));
}

TEST_F(Semantics, AChunkedAnswerFor10IsPlainAndCloses) {
  gateway_.origin().response =
      ok("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x\r\nde\r\n0\r\nX: t\r\n\r\n");
  const std::string answer = gateway_.exchange(get("/", "Connection: keep-alive\r\n", "1.0"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabcde")) << answer;
  EXPECT_FALSE(has(answer, "Transfer-Encoding"));
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_TRUE(gateway_.client().peer_ended());
  EXPECT_FALSE(gateway_.client().peer_reset());
}

TEST_F(Semantics, AnAnswerUntilCloseBecomesChunkedFor11) {
  gateway_.origin().response.clear();
  gateway_.exchange(get("/"));
  std::string answer = say("HTTP/1.0 200 OK\r\n\r\nabc");
  EXPECT_TRUE(has(answer, "Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(answer.ends_with("3\r\nabc\r\n"));
  origin_pipe().end_writing();
  EXPECT_EQ(gateway_.after(0s), "0\r\n\r\n");
  gateway_.origin().response = ok("Content-Length: 2\r\n", "ok");
  EXPECT_TRUE(gateway_.exchange(get("/")).ends_with("ok"));
  EXPECT_EQ(gateway_.origin().connections.size(), 2u);
}

TEST_F(Semantics, TrailersAreForwardedWithoutTheForbidden) {
  gateway_.origin().response =
      ok("Transfer-Encoding: chunked\r\n",
         "1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nSet-Cookie: c\r\n\r\n");
  const std::string answer = gateway_.exchange(get("/"));
  EXPECT_TRUE(has(answer, "\r\n0\r\nX-Sum: 1\r\n")) << answer;
  EXPECT_FALSE(has(answer, "Content-Length"));
}

TEST_F(Semantics, RequestsOf10AreForwardedAs11) {
  EXPECT_EQ(status_of(gateway_.exchange("GET /old HTTP/1.0\r\n\r\n")), 200);
  EXPECT_TRUE(seen().starts_with("GET /old HTTP/1.1\r\nHost: "));
}

}  // namespace semantics_test
}  // namespace weir::gateway
