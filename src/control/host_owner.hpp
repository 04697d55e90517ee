#pragma once
// HostOwner: keeps the host states of one service up to date: sends its active checks, notices what
// the lanes' counters say (refused connects, silence, outliers) and tells the registry.
//
// It decides nothing itself: balance/ has the rules (health_check, host_state, outlier). Checks use
// connections of their own. Lane-only (control lane).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "balance/health_check.hpp"
#include "balance/outlier.hpp"
#include "config/settings.hpp"
#include "control/limit_learner.hpp"
#include "control/registry.hpp"
#include "http/client_pool.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"
#include "telemetry/log.hpp"

namespace weir::control {

class HostOwner {
 public:
  /// Lifetime: all references outlive stop().
  HostOwner(http::LaneContext& context, Registry& registry, telemetry::Log& log,
            const config::Service& settings);

  /// One look at everything; to be called every `kLook`.
  static constexpr base::Duration kLook = std::chrono::milliseconds(50);
  void look(const ServiceEntry& service);
  /// Ends when no check is under way.
  runtime::Task<void> stop();

 private:
  /// What is remembered of one endpoint, by id.
  struct Watched {
    balance::CheckSchedule schedule;
    base::Time answered_at{};    // when `finished` was last seen to grow, or nothing was under way
    base::Time grew_at{};        // when `finished` was last seen to grow
    std::uint64_t finished = 0;  // attempts ended
    base::Time silence_told{};
    telemetry::TrafficSnapshot interval_began;
    balance::OutlierTrack outlier;
    bool seen = true;
  };

  void watch_silence(const EndpointEntry& entry, Watched& watched, base::Time others_answered);
  void start_check(const EndpointEntry& entry, Watched& watched);
  runtime::Task<void> check(std::uint32_t id, std::string address, bool is_prompt);
  runtime::Task<balance::host_event::CheckDone> ask(http::ClientPool& pool,
                                                    base::Deadline deadline);
  void judge(const ServiceEntry& service);
  void apply(std::uint32_t id, const balance::HostEvent& event);

  http::LaneContext& context_;
  Registry& registry_;
  telemetry::Log& log_;
  const config::Service& settings_;
  balance::CheckConfig check_config_;
  balance::OutlierConfig outlier_config_;
  base::Rng rng_;
  http::SocketConnector connector_;
  std::map<std::uint32_t, Watched> watched_;
  base::Time next_judgement_{};
  std::optional<LimitLearner> limit_;
  runtime::Gate checks_;
  bool stopping_ = false;
};

/// "ejected: success 71 % against 98 %" as one line of the log.
void log_change(telemetry::Log& log, const HostChange& change);

}  // namespace weir::control
