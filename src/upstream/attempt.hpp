#pragma once
// Attempts: pick → send → report, the same for any sender (HTTP now; gRPC, SQL and key-value
// later).
//
//   Attempts attempts(service);
//   while (Endpoint* endpoint = attempts.next()) {
//     attempts.report(co_await send(*endpoint));
//     break;  // retries join here with the resilience part
//   }
//
// It holds no policy of its own and no coroutine: the sender is awaited by whoever drives it, which
// saves a frame an exchange. Lane-only; the snapshot it picked from lives as long as it does.

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "telemetry/reason.hpp"
#include "upstream/service.hpp"

namespace weir::upstream {

/// How one try on one endpoint ended.
struct AttemptOutcome {
  telemetry::Reason reason = telemetry::Reason::no_host;
  unsigned status = 0;
  base::Duration duration{};
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

class Attempts {
 public:
  explicit Attempts(ServiceLane& service) noexcept : service_(service) {}
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;
  ~Attempts() { WEIR_ASSERT(!under_way_); }

  /// The endpoint to try, counted as in flight until report(); null when nobody is eligible.
  Endpoint* next() {
    WEIR_ASSERT(!under_way_);
    pick_ = service_.pick();
    if (pick_.endpoint == nullptr) return nullptr;
    endpoint_id_ = pick_.endpoint->id;
    under_way_ = true;
    pick_.endpoint->traffic.lane(service_.lane()).begin();
    return pick_.endpoint;
  }

  /// Ends the try that next() began.
  void report(const AttemptOutcome& outcome) {
    WEIR_ASSERT(under_way_);
    under_way_ = false;
    outcome_ = outcome;
    pick_.endpoint->traffic.lane(service_.lane())
        .finish({.status = outcome.status,
                 .reason = outcome.reason,
                 .duration = outcome.duration,
                 .bytes_in = outcome.bytes_in,
                 .bytes_out = outcome.bytes_out});
  }

  /// The last try's; `no_host` when there was none.
  const AttemptOutcome& outcome() const noexcept { return outcome_; }
  /// 0: nobody was eligible.
  std::uint32_t endpoint_id() const noexcept { return endpoint_id_; }

 private:
  ServiceLane& service_;
  ServiceLane::Pick pick_;
  AttemptOutcome outcome_;
  std::uint32_t endpoint_id_ = 0;
  bool under_way_ = false;
};

}  // namespace weir::upstream
