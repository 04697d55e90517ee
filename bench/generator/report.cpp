#include "generator/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace generator {
namespace {

/// Microseconds; the smallest value that `share` of the samples do not exceed. 0 without samples.
double percentile_us(const std::vector<std::uint64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[std::min(rank, sorted.size() - 1)]) / 1e3;
}

}  // namespace

void Report::finish() {
  std::sort(latency_ns.begin(), latency_ns.end());
  std::sort(lag_ns.begin(), lag_ns.end());
}

std::string Report::json() const {
  std::array<char, 1024> line;
  const double seconds = static_cast<double>(wall_ns) / 1e9;
  const int size = std::snprintf(
      line.data(), line.size(),
      "{\"done\":%ju,\"errors\":%ju,\"error_kinds\":{\"connect\":%ju,\"closed\":%ju,"
      "\"status\":%ju,\"body\":%ju,\"unanswered\":%ju},\"seconds\":%.4f,\"rate\":%.1f,"
      "\"p50_us\":%.1f,\"p90_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,"
      "\"max_us\":%.1f,\"lag_p99_us\":%.1f,\"cpu_seconds\":%.4f}",
      static_cast<std::uintmax_t>(done), static_cast<std::uintmax_t>(errors.total()),
      static_cast<std::uintmax_t>(errors.connect), static_cast<std::uintmax_t>(errors.closed),
      static_cast<std::uintmax_t>(errors.status), static_cast<std::uintmax_t>(errors.body),
      static_cast<std::uintmax_t>(errors.unanswered), seconds,
      seconds > 0 ? static_cast<double>(done) / seconds : 0, percentile_us(latency_ns, 0.5),
      percentile_us(latency_ns, 0.9), percentile_us(latency_ns, 0.95),
      percentile_us(latency_ns, 0.99), percentile_us(latency_ns, 0.999),
      percentile_us(latency_ns, 1), percentile_us(lag_ns, 0.99), static_cast<double>(cpu_ns) / 1e9);
  return {line.data(), static_cast<std::size_t>(size)};
}

std::string Report::text() const {
  std::array<char, 1024> lines;
  const double seconds = static_cast<double>(wall_ns) / 1e9;
  int size = std::snprintf(
      lines.data(), lines.size(),
      "done %ju, errors %ju (connect %ju, closed %ju, status %ju, body %ju, unanswered %ju)\n"
      "%.2f s, %.0f requests/s, generator CPU %.2f s\n"
      "latency us: p50 %.0f  p90 %.0f  p95 %.0f  p99 %.0f  p999 %.0f  max %.0f",
      static_cast<std::uintmax_t>(done), static_cast<std::uintmax_t>(errors.total()),
      static_cast<std::uintmax_t>(errors.connect), static_cast<std::uintmax_t>(errors.closed),
      static_cast<std::uintmax_t>(errors.status), static_cast<std::uintmax_t>(errors.body),
      static_cast<std::uintmax_t>(errors.unanswered), seconds,
      seconds > 0 ? static_cast<double>(done) / seconds : 0, static_cast<double>(cpu_ns) / 1e9,
      percentile_us(latency_ns, 0.5), percentile_us(latency_ns, 0.9),
      percentile_us(latency_ns, 0.95), percentile_us(latency_ns, 0.99),
      percentile_us(latency_ns, 0.999), percentile_us(latency_ns, 1));
  std::string text(lines.data(), static_cast<std::size_t>(size));
  if (!lag_ns.empty()) {
    size = std::snprintf(lines.data(), lines.size(), "\ngenerator lag us: p99 %.0f  max %.0f",
                         percentile_us(lag_ns, 0.99), percentile_us(lag_ns, 1));
    text.append(lines.data(), static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace generator
