#include "control/scaler_news.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"

namespace weir::control {
namespace {

// With the unit, as in a file; scaling's own names are for sentences.
std::string_view word(scaling::Metric metric) noexcept {
  switch (metric) {
    case scaling::Metric::in_flight:
      return "in_flight";
    case scaling::Metric::cpu:
      return "cpu_share";
    case scaling::Metric::p95:
      return "p95_ms";
  }
  return "";
}

// More digits than these are noise, and make a row long.
double shortened(double value) noexcept { return std::round(value * 10'000) / 10'000; }

std::string listed(const std::vector<ScalerReading>& readings,
                   std::optional<double> ScalerReading::* figure) {
  std::string out;
  for (const ScalerReading& each : readings) {
    if (!(each.*figure)) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", word(each.metric),
                       shortened(*(each.*figure)));
  }
  return out.empty() ? "none" : out;
}

}  // namespace

std::vector<ScalerReading> summarise(const scaling::Facts& facts, const scaling::Config& config) {
  std::vector<ScalerReading> out;
  for (const scaling::Reading& reading : facts.readings) {
    ScalerReading told{.metric = reading.metric,
                       .of = static_cast<std::uint32_t>(reading.samples.size())};
    double sum = 0;
    for (const scaling::Sample& sample : reading.samples) {
      if (!sample.value || sample.is_warming || !std::isfinite(*sample.value)) continue;
      sum += *sample.value;
      ++told.known;
    }
    if (told.known > 0) told.average = sum / told.known;
    const auto target = std::ranges::find(config.targets, reading.metric, &scaling::Target::metric);
    if (target != config.targets.end()) told.target = target->value;
    out.push_back(told);
  }
  return out;
}

std::string facts_json(const ScalerNews& news) {
  base::json::object readings;
  for (const ScalerReading& each : news.readings) {
    base::json::object told;
    if (each.average) told["average"] = shortened(*each.average);
    if (each.target) told["target"] = shortened(*each.target);
    told["known"] = each.known;
    told["of"] = each.of;
    readings[word(each.metric)] = std::move(told);
  }
  base::json::object out{{"verdict", news.verdict},
                         {"min", news.min},
                         {"max", news.max},
                         {"cooldown_s", news.cooldown_s},
                         {"readings", std::move(readings)}};
  if (!news.by.empty()) out["by"] = news.by;
  if (news.asked) out["asked"] = *news.asked;
  return base::to_text(out);
}

std::string reading_text(const std::vector<ScalerReading>& readings) {
  return listed(readings, &ScalerReading::average);
}

std::string target_text(const std::vector<ScalerReading>& readings) {
  return listed(readings, &ScalerReading::target);
}

}  // namespace weir::control
