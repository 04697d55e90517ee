#include "telemetry/record_ring.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace weir::telemetry {
namespace {

ExchangeRecord numbered(std::uint64_t n) {
  ExchangeRecord record{};
  record.bytes_in = n;
  record.path.set("/" + std::to_string(n));
  return record;
}

TEST(FixedText, CutsAndSaysSo) {
  FixedText<4> text{};
  text.set("GET");
  EXPECT_EQ(text.view(), "GET");
  EXPECT_FALSE(text.is_cut());
  text.set("OPTIONS");
  EXPECT_EQ(text.view(), "OPTI");
  EXPECT_TRUE(text.is_cut());
  text.set({});
  EXPECT_EQ(text.view(), "");
  EXPECT_FALSE(text.is_cut());
}

TEST(RecordRing, GivesBackInOrder) {
  RecordRing ring(4);
  EXPECT_EQ(ring.front(), nullptr);
  for (std::uint64_t n = 0; n < 100; ++n) {
    ASSERT_TRUE(ring.try_push(numbered(n)));
    ASSERT_NE(ring.front(), nullptr);
    EXPECT_EQ(ring.front()->bytes_in, n);
    ring.pop();
    EXPECT_EQ(ring.front(), nullptr);
  }
}

TEST(RecordRing, DropsWhenFullAndCounts) {
  RecordRing ring(3);
  EXPECT_EQ(ring.capacity(), 4u);
  for (std::uint64_t n = 0; n < 4; ++n) EXPECT_TRUE(ring.try_push(numbered(n)));
  EXPECT_FALSE(ring.try_push(numbered(4)));
  EXPECT_FALSE(ring.try_push(numbered(5)));
  EXPECT_EQ(ring.dropped(), 2u);
  EXPECT_EQ(ring.front()->bytes_in, 0u);  // what is kept is the oldest
  ring.pop();
  EXPECT_TRUE(ring.try_push(numbered(6)));
}

TEST(RecordRing, AClaimIsNotSeenBeforeItIsPublished) {
  RecordRing ring(2);
  ExchangeRecord* const slot = ring.claim();
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(ring.claim(), slot);
  *slot = numbered(9);
  EXPECT_EQ(ring.front(), nullptr);
  ring.publish();
  ASSERT_NE(ring.front(), nullptr);
  EXPECT_EQ(ring.front()->path.view(), "/9");
}

TEST(RecordRing, AsksForAWakeOnceAtHalfFull) {
  RecordRing ring(8);
  int wakes = 0;
  for (int n = 0; n < 8; ++n) {
    ASSERT_NE(ring.claim(), nullptr);
    if (ring.publish()) ++wakes;
    EXPECT_EQ(wakes, n < 3 ? 0 : 1) << n;
  }
  while (ring.front() != nullptr) ring.pop();
  for (int n = 0; n < 4; ++n) {
    ASSERT_NE(ring.claim(), nullptr);
    if (ring.publish()) ++wakes;
  }
  EXPECT_EQ(wakes, 2);
}

TEST(RecordRing, NothingIsLostOrChangedBetweenThreads) {
  constexpr std::uint64_t kRecords = 20'000;
  RecordRing ring(64);
  std::thread producer([&] {
    for (std::uint64_t n = 0; n < kRecords; ++n) {
      const ExchangeRecord record = numbered(n);
      while (!ring.try_push(record)) std::this_thread::yield();
    }
  });
  for (std::uint64_t n = 0; n < kRecords;) {
    const ExchangeRecord* const record = ring.front();
    if (record == nullptr) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(record->bytes_in, n);
    ASSERT_EQ(record->path.view(), "/" + std::to_string(n));
    ring.pop();
    ++n;
  }
  producer.join();
  EXPECT_EQ(ring.front(), nullptr);
}

}  // namespace
}  // namespace weir::telemetry
