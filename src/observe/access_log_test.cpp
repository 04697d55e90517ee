#include "observe/access_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "observe/access_line.hpp"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;
using telemetry::ExchangeRecord;
using telemetry::Flag;
using telemetry::Reason;

ExchangeRecord numbered(std::uint64_t n) {
  ExchangeRecord record{};
  record.wall_ms = 1'763'681'112'345;
  record.duration = 1500us;
  record.upstream = 1250us;
  record.bytes_in = n;
  record.bytes_out = 512;
  record.service_number = 1;
  record.status = 200;
  record.attempts = 1;
  record.protocol = telemetry::Protocol::http11;
  record.method.set("GET");
  record.request_id.set("01890a5d-ac96-774b-bcce-b302099a8057");
  record.client.set("::1");
  record.service.set("web");
  record.endpoint.set("127.0.0.1:9");
  record.host.set("example.test");
  record.path.set("/a?b=c");
  record.user_agent.set("curl/8");
  return record;
}

// A directory that goes away with the test.
class Folder {
 public:
  Folder() : path_(::testing::TempDir() + "weir-access-XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  ~Folder() {
    for (const char* name : {"/log", "/log.1"}) ::unlink((path_ + name).c_str());
    ::rmdir(path_.c_str());
  }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(AccessLine, IsTheDocumentedObject) {
  ExchangeRecord record = numbered(7);
  record.flags.set(Flag::retried);
  record.flags.set(Flag::reconnect);
  record.attempts = 2;
  record.lane = 3;
  std::string line;
  append_access_line(line, record);
  EXPECT_EQ(line,
            R"({"time":"2025-11-20T23:25:12.345Z","duration_ms":1.500,"upstream_ms":1.250,)"
            R"("client":"::1","method":"GET","host":"example.test","path":"/a?b=c",)"
            R"("protocol":"HTTP/1.1","status":200,"reason":"OK","flags":["retried","reconnect"],)"
            R"("service":"web","endpoint":"127.0.0.1:9","attempts":2,"bytes_in":7,"bytes_out":512,)"
            R"("request_id":"01890a5d-ac96-774b-bcce-b302099a8057","lane":3,)"
            R"("user_agent":"curl/8"})"
            "\n");
}

TEST(AccessLine, WhatAClientSendsCannotForgeALine) {
  ExchangeRecord record = numbered(1);
  record.path.set("/\"}\n{\"status\":200,\"x\":\"\x01\x1b[2J\xff");
  record.user_agent.set(std::string(300, '"'));
  record.trace_id.set("4bf92f3577b34da6a3ce929d0e0e4736");
  record.reason = Reason::fault;
  record.status = 503;
  std::string line;
  append_access_line(line, record);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  const auto parsed = base::parse_json(line);
  ASSERT_TRUE(parsed) << line;
  EXPECT_EQ(parsed->at("status").as_int64(), 503);
  EXPECT_EQ(parsed->at("reason").as_string(), "FI(503)");
  EXPECT_EQ(parsed->at("trace_id").as_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(parsed->at("user_agent").as_string().size(), 128u);
  EXPECT_EQ(base::json::serialize(parsed->at("cut")), R"(["user_agent"])");
}

TEST(AccessLine, EveryByteInEveryTextStaysInItsString) {
  for (int c = 0; c < 256; ++c) {
    ExchangeRecord record = numbered(1);
    const std::string text(3, static_cast<char>(c));
    record.method.set(text);
    record.host.set(text);
    record.path.set(text);
    record.user_agent.set(text);
    std::string line;
    append_access_line(line, record);
    EXPECT_TRUE(base::parse_json(line)) << c;
    EXPECT_EQ(line.find('\n'), line.size() - 1) << c;
  }
}

TEST(AccessLog, StopWritesEverythingFirst) {
  const Folder folder;
  telemetry::NullLog log;
  auto file = AccessLogFile::open(folder.file("log"));
  ASSERT_TRUE(file);
  AccessLog access(std::move(*file), {.lanes = 2, .records_per_lane = 1024, .interval = 1h}, log);
  for (std::uint64_t n = 0; n < 500; ++n) {
    ASSERT_TRUE(access.ring(n % 2).try_push(numbered(n)));
  }
  access.stop();
  const auto lines = lines_of(folder.file("log"));
  EXPECT_EQ(lines.size(), 500u);
  for (const std::string& line : lines) EXPECT_TRUE(base::parse_json(line)) << line;
  EXPECT_EQ(access.written(), 500u);
  EXPECT_EQ(access.dropped(), 0u);
  access.stop();  // twice is once
}

TEST(AccessLog, NothingIsWrittenBeforeItsTimeAndFlushMakesItTime) {
  const Folder folder;
  telemetry::NullLog log;
  AccessLog access(AccessLogFile::open(folder.file("log")).value(), {.interval = 1h}, log);
  access.flush();
  ASSERT_TRUE(access.ring(0).try_push(numbered(1)));
  EXPECT_EQ(access.written(), 0u);
  access.flush();
  EXPECT_EQ(access.written(), 1u);
  EXPECT_EQ(lines_of(folder.file("log")).size(), 1u);
}

TEST(AccessLog, ALaneWakesItWhenItsRingIsHalfFull) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  telemetry::NullLog log;
  AccessLog access(AccessLogFile::borrow(ends[1]), {.records_per_lane = 8, .interval = 1h}, log);
  access.flush();
  bool asked = false;
  for (std::uint64_t n = 0; n < 4; ++n) {
    *access.ring(0).claim() = numbered(n);
    asked = access.ring(0).publish();
    EXPECT_EQ(asked, n == 3);
  }
  access.wake();
  std::array<char, 64> buffer{};
  EXPECT_GT(::read(ends[0], buffer.data(), buffer.size()), 0);  // comes without a flush
  access.stop();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(AccessLog, ReopenMovesToTheNewFileAndLosesNothing) {
  const Folder folder;
  telemetry::MemorySink sink;
  telemetry::Log log(sink);
  AccessLog access(AccessLogFile::open(folder.file("log")).value(), {.interval = 1h}, log);
  ASSERT_TRUE(access.ring(0).try_push(numbered(1)));
  ASSERT_EQ(::rename(folder.file("log").c_str(), folder.file("log.1").c_str()), 0);
  access.reopen();
  access.flush();
  ASSERT_TRUE(access.ring(0).try_push(numbered(2)));
  access.stop();
  EXPECT_EQ(lines_of(folder.file("log.1")).size(), 1u);
  ASSERT_EQ(lines_of(folder.file("log")).size(), 1u);
  EXPECT_NE(lines_of(folder.file("log"))[0].find("\"bytes_in\":2,"), std::string::npos);
  log.flush();
  EXPECT_TRUE(sink.contains("opened anew"));
}

TEST(AccessLog, AFailedReopenKeepsTheOldFile) {
  const Folder folder;
  const Folder gone;
  telemetry::MemorySink sink;
  telemetry::Log log(sink);
  const std::string inner = folder.file("log");
  ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
  AccessLog access(AccessLogFile::open(inner + "/a").value(), {.interval = 1h}, log);
  const std::string moved = folder.file("log.1");
  ASSERT_EQ(::rename(inner.c_str(), moved.c_str()), 0);
  access.reopen();
  access.flush();
  ASSERT_TRUE(access.ring(0).try_push(numbered(1)));
  access.stop();
  EXPECT_EQ(lines_of(moved + "/a").size(), 1u);
  log.flush();
  EXPECT_TRUE(sink.contains("kept the old file"));
  ::unlink((moved + "/a").c_str());
  ::rmdir(moved.c_str());
}

TEST(AccessLog, AMissingFolderIsAnErrorThatNamesThePath) {
  const auto file = AccessLogFile::open("/nonexistent/access.log");
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().detail().find("/nonexistent/access.log"), std::string::npos);
}

TEST(AccessLog, AClosedReaderLosesLinesAndSaysSoOnce) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  telemetry::MemorySink sink;
  telemetry::Log log(sink);
  AccessLog access(AccessLogFile::borrow(ends[1]), {.interval = 1h}, log);
  for (std::uint64_t n = 0; n < 3; ++n) {
    ASSERT_TRUE(access.ring(0).try_push(numbered(n)));
    access.flush();
  }
  access.stop();
  EXPECT_EQ(access.dropped(), 3u);
  EXPECT_EQ(access.written(), 0u);
  log.flush();
  EXPECT_EQ(sink.entries().size(), 1u);
  EXPECT_TRUE(sink.contains("lines are lost"));
  ::close(ends[1]);
}

