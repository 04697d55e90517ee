#include "observe/collect.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"

namespace weir::observe {
namespace {

// One pass over `subjects` busy subjects of two lanes: what the control lane spends each second.
void tick(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  base::Rng rng(1);
  std::vector<std::unique_ptr<telemetry::Traffic>> traffic;
  std::vector<std::string> names;
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < count; ++i) {
    traffic.push_back(std::make_unique<telemetry::Traffic>(2));
    names.push_back("service-" + std::to_string(i));
  }
  for (std::size_t i = 0; i < count; ++i) {
    subjects.push_back({.service = names[i], .traffic = traffic[i].get()});
  }
  Collector collector;
  base::Time now{};
  for (auto _ : state) {
    state.PauseTiming();
    for (auto& one : traffic) {
      for (int i = 0; i < 100; ++i) {
        one->lane(i % 2).finish({.status = 200, .duration = base::Duration(rng.below(9'000'000))});
      }
    }
    state.ResumeTiming();
    collector.tick(now += std::chrono::seconds(1), subjects);
  }
}
BENCHMARK(tick)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::observe
