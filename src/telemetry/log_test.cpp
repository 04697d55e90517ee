#include "telemetry/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"

namespace weir::telemetry {
namespace {

std::int64_t fixed_wall() noexcept { return 1'763'681'112'345; }

LogEntry entry_of(std::string message, std::vector<LogField> fields = {}) {
  return {.wall_ms = fixed_wall(),
          .level = Level::warn,
          .component = "control",
          .message = std::move(message),
          .fields = std::move(fields)};
}

std::string text_of(const LogEntry& entry) {
  std::string out;
  append_text(out, entry);
  return out;
}

TEST(LogEntry, TextLine) {
  const LogEntry entry =
      entry_of("endpoint is out", {LogField({"endpoint", "10.0.0.1:80"}), LogField({"failures", 5}),
                                   LogField({"why", "connect refused"}), LogField({"empty", ""})});
  EXPECT_EQ(text_of(entry),
            "2025-11-20T23:25:12.345Z WARN  control  endpoint is out endpoint=10.0.0.1:80 "
            "failures=5 why=\"connect refused\" empty=\"\"\n");
}

TEST(LogEntry, TextEscapesWhatATerminalWouldObey) {
  struct Row {
    std::string_view message;
    std::string_view shown;
  };
  for (const Row& row : {
           Row{"two\nlines\r", "two\\nlines\\r"},
           Row{"\x1b[31mred", "\\x1b[31mred"},
           Row{"\xc2\x9b"
               "31m",
               "\\xc2\\x9b31m"},  // C1 CSI in UTF-8
           Row{"\x9b"
               "31m",
               "\\x9b31m"},  // and in Latin-1
           Row{"\x7f", "\\x7f"},
           Row{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
               "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
           Row{"cut \xe2\x82", "cut \\xe2\\x82"},
       }) {
    EXPECT_EQ(text_of(entry_of(std::string(row.message))),
              "2025-11-20T23:25:12.345Z WARN  control  " + std::string(row.shown) + "\n");
  }
}

TEST(LogEntry, TextQuotesCannotBeForged) {
  const std::string line = text_of(entry_of("x", {LogField({"path", "a\" level=\"b\\"})}));
  EXPECT_TRUE(line.ends_with(R"(path="a\" level=\"b\\")"
                             "\n"))
      << line;
}

TEST(LogEntry, JsonLineIsAlwaysValid) {
  const LogEntry entry =
      entry_of("a\"b\n\x01\xff",
               {LogField({"text", "x\ny"}), LogField({"count", 7u}), LogField({"negative", -7}),
                LogField({"ratio", 0.5}), LogField({"nan", 0.0 / 0.0}), LogField({"yes", true})});
  std::string line;
  append_json(line, entry);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto parsed = base::parse_json(line);
  ASSERT_TRUE(parsed) << line;
  const auto& object = parsed->as_object();
  EXPECT_EQ(object.at("level").as_string(), "warn");
  EXPECT_EQ(object.at("text").as_string(), "x\ny");
  EXPECT_EQ(object.at("count").as_int64(), 7);
  EXPECT_EQ(object.at("negative").as_int64(), -7);
  EXPECT_EQ(object.at("ratio").as_double(), 0.5);
  EXPECT_TRUE(object.at("nan").is_null());
  EXPECT_TRUE(object.at("yes").as_bool());
}

TEST(Level, ReadsItsOwnNames) {
  for (const Level level :
       {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
    EXPECT_EQ(parse_level(name(level)), level);
  }
  EXPECT_EQ(parse_level("WARN"), Level::warn);
  EXPECT_FALSE(parse_level("warning!"));
}

TEST(Log, FormatsAndKeepsOrder) {
  MemorySink sink;
  Log log(sink, {.wall_ms = fixed_wall});
  log.info("app", "ready in {} ms", 12);
  log.warn("control", {{"endpoint", "a:1"}}, "out after {} failures", 5);
  log.error("net", {{"errno", 13}}, "bind failed");
  log.debug("net", "not seen");
  log.flush();
  const auto entries = sink.entries();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].message, "ready in 12 ms");
  EXPECT_EQ(entries[0].wall_ms, fixed_wall());
  EXPECT_EQ(entries[1].message, "out after 5 failures");
  EXPECT_EQ(entries[1].fields.at(0).text, "a:1");
  EXPECT_EQ(entries[2].level, Level::error);
  EXPECT_TRUE(sink.contains("errno=13"));
  EXPECT_FALSE(sink.contains("not seen"));
}

TEST(Log, LevelChangesWhileRunning) {
  MemorySink sink;
  Log log(sink);
  EXPECT_FALSE(log.enabled(Level::debug));
  log.set_level(Level::debug);
  log.debug("x", "now");
  log.set_level(Level::off);
  EXPECT_FALSE(log.enabled(Level::error));
  log.error("x", "silence");
  log.flush();
  EXPECT_EQ(sink.entries().size(), 1u);
}

TEST(Log, DestructionWritesWhatIsQueued) {
  MemorySink sink;
  {
    Log log(sink);
    for (int i = 0; i < 100; ++i) log.info("x", "{}", i);
  }
  EXPECT_EQ(sink.entries().size(), 100u);
}

TEST(Log, NullLogSaysNothing) {
  NullLog log;
  EXPECT_FALSE(log.enabled(Level::error));
  log.set_level(Level::trace);
  log.error("x", "nobody hears {}", 1);
  log.flush();
  EXPECT_EQ(log.dropped(), 0u);
}

// Holds its first entry until it is let go.
class StuckSink : public LogSink {
 public:
  void write(const LogEntry& entry) override {
    if (!entered_) {
      entered_ = true;
      inside.set_value();
      release.get_future().wait();
    }
    seen.write(entry);
  }
  void flush() override {}

