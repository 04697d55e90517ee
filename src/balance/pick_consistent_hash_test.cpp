#include "balance/pick_consistent_hash.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "balance/hash_ring.hpp"
#include "balance/maglev_table.hpp"
#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace pick_consistent_hash_test {

enum class Kind { ring, maglev, none };

/// A set, its tables and a service counter.
struct Service {
  explicit Service(Kind k, const std::vector<float>& weights) : kind(k), set(weights) { build(); }
  void build() {
    ring.reset();
    maglev.reset();
    if (kind == Kind::ring) ring = std::make_unique<HashRing>(set.identities(), set.weights());
    if (kind == Kind::maglev) {
      maglev = std::make_unique<MaglevTable>(set.identities(), set.weights());
    }
    lane.tables.ring = ring.get();
    lane.tables.maglev = maglev.get();
    lane.tables.service_in_flight = &in_flight;
  }
  std::uint32_t send(std::uint64_t key) {
    const std::uint32_t id = lane.pick(policy, set, key);
    if (id == 0) return 0;
    ++set.load(id);
    ++in_flight;
    return id;
  }

  Kind kind;
  TrialSet set;
  std::unique_ptr<HashRing> ring;
  std::unique_ptr<MaglevTable> maglev;
  std::atomic<std::uint32_t> in_flight{0};
  Lane lane;
  Policy policy{Algorithm::consistent_hash};
};

std::uint32_t capacity(std::uint32_t m, double weight, double total) {
  return static_cast<std::uint32_t>(std::ceil(1.25 * (m + 1) * weight / total - 1e-5));
}

TEST(PickConsistentHash, NoLoadMeansTheKeysOwner) {
  Service service(Kind::ring, std::vector<float>(10, 1));
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const std::size_t owner = service.ring->owner(service.ring->find(key));
    ASSERT_EQ(service.lane.pick(service.policy, service.set, key), service.set.id(owner));
  }
  Service table(Kind::maglev, std::vector<float>(10, 1));
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const std::size_t owner = table.maglev->owner(table.maglev->find(key));
    ASSERT_EQ(table.lane.pick(table.policy, table.set, key), table.set.id(owner));
  }
}

TEST(PickConsistentHash, RemovalMovesNoSurvivorsKey) {
  Service service(Kind::ring, std::vector<float>(12, 1));
  std::vector<std::uint32_t> before;
  for (std::uint64_t key = 0; key < 20'000; ++key) {
    before.push_back(service.lane.pick(service.policy, service.set, key));
  }
  service.set.remove(5);
  service.build();
  int moved = 0;
  for (std::uint64_t key = 0; key < 20'000; ++key) {
    const std::uint32_t id = service.lane.pick(service.policy, service.set, key);
    if (before[key] == 5) {
      ++moved;
    } else {
      ASSERT_EQ(id, before[key]);
    }
  }
  EXPECT_LE(moved / 20'000.0, 1 / 12.0 + 0.02);
}

TEST(PickConsistentHash, AtEachAssignmentOfAOneKeyFloodLoadIsWithinCapacity) {
  for (const Kind kind : {Kind::ring, Kind::maglev}) {
    for (const auto& weights : {std::vector<float>(10, 1), std::vector<float>{1, 2, 3, 0.5f},
                                std::vector<float>(1000, 1), std::vector<float>{1}}) {
      Service service(kind, weights);
      double total = 0;
      for (const float weight : weights) total += static_cast<double>(weight);
      const int flood = static_cast<int>(3 * weights.size()) + 50;
      for (int i = 0; i < flood; ++i) {
        const std::uint32_t m = service.in_flight;
        const std::uint32_t id = service.send(7);
        ASSERT_NE(id, 0u);
        const auto weight = static_cast<double>(weights[id - 1]);
        ASSERT_LE(service.set.load(id), capacity(m, weight, total))
            << i << " of " << weights.size();
      }
    }
  }
}

TEST(PickConsistentHash, AHotKeyOverflowsAndComesBack) {
  Service service(Kind::ring, std::vector<float>(10, 1));
  const std::uint32_t owner = service.send(7);
  const std::uint32_t neighbour = service.send(7);
  EXPECT_NE(neighbour, owner);  // ceil(1.25 x 2/10) = 1 is in use
  service.set.load(owner) = 0;
  service.in_flight = 1;
  EXPECT_EQ(service.send(7), owner);
}

TEST(PickConsistentHash, WithoutAServiceCounterTheCandidatesAreSummed) {
  Service service(Kind::ring, std::vector<float>(4, 1));
  service.lane.tables.service_in_flight = nullptr;
  for (int i = 0; i < 40; ++i) {
    const std::uint32_t m = service.in_flight;
    const std::uint32_t id = service.send(9);
    ASSERT_LE(service.set.load(id), capacity(m, 1, 4));
  }
}

TEST(PickConsistentHash, CountersThatContradictEachOtherStillGiveSomebody) {
  Service service(Kind::ring, std::vector<float>(4, 1));
  for (std::uint32_t id = 1; id <= 4; ++id) service.set.load(id) = 10 + id;
  service.in_flight = 0;
  EXPECT_EQ(service.lane.pick(service.policy, service.set, 3), 1u);  // the least loaded
  service.lane.tried.add(1);
  EXPECT_EQ(service.lane.pick(service.policy, service.set, 3), 2u);
}

TEST(PickConsistentHash, ARetryGoesOnClockwise) {
  for (const Kind kind : {Kind::ring, Kind::maglev, Kind::none}) {
    Service service(kind, std::vector<float>(5, 1));
    for (std::uint64_t key = 0; key < 200; ++key) {
      service.lane.tried = Tried();
      std::map<std::uint32_t, int> seen;
      for (int i = 0; i < 5; ++i) {
        const std::uint32_t id = service.lane.pick(service.policy, service.set, key);
        ++seen[id];
        service.lane.tried.add(id);
      }
      ASSERT_EQ(seen.size(), 5u);
      ASSERT_EQ(service.lane.pick(service.policy, service.set, key), 0u);
    }
  }
}

TEST(PickConsistentHash, WithoutATableKeysStayAsWell) {
  Service service(Kind::none, std::vector<float>(6, 1));
  std::vector<std::uint32_t> before;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    before.push_back(service.lane.pick(service.policy, service.set, key));
  }
  service.set.remove(2);
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const std::uint32_t id = service.lane.pick(service.policy, service.set, key);
    if (before[key] == 2) continue;
    ASSERT_EQ(id, before[key]);
  }
}

TEST(PickConsistentHash, ATableOfAnotherSetIsIgnored) {
  Service service(Kind::ring, std::vector<float>(6, 1));
  service.set.remove(6);  // and the ring is not rebuilt
  for (std::uint64_t key = 0; key < 1000; ++key) {
    ASSERT_NE(service.lane.pick(service.policy, service.set, key), 0u);
  }
}

TEST(PickConsistentHash, ExplainsThePlaceOfEach) {
  for (const Kind kind : {Kind::ring, Kind::maglev, Kind::none}) {
    Service service(kind, std::vector<float>(5, 1));
    for (std::uint64_t key = 0; key < 30; ++key) service.send(key);
    std::vector<double> scores(5);
    for (std::uint64_t key = 0; key < 300; ++key) {
      service.policy.explain(service.lane.input(service.set, key), scores);
      const auto first = std::min_element(scores.begin(), scores.end()) - scores.begin();
      ASSERT_EQ(service.policy.pick(service.lane.input(service.set, key)),
                static_cast<std::size_t>(first));
    }
  }
}

}  // namespace pick_consistent_hash_test
}  // namespace weir::balance
