#pragma once
// ScalerNews: one decision of a scaler with all that it was made from, for the event log and the
// store. Plain values; who takes them writes them down.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scaling/decide.hpp"

namespace weir::control {

/// One metric as it was read.
struct ScalerReading {
  scaling::Metric metric = scaling::Metric::in_flight;
  std::optional<double> average;  ///< of those that are known; absent: none is
  std::uint32_t known = 0;
  std::uint32_t of = 0;          ///< samples that there should be
  std::optional<double> target;  ///< absent: nobody asks for this metric
};

struct ScalerNews {
  base::Time at{};
  std::uint32_t from = 0;
  std::uint32_t to = 0;      ///< from, unless it acts
  std::string_view verdict;  ///< static: scaling's names, "by_hand" or "refused"
  std::string reason;
  bool applied = false;  ///< an operation began
  std::uint32_t min = 1;
  std::uint32_t max = 1;
  std::uint32_t cooldown_s = 0;
  std::vector<ScalerReading> readings;
  std::string by;                     ///< who asked by hand; empty: nobody
  std::optional<std::int64_t> asked;  ///< by hand: for so many
};

/// What `facts` say of each metric, and `config` wants of it.
std::vector<ScalerReading> summarise(const scaling::Facts& facts, const scaling::Config& config);

/// A JSON object: `{"verdict":"scale_up","min":1,"max":4,"cooldown_s":1,"readings":{"in_flight":
/// {"average":6,"target":2,"known":1,"of":1}}}`; by hand also `by` and `asked`.
/// Units: in_flight requests for each endpoint, cpu_share of one core, p95_ms.
std::string facts_json(const ScalerNews& news);

/// "in_flight 6, cpu_share 0.41, p95_ms 12.5", those that are known.
std::string reading_text(const std::vector<ScalerReading>& readings);
/// The same of the targets; "none".
std::string target_text(const std::vector<ScalerReading>& readings);

}  // namespace weir::control
