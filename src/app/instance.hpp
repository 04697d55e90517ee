#pragma once
// Instance: one running weir, put together from its configuration: log, registry, data lanes,
// control plane, admin lane. `weir serve` and `weir up` differ only in where the settings come from
// and what they print.
//
// Order of birth: log → store, and what it has laid over the file → registry and routes → data
// lanes (listeners bound) → control (children start) → admin. Order of death: data lanes drain →
// admin → children → log.

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/admin_lane.hpp"
#include "app/control_plane.hpp"
#include "app/data_directory.hpp"
#include "app/data_lanes.hpp"
#include "app/event_sink.hpp"
#include "app/overlay_book.hpp"
#include "app/record_file.hpp"
#include "app/reloader.hpp"
#include "app/service_numbers.hpp"
#include "config/load.hpp"
#include "observe/access_log.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"
#include "telemetry/log_tail.hpp"

namespace weir::app {

struct InstanceOptions {
  config::LoadResult loaded;  ///< with settings, and nothing of the overlay
  config::Environment environment;
  std::size_t lanes = 0;       ///< 0: one a core
  std::string data_directory;  ///< empty: none
  std::string log_path;        ///< empty: as the settings say
  std::string config_path;     ///< what reload() reads; empty: there is no file
  double traffic_rate = 0;     ///< requests/s of demo traffic; 0 = none
  std::string record_path;     ///< where every pick is written down; empty: nowhere
  std::uint64_t record_bytes_max = 256u << 20;
};

telemetry::Level to_level(config::LogLevel level);

class Instance final : public Reloader {
 public:
  /// Binds everything and starts nothing. Fails: a port or data directory in use, with what to do.
  static base::Result<std::unique_ptr<Instance>> open(InstanceOptions options);
  ~Instance() override;

  void start();
  /// Demo traffic begins; after wait_ready(), so that it meets services that answer.
  void start_traffic();
  /// Waits until every service is healthy, at most `patience`; polls. Returns why it is not ready
  /// (no eligible endpoint of some service), or nothing. Ends early when `interrupted` says so.
  std::string wait_ready(base::Duration patience, bool (*interrupted)());
  /// Drains for at most `patience`. Blocks.
  void stop(base::Duration patience);

  const DataLanes& lanes() const noexcept { return *lanes_; }
  const net::Address& admin_address() const noexcept { return admin_->address(); }
  observe::TrafficView view() const { return control_->view(); }
  control::Registry& registry() noexcept { return *registry_; }
  void reopen_logs();
  bool has_file() const noexcept { return !options_.config_path.empty(); }
  /// From any thread but the lanes'. Blocks while the file is read and names are resolved.
  ReloadOutcome reload(bool plan_only, const std::string& by) override;
  /// The same in its turn, without waiting for it.
  void reload_soon(const std::string& by);
  base::Result<ReloadOutcome> change(const admin::ChangePlan& plan, const std::string& by,
                                     bool is_news) override;
  base::Result<void> unset(const std::string& key, const std::string& by) override;
  void note(const control::StateKey& key, const std::optional<std::string>& value,
            const std::string& by) override;
  std::vector<store::OverlayRow> overlay() const override { return book_->rows(); }
  bool is_idle(const std::string& key) const override { return book_->is_idle(key); }
  ChangeQueue& changes() override { return changes_; }
  InForce in_force() const override;
  config::Surroundings surroundings() const override { return surroundings_; }

 private:
  Instance() = default;
  base::Result<void> open_logs();
  base::Result<void> open_store_and_overlay();

  // instance_reload.cpp
  struct Candidate {
    ReloadOutcome outcome;
    std::shared_ptr<config::Settings> next;  // null with problems
    StaticTable statics;
  };
  /// `known`: addresses of names that are not resolved again; null: all are.
  Candidate judge(const config::LoadResult& loaded, const StaticTable* known);
  void take_over(config::LoadResult loaded, Candidate candidate,
                 const std::vector<store::OverlayRow>& rows, const std::string& by);
  void apply(std::shared_ptr<const config::Settings> next, const StaticTable& statics);

  // instance_overlay.cpp
  config::LoadResult read_what_fits();
  config::LoadResult read_again(const std::vector<store::OverlayRow>& rows) const;
  void restore_state();
  void end_state(const std::string& by);
  void undo_state(const control::StateKey& key);
  void load_late(const std::stop_token& stop);

  InstanceOptions options_;
  std::unique_ptr<DataDirectory> directory_;
  int log_fd_ = -1;
  std::unique_ptr<EventSink> sink_;
  std::unique_ptr<telemetry::LogTail> log_tail_;
  std::unique_ptr<telemetry::Log> log_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::unique_ptr<store::Store> store_;  // null: nothing is kept
  std::unique_ptr<OverlayBook> book_;
  std::unique_ptr<ServiceNumbers> numbers_;
  std::unique_ptr<RecordFile> record_;
  std::unique_ptr<control::Registry> registry_;
  std::unique_ptr<runtime::Published<gateway::RouteTable>> routes_;
  std::unique_ptr<DataLanes> lanes_;
  std::unique_ptr<ControlPlane> control_;
  std::unique_ptr<AdminLane> admin_;
  std::mutex reloading_;     // one change of the configuration at a time
  config::LoadedText from_;  // guarded by it: the text that was taken over last
  StaticTable statics_;      // guarded by it
  control::EndpointGuard guard_;
  mutable std::mutex in_force_mutex_;
  InForce in_force_;  // guarded
  config::Surroundings surroundings_;
  bool is_overlay_read_ = false;
  ChangeQueue changes_;
  std::jthread late_;  // while the store is away from the start on
};

}  // namespace weir::app
