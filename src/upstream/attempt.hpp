#pragma once
// Attempt: pick → send → report, the same for any sender (HTTP now; gRPC, SQL and key-value later).
// It holds no policy of its own. Retries, permits and limits join here with the resilience part.

#include <concepts>

#include "base/clock.hpp"
#include "runtime/task.hpp"
#include "telemetry/reason.hpp"
#include "upstream/service.hpp"

namespace weir::upstream {

/// How one try on one endpoint ended.
struct AttemptOutcome {
  telemetry::Reason reason = telemetry::Reason::ok;
  unsigned status = 0;
  base::Duration duration{};
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// Sends to an endpoint and says how it went.
template <class S>
concept Sender = requires(S sender, Endpoint& endpoint) {
  { sender.send(endpoint) } -> std::same_as<runtime::Task<AttemptOutcome>>;
};

struct Attempted {
  AttemptOutcome outcome;
  std::uint32_t endpoint_id = 0;  ///< 0: nobody was eligible
};

/// One attempt.
/// Lifetime: `service` and `sender` outlive the task.
template <Sender S>
runtime::Task<Attempted> run_attempt(ServiceLane& service, S& sender) {
  ServiceLane::Pick pick = service.pick();
  if (pick.endpoint == nullptr) {
    co_return Attempted{{.reason = telemetry::Reason::no_host}, 0};
  }
  Endpoint& endpoint = *pick.endpoint;
  telemetry::TrafficCounters& counters = endpoint.traffic.lane(service.lane());
  counters.begin();
  auto sending = sender.send(endpoint);
  const AttemptOutcome outcome = co_await sending;
  counters.finish({.status = outcome.status,
                   .reason = outcome.reason,
                   .duration = outcome.duration,
                   .bytes_in = outcome.bytes_in,
                   .bytes_out = outcome.bytes_out});
  co_return Attempted{outcome, endpoint.id};
}

}  // namespace weir::upstream
