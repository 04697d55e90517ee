#include "scaling/metric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weir::scaling {
namespace {

// No service is asked to grow to more, whatever a figure says: it keeps ceil() within its type.
constexpr double kWantedMax = 1'000'000;

bool is_known(const Sample& sample) noexcept {
  return sample.value && !sample.is_warming && std::isfinite(*sample.value) && *sample.value >= 0;
}

std::string shown(Metric metric, double value) {
  switch (metric) {
    case Metric::in_flight:
      return fmt::format("{:.3g}", value);
    case Metric::cpu:
      return fmt::format("{:.0f} %", value * 100);
    case Metric::p95:
      return fmt::format("{:.3g} ms", value);
  }
  return {};
}

// A product such as 3 x 1.1 must not be rounded up for its last bit.
std::uint32_t round_up(double wanted) noexcept {
  return static_cast<std::uint32_t>(std::ceil(std::clamp(wanted, 0.0, kWantedMax) - 1e-6));
}

}  // namespace

std::string_view name(Metric metric) noexcept {
  switch (metric) {
    case Metric::in_flight:
      return "in flight";
    case Metric::cpu:
      return "CPU";
    case Metric::p95:
      return "p95";
  }
  return "";
}

Advice advise(const Target& target, std::span<const Sample> samples, std::uint32_t current,
              double tolerance) {
  const auto all = static_cast<double>(samples.size());
  double sum = 0;
  double known = 0;
  for (const Sample& sample : samples) {
    if (!is_known(sample)) continue;
    sum += *sample.value;
    ++known;
  }
  const std::string_view what = name(target.metric);
  if (known == 0 || 2 * known < all) {
    return {current, true,
            fmt::format("{} is known of {} of {}, which is too few", what, known, all)};
  }
  const double seen = sum / known / target.value;
  double ratio = seen;
  std::string filled;
  if (known < all && seen != 1) {
    const double filler = seen < 1 ? target.value : 0;
    ratio = (sum + filler * (all - known)) / all / target.value;
    filled = fmt::format(" ({} without a figure count as {})", all - known,
                         shown(target.metric, filler));
  }
  const std::string against =
      fmt::format("{} {} against {}{}", what, shown(target.metric, ratio * target.value),
                  shown(target.metric, target.value), filled);
  if (std::abs(ratio - 1) <= tolerance + 1e-9) {
    return {current, false,
            fmt::format("{} is a ratio of {:.2f}, near enough to 1", against, ratio)};
  }
  if ((ratio > 1) != (seen > 1)) {
    return {
        current, false,
        fmt::format("{} is a ratio of {:.2f}, but {:.2f} where it is known", against, ratio, seen)};
  }
  const double exact = static_cast<double>(current) * ratio;
  const std::uint32_t wanted = round_up(exact);
  return {wanted, false,
          fmt::format("{}: {} x {:.2f} = {:.1f}, so {}", against, current, ratio, exact, wanted)};
}

}  // namespace weir::scaling
