#include "term/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace weir::term {
namespace {

constexpr std::array<std::string_view, 9> kLevels = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

std::string scaled(double number) {
  constexpr std::array<std::string_view, 4> kUnits = {"k", "M", "G", "T"};
  std::size_t unit = 0;
  number /= 1000;
  while (number >= 999.95 && unit + 1 < kUnits.size()) {
    number /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", number, number < 99.95 ? 1 : 0, kUnits[unit]);
}

// Names and numbers come from an answer: what is no number is none.
double sane(double number) { return std::isfinite(number) && number > 0 ? number : 0; }

}  // namespace

std::string rate_text(double per_second) {
  const double rate = sane(per_second);
  if (rate == 0) return "0";
  if (rate < 99.95) return fmt::format("{:.1f}", std::max(rate, 0.1));
  if (rate < 9999.5) return fmt::format("{:.0f}", rate);
  return scaled(rate);
}

std::string count_text(double count) {
  const double whole = std::floor(sane(count));
  return whole < 100'000 ? fmt::format("{:.0f}", whole) : scaled(whole);
}

std::string ms_text(double ms) {
  const double value = sane(ms);
  if (value == 0) return "-";
  if (value < 9.995) return fmt::format("{:.2f}", std::max(value, 0.01));
  if (value < 99.95) return fmt::format("{:.1f}", value);
  if (value < 9999.5) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}s", value / 1000, value < 99'950 ? 1 : 0);
}

std::string percent_text(double share) {
  const double percent = 100 * sane(share);
  if (percent == 0) return "0";
  if (percent >= 99.95) return "100";
  return fmt::format("{:.1f}", std::max(percent, 0.1));
}

std::string memory_text(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = sane(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, unit > 2 && value < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string age_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::min(sane(seconds), 1e12));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86'400, whole / 3600 % 24);
}

std::string bar(double share, std::size_t width) {
  const double wanted = std::min(sane(share), 1.0) * static_cast<double>(width) * 8;
  const auto eighths = static_cast<std::size_t>(std::lround(wanted));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += kLevels.back();
  std::size_t columns = eighths / 8;
  if (eighths % 8 != 0) {
    out += kEighths[eighths % 8];
    ++columns;
  }
  return out + std::string(width - columns, ' ');
}

std::string sparkline(std::span<const double> values, std::size_t slots, std::size_t width) {
  if (values.size() > slots) values = values.subspan(values.size() - slots);
  const std::size_t missing = slots - values.size();
  // Each column stands for the slots [i * slots / width, …): their mean, over what is there.
  const std::size_t columns = std::min(width, slots);
  std::vector<double> means(columns, -1);
  double highest = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    const std::size_t begin = std::max(i * slots / columns, missing);
    const std::size_t end = (i + 1) * slots / columns;
    if (begin >= end) continue;
    double sum = 0;
    for (std::size_t slot = begin; slot < end; ++slot) sum += sane(values[slot - missing]);
    means[i] = sum / static_cast<double>(end - begin);
    highest = std::max(highest, means[i]);
  }
  std::string out(width - columns, ' ');
  for (const double mean : means) {
    if (mean < 0) {
      out += kLevels[0];
      continue;
    }
    const double level = highest == 0 ? 0 : std::round(mean / highest * 7);
    out += kLevels[1 + static_cast<std::size_t>(level)];
  }
  return out;
}

}  // namespace weir::term
