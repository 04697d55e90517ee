// The server's side of a connection: order, keep-alive, what ends it and when. Time is moved by
// hand: each bound is shown "not yet" as well as "done".
#include "http/connection.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/server.hpp"
#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

/// /ok answers at once, /slow after 1 s, /big with 600,000 bytes, /read with its body's length,
/// /refuse with 400 without a look at the body.
class Scripted final : public Handler {
 public:
  explicit Scripted(LaneContext& context) : context_(context) {}

  runtime::Task<void> serve(Exchange& exchange) override {
    const std::string path(exchange.head().path);
    served.push_back(path);
    if (path == "/slow") co_await runtime::sleep_for(context_.lane, 1s);
    Response response = text_response(200, path);
    if (path == "/big") response.body.assign(600'000, 'b');
    if (path == "/refuse") response.status = 400;
    if (path == "/read") {
      auto reading = exchange.read_body(1 << 20);
      const auto body = co_await reading;
      if (body) {
        response.body = std::to_string(body->size());
      } else {
        ended.push_back(body.error().code());
        if (body.error().code() != base::Errc::deadline) {
          exchange.abort();
          co_return;
        }
        response.status = 408;
      }
    }
    auto responding = exchange.respond(std::move(response));
    const auto sent = co_await responding;
    if (!sent) ended.push_back(sent.error().code());
  }

  std::vector<std::string> served;
  std::vector<base::Errc> ended;

 private:
  LaneContext& context_;
};

class ConnectionTest : public testing::Test {
 protected:
  ~ConnectionTest() override {
    client_.reset();
    stop(base::Deadline(base::Time{}));
    EXPECT_EQ(context_.buffers.outstanding(), 0u);
    EXPECT_EQ(counters_.open.value(), 0);
  }

  void connect() {
    auto [near, far] = net::PipeStream::make_pair(lane_.lane());
    client_ = std::move(far);
    server_.adopt(std::move(near), net::Address::parse("192.0.2.7:40000").value());
    lane_.run();
  }
  std::string send(std::string_view bytes) {
    client_->push(bytes);
    return read();
  }
  std::string read() {
    std::string out;
    for (std::string more; lane_.run(), !(more = client_->take()).empty();) out += more;
    return out;
  }
  std::string after(base::Duration time) {
    lane_.advance(time);
    return read();
  }
  bool is_open() const { return counters_.open.value() == 1; }

  std::size_t stop(base::Deadline deadline) {
    std::optional<std::size_t> cut;
    runtime::Gate gate;
    runtime::spawn(gate, "stop", stop_server(server_, deadline, cut));
    for (int i = 0; i < 10'000 && !cut; ++i) lane_.advance(10ms);
    return cut.value();
  }

  runtime::ManualLane lane_;
  LaneContext context_{lane_.lane()};
  ServerLimits limits_;
  telemetry::ListenerCounters counters_;
  Scripted handler_{context_};
  Server server_{context_, nullptr, 0, limits_, counters_, handler_};
  std::unique_ptr<net::PipeStream> client_;

 private:
  static runtime::Task<void> stop_server(Server& server, base::Deadline deadline,
                                         std::optional<std::size_t>& cut) {
    auto stopping = server.stop(deadline);
    cut = co_await stopping;
  }
};

std::string get(const std::string& path, const std::string& fields = "",
                const std::string& version = "1.1") {
  return "GET " + path + " HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
}
std::string post(const std::string& path, std::size_t length) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n";
}
std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) {
    ++found;
  }
  return found;
}
bool has(const std::string& text, std::string_view what) { return count(text, what) > 0; }

TEST_F(ConnectionTest, KeepsAliveOn11) {
  connect();
  const std::string first = send(get("/ok"));
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n")) << first;
  EXPECT_TRUE(first.ends_with("\r\n\r\n/ok")) << first;
  EXPECT_TRUE(has(first, "\r\nDate: "));
  EXPECT_FALSE(has(first, "Connection:"));
  EXPECT_TRUE(send(get("/ok")).ends_with("/ok"));
  EXPECT_TRUE(is_open());
  EXPECT_EQ(context_.buffers.outstanding(), 0u) << "an idle connection holds no buffer";
}

TEST_F(ConnectionTest, CloseIsHonouredAndAnswered) {
  connect();
  const std::string answer = send(get("/ok", "Connection: close\r\n"));
  EXPECT_TRUE(has(answer, "\r\nConnection: close\r\n"));
  EXPECT_TRUE(client_->peer_ended());
}

TEST_F(ConnectionTest, Http10ClosesUnlessItAsks) {
  connect();
  EXPECT_TRUE(has(send(get("/ok", "", "1.0")), "\r\nConnection: close\r\n"));
  EXPECT_TRUE(client_->peer_ended());
  connect();
  EXPECT_TRUE(
      has(send(get("/ok", "Connection: keep-alive\r\n", "1.0")), "\r\nConnection: keep-alive\r\n"));
  EXPECT_TRUE(send(get("/ok", "Connection: keep-alive\r\n", "1.0")).ends_with("/ok"));
}

