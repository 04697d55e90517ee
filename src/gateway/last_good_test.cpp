#include "gateway/last_good.hpp"

#include <gtest/gtest.h>

#include <string>

#include "gateway/in_memory_gateway.hpp"

namespace weir::gateway {
namespace last_good_test {

using namespace std::chrono_literals;

const std::string kGet = "GET /x?a=1 HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kBusy = "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy";

int status_of(const std::string& answer) {
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}
bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

class LastGoodFallback : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(auto change) {
    config::Settings settings = InMemoryGateway::default_settings();
    settings.routes[0].fallback = config::Fallback{.last_good = config::LastGood{}};
    settings.routes[0].retry.attempts = 1;
    change(settings.routes[0]);
    gateway_.emplace(std::move(settings));
    gateway_->connect();
  }
  void open() {
    open([](config::Route&) {});
  }
  /// What a good answer of these bytes, and then a failure, give.
  std::string after_good(const std::string& good, const std::string& first = kGet,
                         const std::string& second = kGet) {
    gateway_->connect();
    gateway_->origin().response = good;
    EXPECT_EQ(gateway_->exchange(first).substr(0, 12), good.substr(0, 12));
    gateway_->origin().response = kBusy;
    return gateway_->exchange(second);
  }
  static std::string ok(const std::string& fields, const std::string& body = "good") {
    return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  std::optional<InMemoryGateway> gateway_;
};

TEST_F(LastGoodFallback, TheLastGoodAnswerStandsInWithItsAge) {
  gateway_->origin().response = ok("Content-Type: text/x\r\nAge: 30\r\nX-Own: 1\r\n");
  EXPECT_TRUE(has(gateway_->exchange(kGet), "\r\n\r\ngood"));
  gateway_->after(7s);
  gateway_->origin().response = kBusy;
  const std::string answer = gateway_->exchange(kGet);
  EXPECT_EQ(status_of(answer), 200) << answer;
  for (const std::string_view line :
       {"Content-Type: text/x\r\n", "X-Own: 1\r\n", "Age: 37\r\n", "weir-fallback: last_good\r\n",
        "Proxy-Status: weir; details=\"fallback\"", "Content-Length: 4\r\n", "\r\n\r\ngood"}) {
    EXPECT_TRUE(has(answer, line)) << line << answer;
  }
  EXPECT_EQ(answer.find("Age:"), answer.rfind("Age:"));
  EXPECT_EQ(answer.find("Content-Length:"), answer.rfind("Content-Length:"));
  EXPECT_EQ(gateway_->traffic().errors, 1u) << "the exchange failed all the same";
  EXPECT_EQ(gateway_->service().fallbacks.load(), 1u);
}

TEST_F(LastGoodFallback, TheNewestIsServedAndWhileTheServiceAnswersNone) {
  gateway_->origin().response = ok("", "one");
  gateway_->exchange(kGet);
  EXPECT_TRUE(has(after_good(ok("", "two")), "\r\n\r\ntwo"));
  gateway_->origin().response = ok("", "three");
  EXPECT_TRUE(has(gateway_->exchange(kGet), "\r\n\r\nthree"));
  EXPECT_EQ(gateway_->service().fallbacks.load(), 1u);
}

TEST_F(LastGoodFallback, ItStandsInForEveryKindOfFailure) {
  gateway_->origin().response = ok("");
  gateway_->exchange(kGet);
  gateway_->origin().response.clear();
  gateway_->exchange(kGet);
  EXPECT_TRUE(has(gateway_->after(11s), "weir-fallback: last_good")) << "no answer in time";
  gateway_->origin().refuse = true;
  EXPECT_TRUE(has(gateway_->exchange(kGet), "weir-fallback: last_good")) << "refused";
  gateway_->service().endpoints.publish(upstream::make_set({.generation = 9}));
  EXPECT_TRUE(has(gateway_->exchange(kGet), "weir-fallback: last_good")) << "nobody eligible";
}

TEST_F(LastGoodFallback, BeyondMaxAgeTheFailureIsPassedOn) {
  open([](config::Route& route) { route.fallback->last_good->max_age = 60s; });
  gateway_->origin().response = ok("");
  gateway_->exchange(kGet);
  gateway_->origin().response = kBusy;
  gateway_->after(59s);
  gateway_->connect();
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 200);
  gateway_->after(2s);
  gateway_->connect();
  const std::string late = gateway_->exchange(kGet);
  EXPECT_TRUE(has(late, "\r\n\r\nbusy")) << late;
}

TEST_F(LastGoodFallback, AnswersThatAreNotForEveryoneAreNotKept) {
  for (const std::string fields :
       {"Cache-Control: private\r\n", "Cache-Control: max-age=3, No-Store\r\n",
        "Cache-Control: no-cache\r\n", "Cache-Control: must-revalidate\r\n",
        "Cache-Control: max-age=1\r\nCache-Control: private=\"x\"\r\n", "Set-Cookie: a=1\r\n",
        "Vary: *\r\n", "Vary: Cookie\r\n", "Vary: Accept-Encoding, X-User\r\n",
        "Vary: Accept-Encoding\r\nVary: Origin\r\n"}) {
    open();
    EXPECT_EQ(status_of(after_good(ok(fields))), 503) << fields;
  }
  for (const std::string fields : {"Cache-Control: max-age=0\r\n", "Vary: accept-Encoding\r\n"}) {
    open();
    EXPECT_EQ(status_of(after_good(ok(fields))), 200) << fields;
  }
  for (const std::string other :
       {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 206 P\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 204 No\r\n\r\n"}) {
    open();
    EXPECT_EQ(status_of(after_good(other)), 503) << other;
  }
}

TEST_F(LastGoodFallback, RequestsOfOneClientAreNeitherKeptNorServed) {
  const std::string good = ok("");
  const auto with = [](std::string line) {
    return "GET /x?a=1 HTTP/1.1\r\nHost: a\r\n" + line + "\r\n";
  };
  for (const std::string line :
       {"Authorization: Basic x\r\n", "Cookie: a=1\r\n", "Cache-Control: no-store\r\n",
        "Content-Length: 0\r\nCookie: b\r\n", "X-Api-Key: alice\r\n", "x-auth-token: t\r\n",
        "X-User: alice\r\n", "X-Amz-Security-Token: t\r\n"}) {
    open();
    EXPECT_EQ(status_of(after_good(good, with(line), kGet)), 503) << "kept: " << line;
    open();
    EXPECT_EQ(status_of(after_good(good, kGet, with(line))), 503) << "served: " << line;
  }
  open();
  EXPECT_EQ(status_of(after_good(good, kGet, "HEAD /x?a=1 HTTP/1.1\r\nHost: a\r\n\r\n")), 503);
  open();
  EXPECT_EQ(status_of(after_good(good, kGet,
                                 "POST /x?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")),
            503);
}

TEST_F(LastGoodFallback, OnlyTheSameHostPathQueryAndEncodingFindIt) {
  const std::string good = ok("");
  for (const std::string other :
       {"GET /x?a=2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /x?a=1 HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET /x?a=1 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"}) {
    open();
    EXPECT_EQ(status_of(after_good(good, kGet, other)), 503) << other;
  }
  open();
  EXPECT_EQ(status_of(after_good(good, kGet, "GET /./x?a=1 HTTP/1.1\r\nHost: A\r\n\r\n")), 200);
}

TEST_F(LastGoodFallback, AChunkedBodyInManyPiecesIsKeptWhole) {
  gateway_->origin().response.clear();
  gateway_->exchange(kGet);
  auto& pipe = *gateway_->origin().connections.at(0)->pipe;
  std::string got;
  for (const char* piece : {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc",
                            "\r\n2\r\nde\r\n", "0\r\n\r\n"}) {
    pipe.push(piece);
    got += gateway_->after(0s);
  }
  EXPECT_TRUE(got.ends_with("0\r\n\r\n")) << got;
  gateway_->origin().response = kBusy;
  const std::string answer = gateway_->exchange(kGet);
  EXPECT_TRUE(has(answer, "Content-Length: 5\r\n") && has(answer, "\r\n\r\nabcde")) << answer;
  EXPECT_FALSE(has(answer, "Transfer-Encoding")) << answer;
}

TEST_F(LastGoodFallback, ABodyThatBreaksOffOrIsTooLongIsNotKept) {
  gateway_->origin().response.clear();
  gateway_->exchange(kGet);
  gateway_->origin().connections.at(0)->pipe->push(
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  gateway_->after(0s);
  gateway_->origin().connections.at(0)->pipe->end_writing();
  gateway_->after(0s);
  gateway_->origin().response = kBusy;
  gateway_->connect();
  EXPECT_EQ(status_of(gateway_->exchange(kGet)), 503) << "cut";
  open();
  EXPECT_EQ(status_of(after_good(ok("", std::string(65'537, 'x')))), 503);
  open();
  EXPECT_EQ(status_of(after_good(ok("", std::string(65'536, 'x')))), 200);
  open();
  const std::string chunk = "8001\r\n" + std::string(0x8001, 'x') + "\r\n";
  EXPECT_EQ(status_of(after_good("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                                 chunk + "0\r\n\r\n")),
            503);
}

TEST_F(LastGoodFallback, TheRoutesEditsHoldForItToo) {
  open([](config::Route& route) {
    route.response_headers.set = {{"X-Set", "new"}};
    route.response_headers.remove = {"X-Gone"};
  });
  const std::string answer = after_good(ok("X-Set: old\r\nX-Gone: 1\r\n"));
  EXPECT_TRUE(has(answer, "X-Set: new\r\n")) << answer;
  EXPECT_FALSE(has(answer, "old")) << answer;
  EXPECT_FALSE(has(answer, "X-Gone")) << answer;
}

TEST(LastGood, ItsEntriesAndBytesAreBounded) {
  LastGood kept;
  const auto answer_of = [](std::size_t size) {
    auto answer = std::make_shared<GoodAnswer>();
    answer->body.assign(size, 'x');
    return answer;
  };
  for (int i = 0; i < 5000; ++i) kept.keep("a\n/" + std::to_string(i), answer_of(10));
  EXPECT_LE(kept.size().entries, LastGood::kShards * LastGood::kEntriesMax);
  EXPECT_GT(kept.size().entries, LastGood::kShards * LastGood::kEntriesMax / 2);
  EXPECT_EQ(kept.find("a\n/0", {}, 1s), nullptr) << "the oldest went first";
  EXPECT_NE(kept.find("a\n/4999", {}, 1s), nullptr);
  for (int i = 0; i < 2000; ++i) kept.keep("b\n/" + std::to_string(i), answer_of(65'536));
  EXPECT_LE(kept.size().bytes, LastGood::kShards * LastGood::kBytesMax);
  const LastGood::Size before = kept.size();
  kept.keep("b\n/1999", answer_of(65'536));
  EXPECT_EQ(kept.size().entries, before.entries) << "in place of the old one";
  EXPECT_EQ(kept.size().bytes, before.bytes);
}

}  // namespace last_good_test
}  // namespace weir::gateway