TEST(AccessLog, AReaderThatDoesNotReadHoldsUpNeitherLanesNorStop) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  telemetry::NullLog log;
  AccessLog access(AccessLogFile::borrow(ends[1]),
                   {.records_per_lane = 64, .interval = 1ms, .stop_limit = 20ms}, log);
  std::uint64_t pushed = 0;
  while (access.ring(0).try_push(numbered(pushed))) ++pushed;  // ends: the ring fills
  access.stop();                                               // ends: it gives up
  EXPECT_EQ(access.written() + access.dropped(), pushed + 1);
  EXPECT_GT(access.dropped(), 1u);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(AccessLog, ATornLineIsMended) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  AccessLogFile file = AccessLogFile::borrow(ends[1]);
  const std::atomic<bool> give_up = true;
  std::uint64_t lost = 0;
  EXPECT_FALSE(file.write(std::string(5000, 'x') + "\nsecond\n", give_up, &lost));
  EXPECT_EQ(lost, 2u);
  std::array<char, 8192> buffer{};
  EXPECT_EQ(::read(ends[0], buffer.data(), buffer.size()), 4096);
  EXPECT_TRUE(file.write("third\n", give_up, &lost));
  EXPECT_EQ(lost, 0u);
  const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
  EXPECT_EQ(std::string_view(buffer.data(), static_cast<std::size_t>(n)), "\nthird\n");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(AccessLog, LanesAndWriterRunTogether) {
  constexpr std::uint64_t kEach = 5000;
  const Folder folder;
  telemetry::NullLog log;
  AccessLog access(AccessLogFile::open(folder.file("log")).value(),
                   {.lanes = 3, .records_per_lane = 128, .interval = 1ms}, log);
  std::vector<std::thread> lanes;
  for (std::size_t i = 0; i < 3; ++i) {
    lanes.emplace_back([&access, i] {
      telemetry::RecordRing& ring = access.ring(i);
      for (std::uint64_t n = 0; n < kEach; ++n) {
        ExchangeRecord* const record = ring.claim();
        if (record == nullptr) continue;
        *record = numbered(n);
        if (ring.publish()) access.wake();
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    access.flush();
    access.reopen();
  }
  for (auto& lane : lanes) lane.join();
  access.stop();
  EXPECT_EQ(access.written() + access.dropped(), 3 * kEach);
  const auto lines = lines_of(folder.file("log"));
  EXPECT_EQ(lines.size(), access.written());
  EXPECT_TRUE(lines.empty() || base::parse_json(lines.back()));
}

}  // namespace
}  // namespace weir::observe
