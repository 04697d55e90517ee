#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace weir::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kDurationUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
    Unit{"d", 86'400'000'000'000},
};

constexpr std::array kByteUnits = {
    Unit{"B", 1},      Unit{"KiB", 1ull << 10}, Unit{"MiB", 1ull << 20},   Unit{"GiB", 1ull << 30},
    Unit{"KB", 1'000}, Unit{"MB", 1'000'000},   Unit{"GB", 1'000'000'000},
};

// number = 1*DIGIT [ "." 1*9DIGIT ] unit; the value in the unit's base, rounded down.
Result<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                      std::uint64_t limit, std::string_view expected) {
  const auto bad = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("'{}' {}; expected {}", text, why, expected));
  };
  std::size_t i = 0;
  std::uint64_t whole = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
    if (whole > limit / 10) return bad("is too large");
    whole = whole * 10 + static_cast<std::uint64_t>(text[i++] - '0');
  }
  if (i == 0) return bad("does not start with a digit");
  double fraction = 0;
  if (i < text.size() && text[i] == '.') {
    const std::size_t dot = i++;
    double scale = 0.1;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9' && i - dot <= 9) {
      fraction += scale * (text[i++] - '0');
      scale /= 10;
    }
    if (i == dot + 1) return bad("has no digit after the point");
  }
  const std::string_view unit = text.substr(i);
  if (unit.empty()) {
    if (whole == 0 && fraction == 0) return 0;
    return bad("has no unit");
  }
  for (const Unit& candidate : units) {
    if (candidate.name != unit) continue;
    if (whole > limit / candidate.factor) return bad("is too large");
    const double extra = fraction * static_cast<double>(candidate.factor);
    return whole * candidate.factor + static_cast<std::uint64_t>(std::llround(extra));
  }
  return bad("has an unknown unit");
}

std::string format_with_unit(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0 && unit.factor > best->factor) best = &unit;
  }
  return fmt::format("{}{}", value / best->factor, best->name);
}

// Optimal string alignment: insertions, deletions, changes and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> d((a.size() + 1) * width);
  for (std::size_t i = 0; i <= a.size(); ++i) d[i * width] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]) ? 0 : 1;
      std::size_t best = std::min({d[(i - 1) * width + j] + 1, d[i * width + j - 1] + 1,
                                   d[(i - 1) * width + j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, d[(i - 2) * width + j - 2] + 1);
      }
      d[i * width + j] = best;
    }
  }
  return d.back();
}

}  // namespace

std::optional<std::uint64_t> parse_uint(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

Result<Duration> parse_duration(std::string_view text) {
  constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  WEIR_TRY(const std::uint64_t ns,
           parse_with_unit(text, kDurationUnits, kLimit, "a duration such as 250ms, 10s or 5m"));
  return Duration(static_cast<std::int64_t>(ns));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_with_unit(text, kByteUnits, 1ull << 62, "a size such as 512B, 64KiB or 10MiB");
}

std::string format_duration(Duration duration) {
  if (duration.count() == 0) return "0s";
  return format_with_unit(static_cast<std::uint64_t>(duration.count()), kDurationUnits);
}

std::string format_bytes(std::uint64_t bytes) {
  return format_with_unit(bytes, std::span(kByteUnits).first(4));
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    const std::size_t allowed =
        std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (d <= allowed && d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace weir::base
