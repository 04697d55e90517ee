#include "telemetry/histogram.hpp"

#include <benchmark/benchmark.h>

#include <array>

#include "base/rng.hpp"
#include "telemetry/traffic.hpp"

namespace weir::telemetry {
namespace {

template <class H>
void record(benchmark::State& state) {
  H histogram;
  base::Rng rng(1);
  std::array<base::Duration, 1024> values;
  for (auto& value : values) value = base::Duration(rng.below(50'000'000));
  std::size_t i = 0;
  for (auto _ : state) histogram.record(values[i++ & 1023]);
}
BENCHMARK(record<Histogram>);
BENCHMARK(record<ReportHistogram>);

template <class H>
void snapshot_and_percentile(benchmark::State& state) {
  H histogram;
  base::Rng rng(1);
  for (int i = 0; i < 10'000; ++i) histogram.record(base::Duration(rng.below(50'000'000)));
  for (auto _ : state) benchmark::DoNotOptimize(histogram.snapshot().percentile(0.99));
}
BENCHMARK(snapshot_and_percentile<Histogram>);
BENCHMARK(snapshot_and_percentile<ReportHistogram>);

void finish_exchange(benchmark::State& state) {
  TrafficCounters counters;
  Finished exchange{.status = 200,
                    .reason = Reason::ok,
                    .duration = base::Duration(70'000),
                    .bytes_in = 128,
                    .bytes_out = 256};
  for (auto _ : state) {
    benchmark::DoNotOptimize(exchange);
    counters.begin();
    counters.finish(exchange);
  }
}
BENCHMARK(finish_exchange);

}  // namespace
}  // namespace weir::telemetry
