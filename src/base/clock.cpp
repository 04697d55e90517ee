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

}  // namespace weir::base
