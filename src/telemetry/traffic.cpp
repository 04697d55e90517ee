#include "telemetry/traffic.hpp"

#include <algorithm>

namespace weir::telemetry {
namespace {

// The plain counters of a snapshot, so that each is named once for add, subtract and is_behind.
constexpr std::array kScalars = {
    &TrafficSnapshot::requests,  &TrafficSnapshot::errors,   &TrafficSnapshot::bytes_in,
    &TrafficSnapshot::bytes_out, &TrafficSnapshot::connects, &TrafficSnapshot::reconnects,
};

template <std::size_t N>
bool any_less(const std::array<std::uint64_t, N>& a, const std::array<std::uint64_t, N>& b) {
  for (std::size_t i = 0; i < N; ++i) {
    if (a[i] < b[i]) return true;
  }
  return false;
}

}  // namespace

void TrafficSnapshot::add(const TrafficCounters& lane) {
  in_flight += lane.in_flight.value();
  requests += lane.requests.value();
  errors += lane.errors.value();
  bytes_in += lane.bytes_in.value();
  bytes_out += lane.bytes_out.value();
  connects += lane.connects.value();
  reconnects += lane.reconnects.value();
  for (std::size_t i = 0; i < kStatusClasses; ++i) by_class[i] += lane.by_class[i].value();
  for (std::size_t i = 0; i < kReasonCount; ++i) by_reason[i] += lane.by_reason[i].value();
  lane.latency.add_to(latency);
}

void TrafficSnapshot::add(const TrafficSnapshot& other) {
  in_flight += other.in_flight;
  for (const auto scalar : kScalars) this->*scalar += other.*scalar;
  for (std::size_t i = 0; i < kStatusClasses; ++i) by_class[i] += other.by_class[i];
  for (std::size_t i = 0; i < kReasonCount; ++i) by_reason[i] += other.by_reason[i];
  latency.add(other.latency);
}

void TrafficSnapshot::subtract(const TrafficSnapshot& earlier) {
  for (const auto scalar : kScalars) this->*scalar -= earlier.*scalar;
  for (std::size_t i = 0; i < kStatusClasses; ++i) by_class[i] -= earlier.by_class[i];
  for (std::size_t i = 0; i < kReasonCount; ++i) by_reason[i] -= earlier.by_reason[i];
  latency.subtract(earlier.latency);
}

bool TrafficSnapshot::is_behind(const TrafficSnapshot& earlier) const noexcept {
  for (const auto scalar : kScalars) {
    if (this->*scalar < earlier.*scalar) return true;
  }
  return any_less(by_class, earlier.by_class) || any_less(by_reason, earlier.by_reason) ||
         latency.is_behind(earlier.latency);
}

void ListenerSnapshot::add(const ListenerCounters& lane) {
  open += lane.open.value();
  accepted += lane.accepted.value();
  refused += lane.refused.value();
  malformed += lane.malformed.value();
  bytes_in += lane.bytes_in.value();
  bytes_out += lane.bytes_out.value();
}

}  // namespace weir::telemetry
