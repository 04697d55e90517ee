#pragma once
// AdminPort: what the admin listener needs of the rest of weir. Implemented in app/, where the
// parts are known; admin sees views and commands only.
//
// Called on the admin lane. Tasks may go to another lane and come back.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balance/algorithm.hpp"
#include "base/result.hpp"
#include "config/environment.hpp"
#include "config/overlay.hpp"
#include "config/settings.hpp"
#include "config/sources.hpp"
#include "control/operator_command.hpp"
#include "control/scale_command.hpp"
#include "gateway/decision_view.hpp"
#include "observe/traffic_view.hpp"
#include "runtime/task.hpp"
#include "store/overlay.hpp"
#include "store/store.hpp"
#include "supervise/output_log.hpp"

namespace weir::admin {

/// What `GET /request` reports.
struct ProbeReport {
  bool success = false;
  std::uint32_t server_id = 0;
  std::string server_name;
  std::string server_url;
  std::string algorithm;
  std::int64_t active_connections = 0;
  double response_ms = 0;
  unsigned status = 0;
  std::string detail;  ///< why not, when it failed
};

struct About {
  std::string version;
  std::string revision;
  std::int64_t started_wall_ms = 0;
};

/// What a reload did, or would do.
struct ReloadReport {
  bool applied = false;
  std::vector<std::string> plan;
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
};

/// What a change is decided on: no other change happens meanwhile.
struct ConfigNow {
  const config::Settings& settings;
  const std::vector<store::OverlayRow>& rows;  ///< by key
};
/// Runs on a thread that may block. Fails: nothing is changed, and the error is the answer.
using ChangePlan =
    std::function<base::Result<std::vector<config::OverlayEdit>>(const ConfigNow& now)>;

class AdminPort {
 public:
  virtual ~AdminPort() = default;

  virtual About about() const = 0;
  /// Empty when ready, else why not.
  virtual std::string not_ready() const = 0;
  /// As of the last second.
  virtual observe::TrafficView traffic() const = 0;
  virtual runtime::Task<std::string> prometheus() = 0;
  /// One GET through the service, by number or name; empty: the first. Fails: not_found.
  virtual runtime::Task<base::Result<ProbeReport>> send_request(std::string service) = 0;
  /// "stop", "start" or "restart". Fails: not_found; invalid_argument when the service has no
  /// processes; conflict in the present state.
  virtual runtime::Task<base::Result<void>> act(std::string service, std::string action) = 0;
  /// Fails: not_found.
  virtual base::Result<std::vector<supervise::OutputLine>> output(std::string service,
                                                                  std::uint64_t after,
                                                                  std::size_t limit) const = 0;

  /// Begins when it may; the answer says what and why. Fails: not_found, deadline.
  virtual runtime::Task<base::Result<control::ScaleAnswer>> scale(std::string service,
                                                                  control::ScaleWish wish,
                                                                  std::string by) = 0;

  // ---- the store (log_paths.cpp). Fails: not_found without a store; as the store.

  virtual runtime::Task<base::Result<std::vector<store::LogRow>>> logs(store::LogQuery query) = 0;
  virtual runtime::Task<base::Result<db::Rows>> store_rows(std::string table, std::int64_t limit,
                                                           std::int64_t offset) = 0;
  virtual runtime::Task<base::Result<std::vector<store::TableSize>>> store_tables() = 0;
  /// Nothing without a store.
  virtual std::optional<store::Health> store_health() const = 0;

  /// Waits until what was changed before is on the disk. Without a store, or while it is away: at
  /// once.
  virtual runtime::Task<void> settle() = 0;

  // ---- the configuration. Reload and what changes it block elsewhere. Fails: deadline.

  virtual runtime::Task<base::Result<ReloadReport>> reload(bool plan_only, std::string by) = 0;
  /// Lays over the file what `plan` decides, all of it or nothing. Changes are made one after the
  /// other. Fails: as the plan; overloaded, when too many wait.
  virtual runtime::Task<base::Result<ReloadReport>> change(ChangePlan plan, std::string by) = 0;
  /// Ends one change that was made at run time. Fails: not_found; conflict.
  virtual runtime::Task<base::Result<void>> unset(std::string key, std::string by) = 0;
  virtual std::shared_ptr<const config::Settings> settings() const = 0;
  /// Of the settings; null when unknown.
  virtual std::shared_ptr<const config::Sources> sources() const = 0;
  /// What variables say that is no key of the file.
  virtual config::Surroundings surroundings() const = 0;
  /// What was changed at run time, by key.
  virtual std::vector<store::OverlayRow> overlay() const = 0;
  /// Whether a row of it stands aside, because it contradicts the file as it is.
  virtual bool is_idle(const std::string& key) const = 0;

  // ---- what was decided (decision_paths.cpp). Fails: deadline, when a lane does not answer.

  /// Of all lanes, newest first.
  virtual runtime::Task<base::Result<std::vector<gateway::DecisionView>>> decisions(
      gateway::DecisionFilter filter) = 0;
  /// By request id. Fails: not_found.
  virtual runtime::Task<base::Result<gateway::DecisionView>> decision(std::string request_id) = 0;
  /// Sends and changes nothing. `listener`: a name; empty: the first. Fails: not_found.
  virtual runtime::Task<base::Result<gateway::ExplainedRequest>> explain(
      gateway::RequestSketch sketch, std::string listener) = 0;

  // ---- the operator's changes: made and published when they return, logged as done by `by`, and
  // kept over reloads and restarts. A refused one changes nothing and fails with not_found,
  // invalid_argument or conflict.

  /// `service` by number or name; empty: all.
  virtual runtime::Task<base::Result<std::vector<control::AlgorithmChange>>> set_algorithm(
      std::string service, balance::Algorithm algorithm, std::string by) = 0;
  /// Nothing: adaptive chooses by itself again.
  virtual base::Result<void> pin_arm(std::string service, std::optional<balance::Algorithm> arm,
                                     const std::string& by) = 0;
  virtual base::Result<std::vector<control::BreakerOperated>> operate_breakers(
      const control::BreakerTarget& target, control::BreakerAction action,
      const std::string& by) = 0;
  virtual base::Result<control::DrainChange> set_draining(const control::EndpointName& endpoint,
                                                          bool draining, const std::string& by) = 0;
  /// Nothing: the configured weight.
  virtual base::Result<control::WeightChange> set_weight(const control::EndpointName& endpoint,
                                                         std::optional<std::uint32_t> weight,
                                                         const std::string& by) = 0;
};

}  // namespace weir::admin