  std::promise<void> inside;
  std::promise<void> release;
  MemorySink seen;

 private:
  bool entered_ = false;
};

TEST(Log, AStuckSinkHoldsUpNobodyAndTheOldestAreForgotten) {
  StuckSink sink;
  {
    Log log(sink, {.queue_max = 4});
    log.info("x", "first");
    sink.inside.get_future().wait();
    for (int i = 0; i < 10; ++i) log.info("x", "{}", i);
    EXPECT_EQ(log.dropped(), 6u);
    sink.release.set_value();
  }
  std::vector<std::string> messages;
  for (const LogEntry& entry : sink.seen.entries()) messages.push_back(entry.message);
  EXPECT_EQ(messages,
            (std::vector<std::string>{"first", "log entries were forgotten: the queue was full",
                                      "6", "7", "8", "9"}));
}

TEST(Log, ManyThreadsLoseNothing) {
  MemorySink sink;
  Log log(sink, {.queue_max = 100'000});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) log.info("x", {{"i", i}}, "line");
    });
  }
  for (auto& thread : threads) thread.join();
  log.flush();
  EXPECT_EQ(sink.entries().size(), 2000u);
}

TEST(FdSink, WritesJsonWhereThereIsNoTerminal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  {
    FdSink sink(ends[1]);
    Log log(sink, {.wall_ms = fixed_wall});
    log.info("app", {{"port", 8080}}, "listening");
  }
  ::close(ends[1]);
  std::array<char, 512> buffer{};
  const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
  ::close(ends[0]);
  ASSERT_GT(n, 0);
  EXPECT_EQ(std::string_view(buffer.data(), static_cast<std::size_t>(n)),
            R"({"time":"2025-11-20T23:25:12.345Z","level":"info","component":"app",)"
            R"("message":"listening","port":8080})"
            "\n");
}

TEST(FdSink, ABrokenDescriptorIsSurvived) {
  FdSink sink(-1, LogFormat::text);
  Log log(sink);
  log.error("x", "lost");
  log.flush();
}

}  // namespace
}  // namespace weir::telemetry
