#pragma once
// ControlPlane: the control lane and what runs on it: child processes, the registry's owner, the
// collector that ticks once a second, and the view the admin listener shows.
//
// Its thread starts every child (the parent-death signal is tied to it) and ends last.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/data_lanes.hpp"
#include "app/view_builder.hpp"
#include "config/settings.hpp"
#include "control/arm_keeper.hpp"
#include "control/host_owner.hpp"
#include "control/process_service.hpp"
#include "control/registry.hpp"
#include "observe/collect.hpp"
#include "observe/traffic_view.hpp"
#include "telemetry/log.hpp"

namespace weir::app {

class ControlPlane {
 public:
  /// Lifetime: all references outlive stop().
  ControlPlane(const config::Settings& settings, control::Registry& registry,
               const DataLanes& lanes, telemetry::Log& log);
  ~ControlPlane();

  /// Starts a child that is no endpoint: demo traffic. From any thread, after start().
  void add_helper(supervise::ChildSpec spec);

  void start();
  /// Children are stopped in order; blocks until all are gone.
  void stop();
  /// A second Ctrl-C: children are killed at once.
  void kill_now() { grace_ = base::Duration::zero(); }

  // ---- from any thread

  /// States as of now, numbers as of the last second.
  observe::TrafficView view() const;
  /// Why it is not ready, or empty: every process service has an eligible endpoint.
  std::string not_ready() const;
  /// For the operator's changes; thread-safe, as the log.
  control::Registry& registry() noexcept { return registry_; }
  telemetry::Log& log() noexcept { return log_; }
  /// Runs `work` on the control lane.
  void post(std::move_only_function<void()> work) { lane_.post(std::move(work)); }

  // ---- on the control lane
  std::string prometheus();
  /// Null when there is none of that number or name, or it has no processes.
  control::ProcessService* find_processes(const std::string& service);
  runtime::Gate& gate() noexcept { return gate_; }

  /// Outputs of process services, by name; fixed after construction, each thread-safe.
  supervise::OutputLog* find_output(const std::string& service);
  /// Set before start(): how many access-log records were dropped so far.
  std::function<std::uint64_t()> access_log_dropped = [] { return std::uint64_t{0}; };

 private:
  runtime::Task<void> tick_loop();
  runtime::Task<void> look_loop();
  void share_scores(const control::ServiceEntry& entry);
  void share_latency(const std::vector<control::ServiceEntry>& services);
  runtime::Task<void> stop_all();
  void tick();
  void keep_arms(const std::vector<control::ServiceEntry>& services);
  std::vector<observe::Subject> subjects(const std::vector<control::ServiceEntry>& services) const;
  LoadTable measure(const std::vector<control::ServiceEntry>& services);

  const config::Settings& settings_;
  control::Registry& registry_;
  const DataLanes& lanes_;
  telemetry::Log& log_;
  const base::Time started_;
  runtime::Lane lane_;
  http::LaneContext context_;
  observe::Collector collector_;
  std::vector<std::unique_ptr<control::ProcessService>> processes_;
  std::vector<std::unique_ptr<control::HostOwner>> owners_;  // by service, as in the settings
  std::map<std::string, control::ArmKeeper> arm_keepers_;  // by service
  std::unique_ptr<supervise::ChildObserver> helper_observer_;
  supervise::OutputLog helper_output_;
  std::vector<std::unique_ptr<supervise::Child>> helpers_;
  double cpu_seconds_before_ = 0;
  runtime::CancelSource stopping_;
  runtime::Gate gate_;
  std::atomic<base::Duration> grace_{std::chrono::seconds(5)};
  mutable std::mutex loads_mutex_;
  LoadTable loads_;  // guarded
  std::thread thread_;
};

}  // namespace weir::app
