#pragma once
// ProcessService: a service whose endpoints are child processes. A child that listens is probed
// once, joins the registry as a new endpoint, and leaves it at its death notice, before anything
// else is done about the death.
//
// Lane-only (control lane).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "control/registry.hpp"
#include "control/scale_driver.hpp"
#include "http/client_pool.hpp"
#include "supervise/supervisor.hpp"
#include "telemetry/log.hpp"

namespace weir::control {

/// One child for people.
struct ChildView {
  std::string name;
  std::string state;
  int pid = 0;
  std::uint32_t endpoint_id = 0;
  std::int64_t rss_bytes = 0;  ///< by its own facts; 0 = not known
  double cpu_percent = 0;
  std::uint64_t restarts = 0;
  bool is_leaving = false;
  base::Time joined{};  ///< as an endpoint; 0: not yet
};

class ProcessService final : public supervise::ChildObserver, public ScaleDriver {
 public:
  /// Lifetime: all references outlive stop().
  ProcessService(http::LaneContext& context, Registry& registry, telemetry::Log& log,
                 std::string service, config::Process settings);

  void start();
  /// Children get SIGTERM, after `grace` SIGKILL; ends when all are gone.
  runtime::Task<void> stop(base::Duration grace);
  /// One child after the other is stopped and started again; the next only when the last one is
  /// eligible, so that a service of several never stands still. Fails: conflict while stopped or
  /// stopping; deadline when a child does not come back.
  runtime::Task<base::Result<void>> restart(base::Duration grace);
  /// Until every child is eligible. Fails: deadline; cancelled by stop().
  runtime::Task<base::Result<void>> wait_eligible();
  bool is_stopped() const noexcept { return !running_; }
  /// From now on so many children, at once or, when it is stopped, at its next start. New ones join
  /// when they answer; those that leave, the newest first, get no new request, finish what they
  /// have for at most `drain`, and end. Requires: wanted >= 1.
  void scale_to(std::uint32_t wanted, base::Duration drain) override;
  std::string_view driver_name() const noexcept override { return "process"; }
  std::uint32_t wanted() const noexcept override { return wanted_; }
  std::vector<ScaledMember> members() const override;
  std::string obstacle() const override {
    return running_ ? std::string() : service_ + " is stopped; start it first";
  }
  /// Another configuration from now on: children are replaced one after the other when what they
  /// run has changed.
  void change(config::Process settings, base::Duration grace);

  std::vector<ChildView> children() const;
  const std::string& service() const noexcept { return service_; }
  /// Thread-safe; outlives the service while somebody holds it.
  const std::shared_ptr<supervise::OutputLog>& output() const noexcept { return output_; }

  // ---- supervise::ChildObserver
  void started(const std::string& child, pid_t pid) override;
  void ready(const std::string& child, std::uint16_t port) override;
  void facts(const std::string& child, const base::json::value& facts) override;
  void ended(const std::string& child, const std::string& how, base::Duration pause,
             bool failing) override;

 private:
  struct Member {
    std::unique_ptr<supervise::Child> child;
    std::string endpoint_name;
    std::uint32_t index = 0;
    base::Time joined{};
    bool is_leaving = false;       // scaled down
    bool has_ended = false;        // its run() is over
    std::uint16_t given_port = 0;  // for a program that takes {port}
    std::uint32_t endpoint_id = 0;
    std::uint64_t life = 0;  // counts starts: a probe of an older life is void
    std::int64_t rss_bytes = 0;
    double cpu_percent = 0;
    std::uint64_t restarts = 0;
  };

  supervise::ChildSpec make_spec(std::size_t index, std::uint16_t& given_port) const;
  void add_member(std::uint32_t index);
  runtime::Task<void> live(std::string child);
  runtime::Task<void> retire(std::string child, base::Duration drain);
  runtime::Task<void> replace_all(base::Duration grace);
  std::uint32_t first_free_index() const;
  runtime::Task<void> probe(std::string child, std::uint64_t life, std::uint16_t port);
  runtime::Task<base::Result<void>> wait_member(std::string child);
  runtime::Task<bool> answers(http::ClientPool& pool, base::Deadline deadline);

  http::LaneContext& context_;
  Registry& registry_;
  telemetry::Log& log_;
  const std::string service_;
  config::Process settings_;
  std::uint32_t wanted_;
  http::SocketConnector connector_;
  const std::shared_ptr<supervise::OutputLog> output_ = std::make_shared<supervise::OutputLog>();
  std::map<std::string, Member> members_;
  std::unique_ptr<runtime::Gate> gate_;
  std::unique_ptr<runtime::CancelSource> stopping_;
  bool running_ = false;
  bool restarted_ = false;  // by the operator: newcomers start slowly
};

}  // namespace weir::control
