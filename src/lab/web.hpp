#pragma once
// The demo web service: `weir lab web`. A real process with settable latency and failures, behind
// which a gateway can be watched.
//
//   GET /          who answered: service, instance, pid, requests, time (JSON)
//   GET /health    never delayed, never failed
//   GET /metrics   Prometheus text; never delayed, never failed
//   GET /api/data  a JSON array; ?size=BYTES up to 10 MiB, 1 KiB unless told
//   POST /echo     the body, up to 1 MiB
//   ANY /headers   the request as it arrived: for tests of what a gateway forwards
// It does not know the gateway, and serves one lane.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "http/exchange.hpp"
#include "lab/child_link.hpp"
#include "lab/web_metrics.hpp"
#include "runtime/cancel.hpp"

namespace weir::lab {

struct WebOptions {
  std::string name = "web-server";
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;    ///< 0: a free one
  base::Duration latency{};  ///< before each answer
  base::Duration jitter{};   ///< latency ± uniform(jitter), never below 0
  double fail_rate = 0;      ///< share of requests answered 500, 0..1
  unsigned at_once = 0;      ///< requests worked on at a time, the others wait in line; 0: all
  std::uint64_t seed = 1;
};

class WebHandler final : public http::Handler, public Reporter {
 public:
  /// `instance`: WEIR_INSTANCE, or empty for the pid. Lifetime: `context` and `options` outlive it.
  WebHandler(http::LaneContext& context, const WebOptions& options, std::string instance);

  runtime::Task<void> serve(http::Exchange& exchange) override;
  void add_facts(base::json::object& facts) override;
  /// Waiting answers go out now, and later ones without delay: the service is draining.
  void hurry() { hurry_.request(); }

  const WebMetrics& metrics() const noexcept { return metrics_; }

 private:
  struct Asked;  // what is kept of a request's head

  runtime::Task<http::Response> answer(http::Exchange& exchange, const Asked& asked);
  runtime::Task<http::Response> answer_echo(http::Exchange& exchange, const Asked& asked);
  runtime::Task<void> send_data(http::Exchange& exchange, std::size_t size);
  http::Response answer_root(const Asked& asked) const;
  base::Duration pick_delay();
  base::Duration wait_in_line(base::Duration work);

  http::LaneContext& context_;
  const WebOptions& options_;
  std::string instance_;
  WebMetrics metrics_;
  base::Rng rng_;
  std::vector<base::Time> free_at_;  // of each of `at_once` workers
  runtime::CancelSource hurry_;
};

/// Serves until SIGTERM, SIGINT or the end of the control socket, then drains for at most 5 s.
/// Returns the process' exit status.
int run_web(const WebOptions& options);

}  // namespace weir::lab
