#include "app/admin_lane.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include "admin/view_json.hpp"
#include "app/version.hpp"
#include "config/address.hpp"
#include "runtime/foreign.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kHopTime = std::chrono::seconds(60);  // a rolling restart of many
constexpr base::Duration kStopGrace = std::chrono::seconds(5);
using ProbeResult = gateway::HttpProxy::ProbeResult;
using ProbeDone = runtime::Foreign<ProbeResult>::Completer;
using Done = runtime::Foreign<base::Result<void>>::Completer;

runtime::Task<void> probe_and_tell(gateway::HttpProxy& proxy,
                                   std::shared_ptr<upstream::Service> service, ProbeDone done) {
  auto probing = proxy.probe(std::move(service));
  ProbeResult result = co_await probing;
  done.complete(std::move(result));
}

runtime::Task<void> stop_and_tell(control::ProcessService& processes, Done done) {
  auto stopping = processes.stop(kStopGrace);
  co_await stopping;
  done.complete({});
}

runtime::Task<void> restart_and_tell(control::ProcessService& processes, Done done) {
  auto restarting = processes.restart(kStopGrace);
  done.complete(co_await restarting);
}

std::string quoted(std::string_view word) { return fmt::format("\"{}\"", word); }

runtime::Task<void> wait_and_tell(control::ProcessService& processes, Done done) {
  auto waiting = processes.wait_eligible();
  done.complete(co_await waiting);
}

}  // namespace

base::Result<std::unique_ptr<AdminLane>> AdminLane::open(const config::Settings& settings,
                                                         ControlPlane& control, DataLanes& lanes,
                                                         Reloader& reloader, store::Store* store,
                                                         const telemetry::LogTail& log_tail) {
  std::unique_ptr<AdminLane> admin(new AdminLane(control, lanes, reloader, store));
  WEIR_TRY(const net::Address wanted, net::Address::parse(config::to_text(settings.admin.bind)));
  WEIR_TRY(auto listener, net::Listener::open(admin->lane_, wanted, false));
  admin->address_ = listener->address();
  admin->hosts_ = std::make_unique<admin::AllowedHosts>(
      admin->address_.host(), admin->address_.port(), settings.admin.hosts);
  const bool is_insecure = !config::is_loopback(settings.admin.bind);
  if (is_insecure) {
    control.log().warn("admin", {{"address", admin->address_.text()}},
                       "insecure: others can reach this address, and nothing encrypts what they "
                       "send (admin.insecure: true)");
  }
  admin->access_ = std::make_unique<admin::Access>(store, control.log(), is_insecure);
  admin->access_->load();
  admin->handler_ = std::make_unique<admin::AdminHandler>(admin->lane_, *admin, *admin->hosts_,
                                                          *admin->access_, log_tail);
  admin->limits_.connections_max = admin::LiveFeed::kClientsMax + 256;
  admin->server_ =
      std::make_unique<http::Server>(admin->context_, std::move(listener), 0, admin->limits_,
                                     admin->traffic_.lane(0), *admin->handler_);
  return admin;
}

void AdminLane::allow_hosts(const std::vector<std::string>& names) {
  lane_.post(
      [this, names] { *hosts_ = admin::AllowedHosts(address_.host(), address_.port(), names); });
}

void AdminLane::start() {
  lane_.post([this] { server_->start(); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "admin");
    lane_.run();
  });
}

void AdminLane::stop() {
  if (!thread_.joinable()) return;
  static constexpr base::Duration kPatience = std::chrono::milliseconds(500);
  auto end = [](AdminLane& self) -> runtime::Task<void> {
    self.ending_.request();
    auto telling = self.handler_->stop();
    co_await telling;
    auto stopping = self.server_->stop(self.lane_.after(kPatience));
    co_await stopping;
    self.lane_.stop();
  };
  runtime::Gate gate;
  lane_.post([this, &gate, end] { runtime::spawn(gate, "stop", end(*this)); });
  thread_.join();
}

AdminLane::~AdminLane() { stop(); }

admin::About AdminLane::about() const {
  return {std::string(kVersion), std::string(kRevision), started_wall_ms_};
}

runtime::Task<std::string> AdminLane::prometheus() {
  runtime::Foreign<std::string> hop(lane_);
  control_.post([this, done = hop.completer()]() mutable { done.complete(control_.prometheus()); });
  auto waiting = hop.wait(lane_.after(kHopTime), &ending_);
  auto text = co_await waiting;
  co_return text ? std::move(*text) : std::string();
}

base::Result<std::string> AdminLane::resolve(const std::string& id) const {
  const observe::TrafficView view = control_.view();
  if (id.empty() && !view.services.empty()) return view.services.front().name;
  const observe::ServiceView* service = admin::find_service(view, id);
  if (service == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : view.services) names.push_back(each.name);
    return base::fail(base::Errc::not_found, control::no_such("service", id, names));
  }
  return service->name;
}

runtime::Task<base::Result<admin::ProbeReport>> AdminLane::send_request(std::string id) {
  WEIR_CO_TRY(const std::string name, resolve(id));
  const auto service = control_.registry().find_service_named(name);
  if (service == nullptr) co_return base::fail(base::Errc::not_found, "no service " + name);
  runtime::Foreign<ProbeResult> hop(lane_);
  lanes_.post_to_first([service, done = hop.completer()](runtime::Lane&, runtime::Gate& gate,
                                                         gateway::HttpProxy& proxy) mutable {
    runtime::spawn(gate, "request", probe_and_tell(proxy, service, std::move(done)));
  });
  auto waiting = hop.wait(lane_.after(kHopTime), &ending_);
  WEIR_CO_TRY(const ProbeResult result, co_await waiting);
  admin::ProbeReport report;
  report.success = result.reason == telemetry::Reason::ok && result.status < 500;
  report.server_id = result.endpoint_id;
  report.server_name = result.endpoint_name;
  report.server_url = result.endpoint_address.empty() ? "" : "http://" + result.endpoint_address;
  report.algorithm = balance::name(service->endpoints.load()->policy->balance.algorithm);
  report.active_connections = result.in_flight;
  report.response_ms = base::to_ms(result.duration);
  report.status = result.status;
  report.detail = result.detail;
  if (!report.success && report.detail.empty()) {
    report.detail = fmt::format("the service answered {}", result.status);
  }
  co_return report;
}

