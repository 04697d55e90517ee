#include "base/clock.hpp"

#include <cstdio>
#include <ctime>

namespace weir::base {
namespace {

Time read(clockid_t id) noexcept {
  timespec ts{};
  clock_gettime(id, &ts);
  return Time(std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec));
}

}  // namespace

Time real_now() noexcept { return read(CLOCK_MONOTONIC); }

Time real_now_coarse() noexcept { return read(CLOCK_MONOTONIC_COARSE); }

std::int64_t wall_ms() noexcept {
  timespec ts{};
  clock_gettime(CLOCK_REALTIME, &ts);
  return std::int64_t{ts.tv_sec} * 1000 + ts.tv_nsec / 1'000'000;
}

WallText rfc3339(std::int64_t wall_ms) noexcept {
  std::time_t seconds = wall_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  WallText out{};
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(wall_ms % 1000));
  for (std::size_t i = 0; i < sizeof out.text - 1; ++i) out.text[i] = buffer[i];
  return out;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kForm.size() + 1 || text.back() != 'Z') return std::nullopt;
  int numbers[6] = {};
  int at = 0;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] != 'd') {
      if (text[i] != kForm[i]) return std::nullopt;
      ++at;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    numbers[at] = numbers[at] * 10 + (text[i] - '0');
  }
  std::int64_t ms = 0;
  std::string_view fraction = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 10) return std::nullopt;
    fraction.remove_prefix(1);
    std::int64_t worth = 100;
    for (const char c : fraction) {
      if (c < '0' || c > '9') return std::nullopt;
      ms += (c - '0') * worth;
      worth /= 10;
    }
  }
  const std::chrono::year_month_day day{std::chrono::year(numbers[0]),
                                        std::chrono::month(static_cast<unsigned>(numbers[1])),
                                        std::chrono::day(static_cast<unsigned>(numbers[2]))};
  if (!day.ok() || numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(day).time_since_epoch();
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(days).count() +
                               numbers[3] * 3600 + numbers[4] * 60 + numbers[5];
  return seconds * 1000 + ms;
}

}  // namespace weir::base