TEST_F(ConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  connect();
  const std::string first = send(get("/slow") + get("/ok") + "\r\n" + get("/a") + get("/b"));
  EXPECT_EQ(first, "") << "the first is the slow one";
  const std::string all = after(1s);
  EXPECT_EQ(count(all, "HTTP/1.1 200 OK"), 4u);
  EXPECT_LT(all.find("\r\n\r\n/slow"), all.find("\r\n\r\n/ok"));
  EXPECT_LT(all.find("\r\n\r\n/ok"), all.find("\r\n\r\n/a"));
  EXPECT_LT(all.find("\r\n\r\n/a"), all.find("\r\n\r\n/b"));
}

TEST_F(ConnectionTest, AnErrorOnTheThirdClosesAfterTwoAnswers) {
  const std::string bytes = get("/a") + get("/b") + "GET /c HTTP/1.1\nHost: a\n\n" + get("/d");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    connect();
    handler_.served.clear();
    std::string answer = send(bytes.substr(0, cut));
    answer += send(bytes.substr(cut));
    EXPECT_EQ(handler_.served, (std::vector<std::string>{"/a", "/b"})) << cut;
    EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 2u) << cut;
    EXPECT_EQ(count(answer, "HTTP/1.1 400 Bad Request"), 1u) << cut;
    EXPECT_EQ(count(answer, "Connection: close"), 1u) << cut;
    EXPECT_TRUE(client_->peer_ended()) << cut;
    client_.reset();
    lane_.advance(1s);
  }
  EXPECT_EQ(server_.last_malformed().verdict.status, 400);
  EXPECT_EQ(server_.last_malformed().verdict.at, 15u);
  EXPECT_TRUE(server_.last_malformed().bytes.starts_with("GET /c"));
}

