#pragma once
// ServiceUnit: everything that the control lane keeps for one service: its checks, its processes or
// containers, its scaler, its discoveries, its algorithms. It puts parts together and starts,
// changes and ends them with the configuration; it decides nothing. Lane-only (control lane).

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "control/arm_keeper.hpp"
#include "control/discovered_set.hpp"
#include "control/discovery_dns.hpp"
#include "control/discovery_docker.hpp"
#include "control/docker_scale.hpp"
#include "control/host_owner.hpp"
#include "control/process_service.hpp"
#include "control/scaler.hpp"

namespace weir::app {

/// A configured address, its name resolved.
struct StaticEndpoint {
  std::string name;
  std::string address;
  std::uint32_t weight = 1;
  bool backup = false;
  bool operator==(const StaticEndpoint&) const = default;
};
/// By service.
using StaticTable = std::map<std::string, std::vector<StaticEndpoint>>;

/// Every static endpoint of the settings; a name becomes one endpoint per address it has now.
/// `known`: what the endpoints of `before` became; a service whose endpoints are the same is taken
/// from it and not resolved again. Null: all are. Fails: with the name that cannot be resolved;
/// unless `unresolved` is given, which then gets those of services that were registered. Blocks
/// (DNS).
base::Result<StaticTable> resolve_statics(const config::Settings& settings,
                                          const config::Settings& before, const StaticTable* known,
                                          std::vector<std::string>* unresolved);

/// What all units share.
struct UnitParts {
  http::LaneContext& context;
  control::Registry& registry;
  telemetry::Log& log;
  http::Connector& connector;
  net::Resolver* resolver = nullptr;        ///< null: there is none, and dns sources stay empty
  control::DockerClient* docker = nullptr;  ///< null: no engine was asked for
  runtime::Gate& gate;                      ///< for what ends later
};

class ServiceUnit {
 public:
  /// Static endpoints are in the registry when it returns. Lifetime: `parts` outlives the unit.
  ServiceUnit(UnitParts& parts, config::Service settings, base::Duration attempt_timeout,
              const std::vector<StaticEndpoint>& statics, bool at_start);

  /// Children and discoveries begin.
  void start();
  /// Everything ends; children get SIGTERM, after `grace` SIGKILL.
  runtime::Task<void> stop(base::Duration grace);
  /// The service is taken out: no new request, what is under way ends, then stop(). At most
  /// `drain`.
  runtime::Task<void> withdraw(std::shared_ptr<upstream::Service> service, base::Duration drain,
                               base::Duration grace);
  void change(config::Service settings, base::Duration attempt_timeout,
              const std::vector<StaticEndpoint>& statics);

  /// Often (HostOwner::kLook), and once a second.
  void look(const control::ServiceEntry& entry);
  void second(const control::ServiceEntry& entry, base::Duration p95, bool is_disturbed);

  const config::Service& settings() const noexcept { return *settings_; }
  control::ProcessService* processes() noexcept { return processes_.get(); }
  control::Scaler* scaler() noexcept { return scaler_.get(); }
  const control::Scaler* scaler() const noexcept { return scaler_.get(); }
  const control::ArmsView& arms() const noexcept { return arms_->view(); }
  std::vector<control::DiscoveryView> discoveries() const;
  /// Endpoints that it should have: children and static ones.
  std::size_t wanted() const;

 private:
  void set_statics(const std::vector<StaticEndpoint>& statics, bool at_start);
  void hand_over(const control::ServiceEntry& entry);
  void make_processes();
  void make_scaler();
  void make_discoveries();
  runtime::Task<void> end_processes(std::unique_ptr<control::ProcessService> processes);
  runtime::Task<void> end_owner(std::unique_ptr<control::HostOwner> owner);
  runtime::Task<void> end_dns(std::unique_ptr<control::DiscoveryDns> discovery);
  runtime::Task<void> end_docker(std::unique_ptr<control::DiscoveryDocker> discovery,
                                 std::unique_ptr<control::DockerScale> scale);

  UnitParts& parts_;
  std::unique_ptr<config::Service> settings_;  // where it stays: the checks refer to it
  std::vector<std::unique_ptr<config::Service>> old_settings_;  // of checks that still end
  std::unique_ptr<control::HostOwner> owner_;
  std::unique_ptr<control::ProcessService> processes_;
  std::unique_ptr<control::Scaler> scaler_;
  control::DiscoveredSet statics_;
  std::set<std::string> leaving_;  // of them: those that wait for a successor
  base::Time leave_by_{};
  std::vector<std::unique_ptr<control::DiscoveryDns>> dns_;
  std::unique_ptr<control::DiscoveryDocker> docker_;
  std::unique_ptr<control::DockerScale> docker_scale_;  // driver docker
  std::unique_ptr<control::ArmKeeper> arms_;
  bool started_ = false;
};

}  // namespace weir::app