runtime::Task<base::Result<void>> AdminLane::act(std::string id, std::string action) {
  WEIR_CO_TRY(const std::string name, resolve(id));
  runtime::Foreign<base::Result<void>> hop(lane_);
  control_.post([this, name, action, done = hop.completer()]() mutable {
    control::ProcessService* processes = control_.find_processes(name);
    if (processes == nullptr) {
      done.complete(base::fail(base::Errc::invalid_argument,
                               name + " has no processes of its own to " + action));
    } else if (action == "restart") {
      runtime::spawn(control_.gate(), "restart", restart_and_tell(*processes, std::move(done)));
    } else if (action == "start") {
      if (!processes->is_stopped()) {
        done.complete(base::fail(base::Errc::conflict, name + " runs already"));
        return;
      }
      processes->start();
      runtime::spawn(control_.gate(), "start", wait_and_tell(*processes, std::move(done)));
    } else if (processes->is_stopped()) {
      done.complete(base::fail(base::Errc::conflict, name + " is stopped already"));
    } else {
      runtime::spawn(control_.gate(), "stop", stop_and_tell(*processes, std::move(done)));
    }
  });
  auto waiting = hop.wait(lane_.after(kHopTime), &ending_);
  WEIR_CO_TRY(auto result, co_await waiting);
  co_return result;
}

base::Result<std::vector<supervise::OutputLine>> AdminLane::output(std::string id,
                                                                   std::uint64_t after,
                                                                   std::size_t limit) const {
  WEIR_TRY(const std::string name, resolve(id));
  return control_.output_of(name, after, limit);
}

// ---- the operator's changes: the registry is thread-safe, so none goes to another lane

base::Result<void> AdminLane::pin_arm(std::string service, std::optional<balance::Algorithm> arm,
                                      const std::string& by) {
  WEIR_CHECK(control_.registry().pin_arm(service, arm, base::real_now()));
  control_.log().info("control", {{"service", service}, {"by", by}}, "adaptive: {}",
                      arm ? fmt::format("pinned to {}", balance::name(*arm)) : "chooses again");
  WEIR_TRY(const std::string name, resolve(service));
  reloader_.note({control::StateKind::arm, name, {}},
                 arm ? std::optional(quoted(balance::name(*arm))) : std::nullopt, by);
  return {};
}

base::Result<std::vector<control::BreakerOperated>> AdminLane::operate_breakers(
    const control::BreakerTarget& target, control::BreakerAction action, const std::string& by) {
  std::vector<control::HostChange> seen;
  WEIR_TRY(auto done,
           control_.registry().operate_breakers(target, action, base::real_now(), &seen));
  std::size_t changed = 0;
  const bool is_forced =
      action == control::BreakerAction::open || action == control::BreakerAction::close;
  for (const control::BreakerOperated& each : done) {
    const auto kind = each.endpoint.empty() ? control::StateKind::service_breaker
                                            : control::StateKind::endpoint_breaker;
    reloader_.note({kind, each.service, each.endpoint},
                   is_forced ? std::optional(quoted(control::name(action))) : std::nullopt, by);
    if (!each.changed) continue;
    ++changed;
    control_.log().info("control",
                        {{"service", each.service}, {"endpoint", each.endpoint}, {"by", by}},
                        "breaker {}: {} -> {}", control::name(action), each.from, each.to);
  }
  if (changed == 0) {
    control_.log().info("control", {{"service", target.service}, {"by", by}},
                        "breaker {}: nothing to do", control::name(action));
  }
  for (const control::HostChange& each : seen) control::log_change(control_.log(), each);
  return done;
}

base::Result<control::DrainChange> AdminLane::set_draining(const control::EndpointName& endpoint,
                                                           bool draining, const std::string& by) {
  std::vector<control::HostChange> seen;
  WEIR_TRY(auto done,
           control_.registry().set_draining(endpoint, draining, base::real_now(), &seen));
  control_.log().info("control",
                      {{"service", done.service},
                       {"endpoint", done.endpoint},
                       {"in_flight", done.in_flight},
                       {"by", by}},
                      "{}{}", draining ? "drain" : "undrain",
                      done.changed ? "" : ": was so already");
  reloader_.note({control::StateKind::drain, done.service, done.endpoint},
                 draining ? std::optional<std::string>("true") : std::nullopt, by);
  for (const control::HostChange& each : seen) control::log_change(control_.log(), each);
  return done;
}

base::Result<control::WeightChange> AdminLane::set_weight(const control::EndpointName& endpoint,
                                                          std::optional<std::uint32_t> weight,
                                                          const std::string& by) {
  WEIR_TRY(auto done, control_.registry().set_weight(endpoint, weight, base::real_now()));
  control_.log().info("control",
                      {{"service", done.service}, {"endpoint", done.endpoint}, {"by", by}},
                      "weight: {} -> {}", done.from, done.to);
  reloader_.note({control::StateKind::weight, done.service, done.endpoint},
                 weight ? std::optional(std::to_string(*weight)) : std::nullopt, by);
  return done;
}

}  // namespace weir::app