TEST_F(ConnectionTest, AHeadMustArriveInTimeInAll) {
  connect();
  const std::string head = get("/ok", "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
  EXPECT_EQ(send(head.substr(0, 1)), "");
  for (std::size_t i = 1; i < 10; ++i) {
    lane_.advance(1s);
    EXPECT_EQ(send(head.substr(i, 1)), "") << "bytes do not extend the time";
  }
  EXPECT_EQ(after(999ms), "");
  const std::string answer = after(1ms);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << answer;
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_TRUE(client_->peer_ended());
}

TEST_F(ConnectionTest, SilenceFromTheBeginningEndsWithoutAnAnswer) {
  connect();
  EXPECT_EQ(after(9999ms), "");
  EXPECT_TRUE(is_open());
  EXPECT_EQ(after(1ms), "");
  EXPECT_FALSE(is_open());
}

TEST_F(ConnectionTest, AnIdleConnectionEndsWithoutAnAnswer) {
  connect();
  send(get("/ok"));
  EXPECT_EQ(after(59'999ms), "");
  EXPECT_TRUE(is_open());
  EXPECT_EQ(after(1ms), "");
  EXPECT_FALSE(is_open());
  EXPECT_TRUE(client_->peer_ended());
}

TEST_F(ConnectionTest, AfterIdlenessAHeadHasItsWholeTime) {
  connect();
  send(get("/ok"));
  lane_.advance(59s);
  EXPECT_EQ(send("GET /ok HT"), "");
  EXPECT_EQ(after(9999ms), "");
  EXPECT_TRUE(after(1ms).starts_with("HTTP/1.1 408 "));
}

TEST_F(ConnectionTest, ARefusalLingersForASecond) {
  connect();
  EXPECT_TRUE(send("BAD\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(client_->peer_ended()) << "our direction ends at once";
  send("more");
  lane_.advance(999ms);
  EXPECT_TRUE(is_open());
  EXPECT_FALSE(client_->peer_reset());
  lane_.advance(1ms);
  EXPECT_FALSE(is_open());
}

TEST_F(ConnectionTest, ARefusalLingersFor64KiB) {
  connect();
  send("BAD\r\n\r\n");
  send(std::string(65'535, 'x'));
  EXPECT_TRUE(is_open());
  send("xx");
  EXPECT_FALSE(is_open());
}

TEST_F(ConnectionTest, LingeringEndsWithTheClient) {
  connect();
  send("BAD\r\n\r\n");
  client_->end_writing();
  lane_.run();
  EXPECT_FALSE(is_open());
}

TEST_F(ConnectionTest, AnUnreadBodyIsNeverARequest) {
  const std::string evil = "GET /evil HTTP/1.1\r\nHost: a\r\nX: 0123456789\r\n\r\n";
  connect();
  std::string answer = send(post("/refuse", evil.size()));
  answer += send(evil);
  answer += send(get("/ok"));
  EXPECT_EQ(count(answer, "HTTP/1.1 "), 1u) << answer;
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  EXPECT_EQ(handler_.served, std::vector<std::string>{"/refuse"});
}

TEST_F(ConnectionTest, ABodyThatIsReadLeavesTheNextRequest) {
  connect();
  const std::string answer = send(post("/read", 5) + "hello" + get("/ok"));
  EXPECT_TRUE(has(answer, "\r\n\r\n5"));
  EXPECT_TRUE(answer.ends_with("/ok"));
  EXPECT_TRUE(is_open());
}

TEST_F(ConnectionTest, ContinueIsSentOnceAndOnlyWhenTheBodyIsWanted) {
  connect();
  const std::string head =
      "POST /read HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  EXPECT_EQ(send(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(send("ab"), "");
  const std::string answer = send("cd");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  const std::string at_once = send(head + "abcd");
  EXPECT_TRUE(at_once.starts_with("HTTP/1.1 200 OK\r\n")) << "the body is here already";
  std::string refused = head;
  refused.replace(6, 4, "refuse");
  EXPECT_TRUE(send(refused).starts_with("HTTP/1.1 400 "));
}

TEST_F(ConnectionTest, ABodySlowerThan240BytesASecondIsGivenUp) {
  connect();
  EXPECT_EQ(send(post("/read", 100'000)), "");
  EXPECT_EQ(after(4s), "");
  EXPECT_EQ(send(std::string(240, 'x')), "");  // earns one second
  EXPECT_EQ(after(1999ms), "");
  EXPECT_TRUE(after(1ms).starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(handler_.ended, std::vector{base::Errc::deadline});
}

TEST_F(ConnectionTest, OneByteASecondIsGivenUpSoon) {
  connect();
  EXPECT_EQ(send(post("/read", 100)), "");
  std::string answer;
  int seconds = 0;
  for (; seconds < 20 && answer.empty(); ++seconds) {
    send("x");
    answer = after(1s);
  }
  EXPECT_EQ(seconds, 6);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 "));
}

TEST_F(ConnectionTest, ABodyAtTheLeastRateArrives) {
  connect();
  send(post("/read", 240 * 60));
  std::string answer;
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(answer, "") << i;
    answer = send(std::string(240, 'x'));
    lane_.advance(1s);
  }
  EXPECT_TRUE(answer.ends_with("\r\n\r\n14400")) << answer;
}

TEST_F(ConnectionTest, AClientThatNeverReadsIsCut) {
  connect();
  client_->push(get("/big"));
  lane_.advance(29'999ms);
  EXPECT_TRUE(is_open());
  lane_.advance(1ms);
  EXPECT_FALSE(is_open());
  EXPECT_TRUE(client_->peer_reset()) << "not to be taken for a whole answer";
  EXPECT_EQ(handler_.ended, std::vector{base::Errc::deadline});
}

TEST_F(ConnectionTest, ASlowButSteadyReaderIsServed) {
  connect();
  client_->push(get("/big"));
  std::string answer;
  std::array<char, 65'536> room;
  for (int i = 0; i < 20 && is_open() && answer.size() < 600'000; ++i) {
    lane_.advance(10s);
    const net::IoCount got = client_->fill(room);
    if (got.status == net::IoStatus::ok) answer.append(room.data(), got.bytes);
  }
  answer += read();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 600'000u)
      << "write_idle bounds a standstill, not the whole answer";
}

TEST_F(ConnectionTest, AClientThatLeavesIsForgotten) {
  connect();
  send("GET / HT");
  client_.reset();
  lane_.run();
  EXPECT_FALSE(is_open());
  connect();
  send(post("/read", 10) + "half");
  client_.reset();
  lane_.run();
  EXPECT_FALSE(is_open());
  EXPECT_EQ(handler_.ended, std::vector{base::Errc::closed});
}

TEST_F(ConnectionTest, HeadHasTheLengthAndNoBody) {
  connect();
  const std::string answer = send("HEAD /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(answer, "Content-Length: 3\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  EXPECT_TRUE(send(get("/ok")).ends_with("/ok"));
}

TEST_F(ConnectionTest, DrainEndsTheIdleNowAndTheBusyAfterItsAnswer) {
  connect();
  std::unique_ptr<net::PipeStream> busy = std::move(client_);
  connect();
  send(get("/ok"));
  busy->push(get("/slow") + get("/ok"));
  lane_.run();
  EXPECT_EQ(counters_.open.value(), 2);
  EXPECT_EQ(stop(lane_.lane().after(5s)), 0u);
  EXPECT_TRUE(client_->peer_ended());
  const std::string answer = busy->take();
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 1u);
  EXPECT_TRUE(answer.ends_with("/slow"));
  EXPECT_TRUE(busy->peer_ended());
}

TEST_F(ConnectionTest, DrainCutsWhatDoesNotEndInTime) {
  connect();
  send(post("/read", 10'000'000));
  EXPECT_EQ(stop(lane_.lane().after(500ms)), 1u);
  EXPECT_EQ(handler_.ended, std::vector{base::Errc::cancelled});
}

TEST_F(ConnectionTest, BeyondItsBoundConnectionsAreClosedAtOnce) {
  limits_.connections_max = 1;
  connect();
  std::unique_ptr<net::PipeStream> first = std::move(client_);
  connect();
  EXPECT_TRUE(client_->peer_ended());
  EXPECT_EQ(counters_.refused.value(), 1u);
  EXPECT_EQ(counters_.accepted.value(), 1u);
  first.reset();
  lane_.run();
  connect();
  EXPECT_TRUE(send(get("/ok")).ends_with("/ok"));
}

}  // namespace
}  // namespace weir::http
