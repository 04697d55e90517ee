#include "app/record_writer.hpp"

#include <algorithm>
#include <span>

#include "store/circuit_breakers.hpp"
#include "store/plain_rows.hpp"

namespace weir::app {

// The breakers of an earlier run are gone with it.
RecordWriter::RecordWriter(store::Store& store, telemetry::Log& log) : store_(store), log_(log) {
  keep(store::forget_all_breakers());
}

// A full queue has said so itself; what can never be written is said here.
void RecordWriter::keep(base::Result<store::Write> write) {
  if (!write) {
    log_.warn("app", "not kept: {}", write.error().detail());
    return;
  }
  (void)store_.write(*std::move(write));
}

void RecordWriter::look(const std::vector<control::ServiceEntry>& services, std::int64_t wall_ms) {
  for (const control::BreakerNews& each : breakers_.look(services)) {
    if (each.is_gone) {
      keep(store::forget_breakers(each.service, each.endpoint));
      if (each.endpoint.empty()) opened_.erase(each.service);
      if (!each.endpoint.empty()) opened_[each.service].erase(each.endpoint);
      continue;
    }
    std::int64_t& opened_ms = opened_[each.service][each.endpoint];
    if (each.has_opened) opened_ms = wall_ms;
    keep(store::save_breaker({.service = each.service,
                              .endpoint = each.endpoint,
                              .state = std::string(each.state),
                              .forced = each.is_forced,
                              .reason = each.reason,
                              .failures = each.failures,
                              .opened_at_ms = opened_ms,
                              .changed_at_ms = wall_ms}));
  }
}

void RecordWriter::decided(const std::string& service, const std::vector<control::ScalerNews>& news,
                           const Instant& at) {
  for (const control::ScalerNews& each : news) {
    const std::int64_t age_ms = (at.now - each.at) / std::chrono::milliseconds(1);
    keep(store::insert(store::ScalerDecisionRow{.at_ms = at.wall_ms - age_ms,
                                                .service = service,
                                                .from_replicas = each.from,
                                                .to_replicas = each.to,
                                                .reason = each.reason,
                                                .facts = control::facts_json(each),
                                                .applied = each.applied}));
  }
}

void RecordWriter::second(const std::vector<control::ServiceEntry>& services,
                          const LoadTable& loads) {
  const std::vector<store::MetricSample> samples = sampler_.second(services, loads);
  std::span<const store::MetricSample> left(samples);
  while (!left.empty()) {
    const std::size_t count = std::min(left.size(), store::kSamplesMax);
    keep(store::insert(left.first(count)));
    left = left.subspan(count);
  }
}

}  // namespace weir::app
