#pragma once
// The demo's background traffic: `weir lab traffic`. Constant arrivals over kept-alive connections,
// on behalf of clients of many countries, so that a fresh dashboard has something to show.
//
// It is a demonstration, not a measurement: load/ measures. A request that finds 100 others still
// waiting is dropped and counted; nothing is retried.

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "http/fetch.hpp"
#include "lab/child_link.hpp"
#include "lab/traffic_mix.hpp"
#include "runtime/gate.hpp"

namespace weir::lab {

struct TrafficOptions {
  std::string target = "127.0.0.1:8080";
  double rate = 25;  ///< requests a second
  std::uint64_t seed = 1;
  base::Duration duration{};  ///< 0: until it is stopped
};

struct TrafficCounts {
  std::uint64_t sent = 0;
  std::uint64_t done = 0;     ///< answered below 500
  std::uint64_t failed = 0;   ///< answered 500 and above, or not at all
  std::uint64_t dropped = 0;  ///< never sent: too many were waiting
};

/// Sends on one lane. Lane-only.
class TrafficSender final : public Reporter {
 public:
  static constexpr std::uint64_t kWaitingMax = 100;

  /// Lifetime: all outlive it. Requires: options.rate > 0.
  TrafficSender(http::LaneContext& context, http::Connector& connector, net::Address target,
                const TrafficOptions& options);

  /// Sends until `end` or the duration is over, then waits a moment for what is under way.
  runtime::Task<void> run(runtime::CancelSource& end);
  void add_facts(base::json::object& facts) override;

  const TrafficCounts& counts() const noexcept { return counts_; }
  /// Requests without an answer so far.
  std::uint64_t waiting() const noexcept { return waiting_.inside(); }

 private:
  runtime::Task<void> send(PlannedRequest planned);

  http::LaneContext& context_;
  const TrafficOptions& options_;
  http::ClientPool pool_;
  base::Rng rng_;
  TrafficCounts counts_;
  runtime::Gate waiting_;
};

/// Sends until SIGTERM, SIGINT, the end of the control socket or of the duration. Returns the
/// process' exit status: 3 when the target cannot be understood.
int run_traffic(const TrafficOptions& options);

}  // namespace weir::lab
