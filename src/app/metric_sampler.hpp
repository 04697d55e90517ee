#pragma once
// MetricSampler: every second's numbers become one sample of ten seconds for each service, each
// endpoint and weir itself, so that curves reach further back than memory does. Rates and latencies
// are of the last 10 s already; requests under way and CPU are means of what was seen each second.
//
// Names and units (docs/formats/store.md): requests_per_second, error_ratio, p95_seconds,
// in_flight, cpu_share (of one core), memory_bytes. What nobody knows has no sample: error_ratio
// and p95_seconds without requests, cpu_share and memory_bytes of a server that is not weir's child
// and no container.
// Lane-only (control lane).

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/view_builder.hpp"
#include "store/metrics.hpp"

namespace weir::app {

class MetricSampler {
 public:
  /// The store keeps a day of 200 subjects at this (store/retention.hpp); half of it would be half
  /// a day. Tests wait for one step.
  static constexpr std::int64_t kStepMs = 10'000;
  /// As many as the collector knows; those beyond it have no numbers.
  static constexpr std::size_t kSubjectsMax = 1'000;

  /// Once a second. Empty but for the first second after a multiple of kStepMs, which is the
  /// samples' time.
  std::vector<store::MetricSample> second(const std::vector<control::ServiceEntry>& services,
                                          const LoadTable& loads);

 private:
  struct Sums {
    double in_flight = 0;
    double cpu_share = 0;
    std::uint32_t seconds = 0;
    std::uint32_t cpu_seconds = 0;  // of them, with a known CPU
    void add(const observe::LoadView& load);
    void add_cpu(double percent);
  };

  void add(const std::vector<control::ServiceEntry>& services, const LoadTable& loads);

  std::int64_t step_ = 0;  // the last one begun; 0: none
  Sums all_;
  std::unordered_map<std::string, Sums> services_;
  std::unordered_map<std::uint32_t, Sums> endpoints_;  // by id
};

}  // namespace weir::app
