#include "lab/web_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::lab {
namespace {

std::string_view known_method(std::string_view method) noexcept {
  static constexpr std::string_view kKnown[] = {"GET",   "HEAD",   "POST",   "PUT",
                                                "PATCH", "DELETE", "OPTIONS"};
  const auto* found = std::find(std::begin(kKnown), std::end(kKnown), method);
  return found != std::end(kKnown) ? *found : "other";
}

void add_family(std::string& out, std::string_view name, std::string_view type,
                std::string_view help) {
  out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

}  // namespace

void WebMetrics::count(std::string_view method, std::uint16_t status, base::Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  ++requests_;
  if (status >= 500) ++failed_;
  seconds_ += seconds;
  const auto* bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  ++buckets_[static_cast<std::size_t>(bound - kBounds.begin())];
  ++by_method_[{known_method(method), status}];
}

std::string WebMetrics::text(base::Time now, std::uint64_t rss_bytes) const {
  std::string out;
  add_family(out, "uptime_seconds", "gauge", "Time since the service started.");
  out += fmt::format("uptime_seconds {:.3f}\n", base::to_ms(now - started_) / 1000);
  add_family(out, "requests_total", "counter", "Requests answered.");
  out += fmt::format("requests_total {}\n", requests_);
  add_family(out, "requests_failed_total", "counter", "Requests answered with 500 or above.");
  out += fmt::format("requests_failed_total {}\n", failed_);
  add_family(out, "http_requests_total", "counter", "Requests by method and status.");
  for (const auto& [key, number] : by_method_) {
    out += fmt::format("http_requests_total{{method=\"{}\",status=\"{}\"}} {}\n", key.first,
                       key.second, number);
  }
  constexpr std::string_view kLatency = "http_request_duration_seconds";
  add_family(out, kLatency, "histogram", "Time from a request's head to its whole answer.");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    below += buckets_[i];
    out += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", kLatency, kBounds[i], below);
  }
  out += fmt::format("{}_bucket{{le=\"+Inf\"}} {}\n", kLatency, requests_);
  out += fmt::format("{0}_sum {1:.6f}\n{0}_count {2}\n", kLatency, seconds_, requests_);
  add_family(out, "process_resident_memory_bytes", "gauge", "Resident memory.");
  out += fmt::format("process_resident_memory_bytes {}\n", rss_bytes);
  return out;
}

}  // namespace weir::lab
