#pragma once
// AdminLane: the admin listener on a lane of its own, and the port through which its paths reach
// the control lane and the data lanes.

#include <functional>
#include <memory>
#include <thread>

#include "admin/admin_handler.hpp"
#include "app/control_plane.hpp"
#include "app/data_lanes.hpp"
#include "app/reloader.hpp"
#include "gateway/route_table.hpp"

namespace weir::app {

class AdminLane final : public admin::AdminPort {
 public:
  /// `store`: null for none. Fails: the address is in use. Lifetime: all references outlive stop().
  static base::Result<std::unique_ptr<AdminLane>> open(const config::Settings& settings,
                                                       ControlPlane& control, DataLanes& lanes,
                                                       Reloader& reloader, store::Store* store,
                                                       const telemetry::LogTail& log_tail);
  ~AdminLane() override;

  void start();
  void stop();
  /// Names beside the bind address that the Host field may have. From any thread.
  void allow_hosts(const std::vector<std::string>& names);
  const net::Address& address() const noexcept { return address_; }

  // ---- admin::AdminPort, on the admin lane
  admin::About about() const override;
  std::string not_ready() const override { return control_.not_ready(); }
  observe::TrafficView traffic() const override { return control_.view(); }
  runtime::Task<std::string> prometheus() override;
  runtime::Task<base::Result<admin::ProbeReport>> send_request(std::string service) override;
  runtime::Task<base::Result<void>> act(std::string service, std::string action) override;
  base::Result<std::vector<supervise::OutputLine>> output(std::string service, std::uint64_t after,
                                                          std::size_t limit) const override;
  runtime::Task<base::Result<std::vector<store::LogRow>>> logs(store::LogQuery query) override;
  runtime::Task<base::Result<db::Rows>> store_rows(std::string table, std::int64_t limit,
                                                   std::int64_t offset) override;
  runtime::Task<base::Result<std::vector<store::TableSize>>> store_tables() override;
  std::optional<store::Health> store_health() const override;
  runtime::Task<base::Result<admin::ReloadReport>> reload(bool plan_only, std::string by) override;
  runtime::Task<base::Result<admin::ReloadReport>> change(admin::ChangePlan plan,
                                                          std::string by) override;
  runtime::Task<base::Result<void>> unset(std::string key, std::string by) override;
  runtime::Task<void> settle() override;
  std::shared_ptr<const config::Settings> settings() const override {
    return reloader_.in_force().settings;
  }
  std::shared_ptr<const config::Sources> sources() const override {
    return reloader_.in_force().sources;
  }
  config::Surroundings surroundings() const override { return reloader_.surroundings(); }
  std::vector<store::OverlayRow> overlay() const override { return reloader_.overlay(); }
  bool is_idle(const std::string& key) const override { return reloader_.is_idle(key); }
  runtime::Task<base::Result<control::ScaleAnswer>> scale(std::string service,
                                                          control::ScaleWish wish,
                                                          std::string by) override;
  runtime::Task<base::Result<std::vector<gateway::DecisionView>>> decisions(
      gateway::DecisionFilter filter) override;
  runtime::Task<base::Result<gateway::DecisionView>> decision(std::string request_id) override;
  runtime::Task<base::Result<gateway::ExplainedRequest>> explain(gateway::RequestSketch sketch,
                                                                 std::string listener) override;
  runtime::Task<base::Result<std::vector<control::AlgorithmChange>>> set_algorithm(
      std::string service, balance::Algorithm algorithm, std::string by) override;
  base::Result<void> pin_arm(std::string service, std::optional<balance::Algorithm> arm,
                             const std::string& by) override;
  base::Result<std::vector<control::BreakerOperated>> operate_breakers(
      const control::BreakerTarget& target, control::BreakerAction action,
      const std::string& by) override;
  base::Result<control::DrainChange> set_draining(const control::EndpointName& endpoint,
                                                  bool draining, const std::string& by) override;
  base::Result<control::WeightChange> set_weight(const control::EndpointName& endpoint,
                                                 std::optional<std::uint32_t> weight,
                                                 const std::string& by) override;

 private:
  AdminLane(ControlPlane& control, DataLanes& lanes, Reloader& reloader, store::Store* store)
      : control_(control),
        lanes_(lanes),
        reloader_(reloader),
        store_(store),
        started_wall_ms_(base::wall_ms()),
        lane_(2000),
        context_(lane_),
        traffic_(1) {}

  base::Result<std::string> resolve(const std::string& id) const;
  runtime::Task<base::Result<admin::ReloadReport>> lay(admin::ChangePlan plan, std::string by,
                                                       bool is_news);
  runtime::Task<void> keep(admin::ChangePlan plan, std::string service, std::string by);
  /// Fails: as the work; overloaded; cancelled, when weir ends.
  template <class Value>
  runtime::Task<base::Result<Value>> in_turn(std::move_only_function<base::Result<Value>()> work);

  ControlPlane& control_;
  DataLanes& lanes_;
  Reloader& reloader_;
  store::Store* const store_;  // null: nothing is kept
  const std::int64_t started_wall_ms_;
  runtime::Lane lane_;
  runtime::CancelSource ending_;  // no call waits for another lane any longer
  http::LaneContext context_;
  telemetry::ListenerTraffic traffic_;
  http::ServerLimits limits_;
  std::unique_ptr<admin::AllowedHosts> hosts_;
  std::unique_ptr<admin::Access> access_;
  std::unique_ptr<admin::AdminHandler> handler_;
  std::unique_ptr<http::Server> server_;
  net::Address address_;
  std::thread thread_;
};

}  // namespace weir::app
