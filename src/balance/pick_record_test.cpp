#include "balance/pick_record.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace weir::balance::pick_record_test {

RecordedSet a_set() {
  return {.head = {3, 7},
          .policy = 2,
          .generation = 9,
          .maglev = true,
          .load_bound = 1.5,
          .arm = 1,
          .arms = {Algorithm::round_robin, Algorithm::consistent_hash},
          .scores_version = 4,
          .has_scores = true,
          .endpoints = {{.id = 1, .weight = 0.5F, .table_weight = 2, .identity = 11, .score = 99},
                        {.id = 5, .weight = 1, .table_weight = 1, .identity = 12, .score = 1}}};
}

RecordedPick a_pick() {
  return {.head = {3, 7},
          .now = base::Time(std::chrono::seconds(5)),
          .arm = 1,
          .key = 0xfedc,
          .rng = {1, 2, 3, 4},
          .service_in_flight = 6,
          .median_us = 12.5,
          .tried = {5},
          .in_flight = {0, 3},
          .chosen = 1};
}

std::vector<PickRecord> all_kinds() {
  return {RecordedService{7, "web"}, a_set(), a_pick(),
          RecordedLearn{.head = {3, 7},
                        .id = 1,
                        .failed = true,
                        .took = std::chrono::milliseconds(2),
                        .p95 = std::chrono::milliseconds(9),
                        .now = base::Time(std::chrono::seconds(6))},
          RecordedSync{{3, 7}}};
}

std::string file_of(const std::vector<PickRecord>& records) {
  std::string out = pick_record_magic();
  for (const PickRecord& each : records) append_record(out, each);
  return out;
}

std::vector<PickRecord> read_all(std::string_view file) {
  std::vector<PickRecord> out;
  auto reader = PickRecordReader::open(file);
  while (reader && !reader->at_end()) {
    auto next = reader->next();
    if (!next) break;
    out.push_back(std::move(*next));
  }
  return out;
}

TEST(PickRecord, EveryKindIsReadAsItWasWritten) {
  EXPECT_EQ(read_all(file_of(all_kinds())), all_kinds());
}

TEST(PickRecord, AnotherFileOrVersionIsRefused) {
  EXPECT_FALSE(PickRecordReader::open(""));
  EXPECT_FALSE(PickRecordReader::open("WEIRPIC"));
  EXPECT_FALSE(PickRecordReader::open("{\"json\": true, \"long\": 1}"));
  std::string other = pick_record_magic();
  other[8] = 2;
  const auto refused = PickRecordReader::open(other);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail().find("version"), std::string_view::npos);
}

TEST(PickRecord, AFileCutAnywhereEndsBeforeTheCut) {
  const auto records = all_kinds();
  const std::string file = file_of(records);
  for (std::size_t size = pick_record_magic().size(); size < file.size(); ++size) {
    const auto got = read_all(std::string_view(file).substr(0, size));
    ASSERT_LT(got.size(), records.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], records[i]);
  }
}

TEST(PickRecord, WhatCannotBeIsRefusedWithItsPlace) {
  const auto broken = [](auto change) {
    RecordedSet set = a_set();
    change(set);
    const std::string file = file_of({set});
    auto reader = PickRecordReader::open(file);
    return std::string(reader->next().error().detail());
  };
  EXPECT_EQ(broken([](auto& set) { set.endpoints[1].id = 1; }), "the frame at byte 12 is broken");
  EXPECT_FALSE(broken([](auto& set) { set.endpoints[0].weight = 0; }).empty());
  EXPECT_FALSE(broken([](auto& set) { set.arm = 2; }).empty());
  EXPECT_FALSE(broken([](auto& set) { set.arms.clear(); }).empty());
  EXPECT_FALSE(broken([](auto& set) { set.load_bound = 0; }).empty());
}

TEST(PickRecord, ABrokenByteNeverReadsBeyondItsFrame) {
  const std::string file = file_of(all_kinds());
  for (std::size_t i = pick_record_magic().size(); i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 0xff);
    read_all(changed);  // the sanitizers judge
  }
}

TEST(RngState, GoesOnWhereItWasTaken) {
  base::Rng rng(5);
  rng.next();
  base::Rng other = base::Rng::from_state(rng.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rng.next(), other.next());
}

}  // namespace weir::balance::pick_record_test
