#include "simulate/replay.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "balance/hash_ring.hpp"
#include "balance/policy.hpp"

namespace weir::simulate::replay_test {

using balance::Algorithm;

/// Picks as a gateway's lane makes them, written down on the way.
class RecordedLane {
 public:
  RecordedLane(std::uint16_t lane, std::vector<Algorithm> arms, std::uint64_t seed)
      : head_{lane, 1}, arms_(std::move(arms)), rng_(seed) {
    for (const Algorithm each : arms_) pickers_.emplace_back(each, balance::PolicyOptions{lane});
    join(8);
  }

  // Another set: endpoints 1..n, of which one in three is gone in every other set.
  void join(std::uint32_t n) {
    ++generation_;
    balance::RecordedSet set{.head = head_, .policy = 1, .generation = generation_, .arms = arms_};
    ids_.clear();
    weights_.clear();
    identities_.clear();
    for (std::uint32_t id = 1; id <= n; ++id) {
      if (generation_ % 2 == 0 && id % 3 == 0) continue;
      ids_.push_back(id);
      weights_.push_back(static_cast<float>(1 + id % 3));
      identities_.push_back(id * 7919);
      set.endpoints.push_back({.id = id,
                               .weight = weights_.back(),
                               .table_weight = weights_.back(),
                               .identity = identities_.back()});
    }
    loads_ = std::make_unique<std::atomic<std::uint32_t>[]>(ids_.size());
    pointers_.clear();
    for (std::size_t i = 0; i < ids_.size(); ++i) pointers_.push_back(&loads_[i]);
    ring_ = std::make_unique<balance::HashRing>(identities_, weights_);
    append_record(out, set);
  }

  void pick() {
    balance::RecordedPick record{.head = head_, .now = now_ += std::chrono::microseconds(700)};
    record.arm = static_cast<std::uint16_t>(rng_.below(static_cast<std::uint32_t>(arms_.size())));
    record.key = rng_.next();
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      loads_[i] = rng_.below(6);
      record.in_flight.push_back(loads_[i]);
    }
    service_in_flight_ = record.service_in_flight = rng_.below(30);
    record.rng = rng_.state();
    balance::PickTables tables;
    tables.ring = ring_.get();
    tables.identities = identities_;
    tables.service_in_flight = &service_in_flight_;
    const balance::Candidates among{.generation = generation_,
                                    .ids = ids_,
                                    .weights = weights_,
                                    .equal_weights = false,
                                    .in_flight = pointers_};
    const std::size_t index =
        pickers_[record.arm].pick({among, {}, facts_, now_, rng_, record.key, tables});
    record.chosen = ids_.at(index);
    append_record(out, record);
    const bool failed = rng_.below(10) == 0;
    const base::Duration took = std::chrono::microseconds(100 + rng_.below(5000));
    const base::Duration p95 = std::chrono::milliseconds(4);
    append_record(out, balance::RecordedLearn{head_, record.chosen, failed, took, p95, now_});
    if (failed) {
      facts_.sample_failure(facts_.index_of(record.chosen), took, p95, now_);
      for (balance::Policy& each : pickers_) each.failed(record.chosen);
    } else {
      facts_.sample(facts_.index_of(record.chosen), took, now_);
    }
  }

  std::string out;

 private:
  balance::RecordHead head_;
  std::vector<Algorithm> arms_;
  base::Rng rng_;
  std::vector<balance::Policy> pickers_;
  balance::EndpointFacts facts_;
  std::uint64_t generation_ = 0;
  std::vector<std::uint32_t> ids_;
  std::vector<float> weights_;
  std::vector<std::uint64_t> identities_;
  std::unique_ptr<balance::HashRing> ring_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> loads_;
  std::vector<const std::atomic<std::uint32_t>*> pointers_;
  std::atomic<std::uint32_t> service_in_flight_{0};
  base::Time now_{std::chrono::seconds(1)};
};

const std::vector<Algorithm> kEvery = {Algorithm::round_robin,       Algorithm::weighted,
                                       Algorithm::least_connections, Algorithm::least_response_time,
                                       Algorithm::ip_hash,           Algorithm::consistent_hash,
                                       Algorithm::random_two,        Algorithm::response_time};

std::string recorded(int picks) {
  std::string file = balance::pick_record_magic();
  for (const std::uint16_t lane : {0, 1, 2}) {
    RecordedLane made(lane, kEvery, 11u + lane);
    for (int i = 0; i < picks; ++i) {
      if (i % 50 == 49) made.join(5 + static_cast<std::uint32_t>(i) % 7);
      made.pick();
    }
    file += made.out;
  }
  return file;
}

TEST(Replay, EveryAlgorithmPicksTheSameAgainOnAnyNumberOfThreads) {
  const std::string file = recorded(2000);
  for (const unsigned threads : {1u, 2u, 5u}) {
    const auto result = replay(file, threads);
    ASSERT_TRUE(result) << result.error().detail();
    EXPECT_EQ(result->picks, 6000u);
    EXPECT_EQ(result->identical, 6000u);
    EXPECT_EQ(result->lanes, 3u);
    EXPECT_EQ(result->by_algorithm.size(), kEvery.size());
    EXPECT_TRUE(result->divergences.empty());
  }
}

TEST(Replay, AChangedFactChangesPicksAndIsReported) {
  std::string file = balance::pick_record_magic();
  auto reader = balance::PickRecordReader::open(recorded(300));
  const std::string source = recorded(300);
  reader = balance::PickRecordReader::open(source);
  while (!reader->at_end()) {
    auto record = *reader->next();
    if (auto* pick = std::get_if<balance::RecordedPick>(&record)) pick->chosen = 99;
    append_record(file, record);
  }
  const auto result = replay(file, 1);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->identical, 0u);
  ASSERT_EQ(result->divergences.size(), ReplayResult::kShown);
  EXPECT_EQ(result->divergences.front().recorded, 99u);
  EXPECT_EQ(result->divergences.front().number, 1u);
}

TEST(Replay, APickWithoutItsSetIsRefused) {
  std::string file = balance::pick_record_magic();
  append_record(file, balance::RecordedPick{.head = {2, 1}});
  const auto result = replay(file, 1);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().detail().find("lane 2, service 1"), std::string_view::npos);
}

}  // namespace weir::simulate::replay_test
