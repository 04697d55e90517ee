#include "http/lane_context.hpp"

#include <cstdio>
#include <ctime>

namespace weir::http {

void DateCache::refresh(base::Time now) noexcept {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  wall_ms_ = base::wall_ms();
  // The line changes with the wall clock's second, so it is kept only to the end of that.
  until_ = now + std::chrono::milliseconds(1000 - wall_ms_ % 1000);
  const std::time_t seconds = wall_ms_ / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char buffer[96];
  std::snprintf(buffer, sizeof buffer, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday],
                utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                utc.tm_sec);
  std::memcpy(text_, buffer, 29);
}

std::string_view DateCache::text(base::Time now) noexcept {
  if (now >= until_) refresh(now);
  return {text_, 29};
}

std::int64_t DateCache::wall_ms(base::Time now) noexcept {
  if (now >= until_) refresh(now);
  return wall_ms_;
}

}  // namespace weir::http
