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
#include "app/record_writer.hpp"
#include "app/service_unit.hpp"
#include "app/view_builder.hpp"
#include "config/settings.hpp"
#include "control/registry.hpp"
#include "observe/collect.hpp"
#include "observe/traffic_view.hpp"
#include "telemetry/log.hpp"

namespace weir::app {

class ControlPlane {
 public:
  /// Lifetime: all references outlive stop().
  /// `statics`: of the settings. Fails never; a source that cannot be reached is shown as failing.
  ControlPlane(std::shared_ptr<const config::Settings> settings, const StaticTable& statics,
               control::Registry& registry, const DataLanes& lanes, telemetry::Log& log);
  ~ControlPlane();

  /// Decisions, breakers and samples go to `store` from now on. Before start(). Lifetime: until
  /// stop() has returned.
  void keep_records(store::Store& store);
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

  /// The settings in force. A snapshot.
  std::shared_ptr<const config::Settings> settings() const;

  // ---- on the control lane
  std::string prometheus();
  /// Other settings from now on: services that come and change do so before `publish` is called,
  /// with every service that routes may name; those that go end after it.
  void apply(std::shared_ptr<const config::Settings> next, const StaticTable& statics,
             const std::function<void(const gateway::ServiceFinder&)>& publish);
  /// Null when there is none of that name, or it cannot be scaled.
  control::Scaler* find_scaler(const std::string& service);
  std::vector<control::DiscoveryView> discoveries() const;
  /// What other threads see of the services is as of now.
  void share() { share_units(); }
  /// Null when there is none of that number or name, or it has no processes.
  control::ProcessService* find_processes(const std::string& service);
  runtime::Gate& gate() noexcept { return gate_; }
  base::Time now() const noexcept { return lane_.now(); }

  /// Lines of a process service's output; from any thread. Fails: not_found, when it has none.
  base::Result<std::vector<supervise::OutputLine>> output_of(const std::string& service,
                                                             std::uint64_t after,
                                                             std::size_t limit) const;
  /// Set before start(): how many access-log records were dropped so far.
  std::function<std::uint64_t()> access_log_dropped = [] { return std::uint64_t{0}; };

 private:
  runtime::Task<void> tick_loop();
  runtime::Task<void> look_loop();
  void share_scores(const control::ServiceEntry& entry);
  void share_latency(const std::vector<control::ServiceEntry>& services);
  runtime::Task<void> stop_all();
  void tick();
  void write_down(const std::vector<control::ServiceEntry>& services);
  void add_unit(const config::Service& service, const config::Settings& settings,
                const StaticTable& statics, bool at_start);
  void open_sources(const config::Settings& settings);
  runtime::Task<void> remove_unit(std::string name, std::unique_ptr<ServiceUnit> unit,
                                  std::shared_ptr<upstream::Service> service);
  UnitFacts facts_of(const ServiceUnit& unit) const;
  void share_units();
  std::vector<observe::Subject> subjects(const std::vector<control::ServiceEntry>& services) const;
  LoadTable measure(const std::vector<control::ServiceEntry>& services);

  control::Registry& registry_;
  const DataLanes& lanes_;
  telemetry::Log& log_;
  const base::Time started_;
  runtime::Lane lane_;
  http::LaneContext context_;
  observe::Collector collector_;
  http::SocketConnector connector_;
  std::unique_ptr<net::Resolver> resolver_;        // when a service has a dns source
  std::unique_ptr<control::DockerClient> docker_;  // when one has a docker source
  UnitParts parts_;
  std::map<std::string, std::unique_ptr<ServiceUnit>> units_;  // by service
  base::Time disturbed_until_{};                               // a reload
  std::unique_ptr<supervise::ChildObserver> helper_observer_;
  supervise::OutputLog helper_output_;
  std::vector<std::unique_ptr<supervise::Child>> helpers_;
  double cpu_seconds_before_ = 0;
  std::unique_ptr<RecordWriter> records_;  // null: nothing is kept
  runtime::CancelSource stopping_;
  runtime::Gate gate_;
  std::atomic<base::Duration> grace_{std::chrono::seconds(5)};
  mutable std::mutex loads_mutex_;
  LoadTable loads_;                                                       // guarded
  std::shared_ptr<const config::Settings> settings_;                      // guarded
  std::map<std::string, std::shared_ptr<supervise::OutputLog>> outputs_;  // guarded
  std::thread thread_;
};

}  // namespace weir::app
