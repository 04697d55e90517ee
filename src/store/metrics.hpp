#pragma once
// Metrics: down-sampled samples, for curves that reach further back than memory does. Whoever
// samples decides how often; reading joins samples into steps.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

struct MetricSample {
  std::int64_t at_ms = 0;
  std::string subject;  ///< "service/app", "endpoint/app/10.0.0.1:80", "weir"
  std::string name;     ///< as in Prometheus: "requests_per_second"
  double value = 0;
};

/// Fails: invalid_argument for a value that is no finite number, or a name that is none.
base::Result<Write> insert(const MetricSample& sample);
/// Many at once: all or none. Fails: invalid_argument as above, also for none and for more than
/// kSamplesMax. Cost: one statement for 64 samples.
base::Result<Write> insert(std::span<const MetricSample> samples);
/// Of one write: about 600 KB of the queue.
inline constexpr std::size_t kSamplesMax = 2'000;

struct MetricQuery {
  std::string subject;
  std::string name;
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;  ///< not included
  std::int64_t step_ms = 10'000;
};

struct MetricPoint {
  std::int64_t at_ms = 0;  ///< a multiple of the step
  double mean = 0;
  double min = 0;
  double max = 0;
  std::int64_t samples = 0;
};

/// More steps than this in a query are refused: no chart shows more.
inline constexpr std::int64_t kMetricPointsMax = 10'000;

/// Oldest first; a step without samples has no point. Fails: invalid_argument; as execute().
/// Cost: looks at every sample of the range, whose ever it is: 0.2 s for a million in SQLite.
base::Result<std::vector<MetricPoint>> read_metric(db::Connection& connection,
                                                   const MetricQuery& query);

}  // namespace weir::store
