#include "control/limit_learner.hpp"

#include <algorithm>
#include <utility>

namespace weir::control {

LimitLearner::LimitLearner(const config::Service& settings)
    : limit_(upstream::limit_config(*settings.concurrency)), rng_(settings.number) {}

void LimitLearner::look(const ServiceEntry& entry, base::Time now) {
  upstream::ConcurrencyGate& gate = *entry.service->gate;
  most_inside_ = std::max(most_inside_, gate.inside());
  if (now < next_) return;
  next_ = now + kWindow;
  telemetry::TrafficSnapshot total;
  for (const EndpointEntry& each : entry.endpoints) total.add(each.endpoint->traffic.total());
  telemetry::TrafficSnapshot window = total;
  if (!window.is_behind(began_)) window.subtract(began_);
  began_ = std::move(total);
  const auto timeouts =
      window.by_reason[static_cast<std::size_t>(telemetry::Reason::attempt_timeout)];
  limit_.update({.time = window.latency.mean(),
                 .in_flight = std::exchange(most_inside_, gate.inside()),
                 .is_dropped = timeouts > 0,
                 .attempts = static_cast<std::uint32_t>(window.latency.count())},
                rng_);
  gate.set_limit(limit_.limit());
}

}  // namespace weir::control
