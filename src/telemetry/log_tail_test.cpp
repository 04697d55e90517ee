#include "telemetry/log_tail.hpp"

#include <gtest/gtest.h>

namespace weir::telemetry::log_tail_test {

LogEntry entry(std::string message) {
  LogEntry out;
  out.message = std::move(message);
  return out;
}

TEST(LogTail, PassesOnAndKeepsTheNewestWithTheirNumbers) {
  MemorySink sink;
  LogTail tail(sink);
  EXPECT_TRUE(tail.since(0, 10).empty());
  for (int i = 1; i <= 3; ++i) tail.write(entry(std::to_string(i)));
  EXPECT_EQ(sink.entries().size(), 3u);
  const auto told = [&tail](std::uint64_t after, std::size_t limit) {
    std::string out;
    for (const auto& each : tail.since(after, limit)) {
      out += std::to_string(each.number) + "=" + each.entry.message + " ";
    }
    return out;
  };
  EXPECT_EQ(told(0, 10), "1=1 2=2 3=3 ");
  EXPECT_EQ(told(0, 2), "2=2 3=3 ");
  EXPECT_EQ(told(2, 10), "3=3 ");
  EXPECT_EQ(told(3, 10), "");
  EXPECT_EQ(told(99, 10), "");
  EXPECT_EQ(told(0, 0), "");
  for (std::size_t i = 0; i < LogTail::kKept; ++i) tail.write(entry("x"));
  EXPECT_EQ(tail.since(0, SIZE_MAX).size(), LogTail::kKept);
  EXPECT_EQ(tail.since(0, SIZE_MAX).front().number, 4u);
  tail.write(entry(std::string(1 << 20, 'y')));
  EXPECT_EQ(tail.since(0, 1)[0].entry.message.size(), LogTail::kMessageMax);
  EXPECT_EQ(sink.entries().back().message.size(), 1u << 20);
}

}  // namespace weir::telemetry::log_tail_test
