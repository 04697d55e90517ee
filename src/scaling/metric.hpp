#pragma once
// Metric: what one figure of a service says about how many endpoints it needs.
//
//   wanted = ceil(current x average / target)
//
// 1. A ratio within 1 +- tolerance asks for no change.
// 2. An endpoint without a sample counts as the target when the answer would be fewer, and as 0
//    when it would be more; if that turns the answer round, there is none. An endpoint in warm-up
//    is such a one: what it carries now says nothing yet.
// 3. Fewer than half of the endpoints with a sample is no knowledge: it asks for nothing, and the
//    service must not shrink meanwhile (is_blind).
// Pure. Source: balancing.md, section 8; the formula is that of Kubernetes'
// HorizontalPodAutoscaler.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::scaling {

enum class Metric : std::uint8_t {
  in_flight,  ///< requests under way at an endpoint
  cpu,        ///< share of one core, 1 = all of it
  p95,        ///< latency in ms; of the whole service, since percentiles are never averaged
};
/// "in flight". Lifetime: static.
std::string_view name(Metric metric) noexcept;

struct Target {
  Metric metric = Metric::in_flight;
  double value = 40;  ///< > 0
  bool operator==(const Target&) const = default;
};

/// One endpoint's figure, absent when it is not known.
struct Sample {
  std::optional<double> value;
  bool is_warming = false;  ///< too new for its figure to mean anything
};

struct Advice {
  std::uint32_t wanted = 0;  ///< before steps and bounds; `current` for no change
  bool is_blind = false;     ///< too little is known
  std::string arithmetic;    ///< "in flight 60 against 40: 3 x 60/40 = 4.5, so 5"
};

/// Requires: target.value > 0; samples: one for each of the `current` endpoints, or one for the
/// service as a whole. A value that is not a number >= 0 counts as missing.
Advice advise(const Target& target, std::span<const Sample> samples, std::uint32_t current,
              double tolerance);

}  // namespace weir::scaling
