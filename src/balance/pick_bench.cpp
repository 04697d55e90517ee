// ns per pick through Policy::pick, all counters at a few attempts, nothing tried.
// Arguments: endpoints. The goals at 1,000: round_robin, random_two and consistent_hash < 100 ns,
// the others < 1 us (balancing.md, section 17).

#include <benchmark/benchmark.h>

#include "balance/hash_ring.hpp"
#include "balance/maglev_table.hpp"
#include "balance/pick_trial.hpp"

namespace weir::balance {
namespace {

enum class Load { some, idle, busy };

struct Bench {
  explicit Bench(std::size_t n, std::vector<float> weights, Load load = Load::some)
      : set(weights.empty() ? TrialSet(n) : TrialSet(weights)) {
    base::Rng rng(7);
    const std::uint32_t most = load == Load::some ? 8 : load == Load::busy ? 1000 : 1;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t each = rng.below(most) + (load == Load::busy ? 1 : 0);
      set.load(set.id(i)) = each;
      sum += each;
      scores.push_back(50 + 50 * rng.unit());
    }
    service = sum;
    lane.tables.service_in_flight = &service;
    lane.tables.scores = scores;
    lane.facts.sync(set.view());
    for (std::size_t i = 0; i < n; ++i) {
      lane.facts.sample(i, std::chrono::milliseconds(1 + rng.below(50)), lane.now);
    }
  }

  void run(benchmark::State& state, Policy policy) {
    std::uint64_t key = 1;
    for (auto _ : state) {
      lane.now += base::Duration(20'000);
      key = base::mix64(key + 1);
      benchmark::DoNotOptimize(policy.pick(lane.input(set, key)));
    }
  }

  TrialSet set;
  Lane lane;
  std::vector<double> scores;
  std::atomic<std::uint32_t> service{0};
};

std::vector<float> mixed(std::size_t n) {
  std::vector<float> out(n, 1);
  for (std::size_t i = 0; i < n; i += 3) out[i] = 2.5;
  return out;
}

void pick(benchmark::State& state, Algorithm algorithm, bool weighted, Load load) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Bench bench(n, weighted ? mixed(n) : std::vector<float>{}, load);
  bench.run(state, Policy(algorithm));
}

void ring(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Bench bench(n, {});
  const HashRing table(bench.set.identities(), bench.set.weights());
  bench.lane.tables.ring = &table;
  bench.run(state, Policy(Algorithm::consistent_hash));
}
void maglev(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  Bench bench(n, {});
  const MaglevTable table(bench.set.identities(), bench.set.weights());
  bench.lane.tables.maglev = &table;
  bench.run(state, Policy(Algorithm::consistent_hash));
}

template <class Table>
void lookup(benchmark::State& state) {
  const TrialSet set(static_cast<std::size_t>(state.range(0)));
  const Table table(set.identities(), set.weights());
  std::uint64_t key = 1;
  for (auto _ : state) benchmark::DoNotOptimize(table.owner(table.find(key++)));
}
template <class Table>
void build(benchmark::State& state) {
  const TrialSet set(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::uint64_t> identities = set.identities();
  for (auto _ : state) benchmark::DoNotOptimize(Table(identities, set.weights()).size());
}

void sizes(benchmark::internal::Benchmark* bench) { bench->Arg(3)->Arg(100)->Arg(1000); }

using enum Algorithm;
BENCHMARK_CAPTURE(pick, round_robin, round_robin, false, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, random_two, random_two, false, Load::some)->Apply(sizes);
BENCHMARK(ring)->Apply(sizes);
BENCHMARK(maglev)->Apply(sizes);
BENCHMARK_CAPTURE(pick, response_time, response_time, false, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, least_response_time, least_response_time, false, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, weighted, weighted, true, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, least_connections, least_connections, false, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, least_connections_idle, least_connections, false, Load::idle)->Apply(sizes);
BENCHMARK_CAPTURE(pick, least_connections_busy, least_connections, true, Load::busy)->Apply(sizes);
BENCHMARK_CAPTURE(pick, ip_hash, ip_hash, false, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, ip_hash_weighted, ip_hash, true, Load::some)->Apply(sizes);
BENCHMARK_CAPTURE(pick, round_robin_ramp, round_robin, true, Load::some)->Apply(sizes);
BENCHMARK(lookup<HashRing>)->Apply(sizes);
BENCHMARK(lookup<MaglevTable>)->Apply(sizes);
BENCHMARK(build<HashRing>)->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(build<MaglevTable>)->Apply(sizes)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace weir::balance
