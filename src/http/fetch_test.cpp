// One request of our own, against an origin at the far end of a pipe.
#include "http/fetch.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"

namespace weir::http {
namespace fetch_test {

using namespace std::chrono_literals;

class Pipes final : public Connector {
 public:
  runtime::Task<base::Result<std::unique_ptr<net::Stream>>> connect(runtime::Lane& lane,
                                                                    net::Address,
                                                                    base::Deadline) override {
    auto [near, far] = net::PipeStream::make_pair(lane);
    ends.push_back(std::move(far));
    std::unique_ptr<net::Stream> stream = std::move(near);
    co_return stream;
  }
  std::vector<std::unique_ptr<net::PipeStream>> ends;
};

using Outcome = std::optional<base::Result<Fetched>>;

runtime::Task<void> run_fetch(LaneContext& context, ClientPool& pool, FetchRequest request,
                              base::Deadline deadline, Outcome& out) {
  auto fetching = fetch(context, pool, std::move(request), deadline);
  out = co_await fetching;
}

class FetchTest : public testing::Test {
 protected:
  void start(FetchRequest request = {}) {
    out_.reset();
    request.host = "a:80";
    runtime::spawn(gate_, "fetch",
                   run_fetch(context_, pool_, std::move(request), lane_.lane().after(2s), out_));
    lane_.run();
  }
  void answer(std::string_view bytes, bool byte_by_byte = false) {
    for (std::size_t i = 0; byte_by_byte && i < bytes.size(); ++i) {
      pipes_.ends.back()->push(bytes.substr(i, 1));
      lane_.run();
    }
    if (!byte_by_byte) pipes_.ends.back()->push(bytes);
    lane_.run();
  }

  runtime::ManualLane lane_;
  LaneContext context_{lane_.lane()};
  Pipes pipes_;
  ClientPool pool_{context_, pipes_, net::Address::parse("127.0.0.1:80").value()};
  Outcome out_;
  runtime::Gate gate_;
};

TEST_F(FetchTest, SendsTheRequestAndReadsTheAnswer) {
  FetchRequest request;
  request.method = "POST";
  request.target = "/x?y";
  request.fields = {{"X-A", "1"}};
  request.body = "hello";
  start(std::move(request));
  EXPECT_EQ(pipes_.ends.back()->take(),
            "POST /x?y HTTP/1.1\r\nHost: a:80\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello");
  answer("HTTP/1.1 201 Created\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\nabc", true);
  ASSERT_TRUE(out_ && *out_);
  EXPECT_EQ((*out_)->status, 201);
  EXPECT_EQ((*out_)->content_type, "text/x");
  EXPECT_EQ((*out_)->body, "abc");
  EXPECT_EQ(pool_.idle(), 1u);
}

TEST_F(FetchTest, EveryFramingGivesItsBody) {
  struct Row {
    const char* name;
    std::string bytes;
    bool ends;
    std::string body;
    std::size_t idle;
  };
  const Row rows[] = {
      {"chunked",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", false,
       "abc", 1},
      {"length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "abc", 1},
      {"until close", "HTTP/1.1 200 OK\r\n\r\nabc", true, "abc", 0},
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", false, "", 1},
      {"interim first", "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       false, "", 1},
      {"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false, "", 0},
      {"extra bytes", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n", false,
       "a", 0},
  };
  for (const Row& row : rows) {
    for (const bool byte_by_byte : {false, true}) {
      pool_.close_all();
      start();
      answer(row.bytes, byte_by_byte);
      if (row.ends) {
        EXPECT_FALSE(out_.has_value()) << row.name;
        pipes_.ends.back()->end_writing();
        lane_.run();
      }
      ASSERT_TRUE(out_ && *out_) << row.name;
      EXPECT_EQ((*out_)->body, row.body) << row.name;
      // What comes later lies unread; the next take() sees it.
      if (!byte_by_byte) {
        EXPECT_EQ(pool_.idle(), row.idle) << row.name;
      }
      lane_.run();
      EXPECT_EQ(pool_.take() != nullptr, row.idle == 1) << row.name;
    }
  }
}

TEST_F(FetchTest, HeadHasNoBody) {
  FetchRequest request;
  request.method = "HEAD";
  start(std::move(request));
  answer("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  ASSERT_TRUE(out_ && *out_);
  EXPECT_EQ((*out_)->body, "");
  EXPECT_EQ(pool_.idle(), 1u);
}

TEST_F(FetchTest, FailuresAreTold) {
  struct Row {
    const char* name;
    std::string bytes;
    bool ends;
    base::Errc code;
  };
  const Row rows[] = {
      {"bad head", "HTTP/1.1 20 OK\r\n\r\n", false, base::Errc::bad_message},
      {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", false,
       base::Errc::bad_message},
      {"no answer", "", true, base::Errc::closed},
      {"half a head", "HTTP/1.1 200 OK\r\nX: ", true, base::Errc::closed},
      {"short body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", true, base::Errc::closed},
      {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", true,
       base::Errc::closed},
      {"too large", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + std::string(999, 'x'), false,
       base::Errc::too_large},
  };
  for (const Row& row : rows) {
    FetchRequest request;
    request.body_max = 100;
    start(std::move(request));
    answer(row.bytes);
    if (row.ends) pipes_.ends.back()->end_writing();
    lane_.run();
    ASSERT_TRUE(out_.has_value()) << row.name;
    ASSERT_FALSE(out_->has_value()) << row.name;
    EXPECT_EQ(out_->error().code(), row.code) << row.name;
    EXPECT_EQ(pool_.idle(), 0u) << row.name;
  }
}

TEST_F(FetchTest, NoAnswerEndsAtTheDeadline) {
  start();
  lane_.advance(1999ms);
  EXPECT_FALSE(out_.has_value());
  lane_.advance(1ms);
  ASSERT_TRUE(out_.has_value());
  EXPECT_EQ(out_->error().code(), base::Errc::deadline);
}

}  // namespace fetch_test
}  // namespace weir::http
