#include "app/instance.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <thread>

#include "app/open_store.hpp"
#include "app/service_unit.hpp"
#include "config/address.hpp"

namespace weir::app {
namespace {

// As many descriptors as we may have: the limit is what bounds connections.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Every endpoint takes requests, but for those that the operator has taken out.
bool is_whole(const observe::TrafficView& view) {
  for (const observe::ServiceView& service : view.services) {
    if (service.scaling.enabled && service.endpoints.size() < service.scaling.wanted) return false;
    for (const observe::EndpointView& each : service.endpoints) {
      const bool is_taken_out = each.state == "draining" || each.breaker.forced;
      if (!each.healthy && !is_taken_out) return false;
    }
  }
  return true;
}

base::Result<int> open_append(const std::string& path) {
  if (path == "stderr") return STDERR_FILENO;
  if (path == "stdout") return STDOUT_FILENO;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return base::Fail(base::Error::from_errno(errno, "open the log " + path));
  return fd;
}

}  // namespace

telemetry::Level to_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return telemetry::Level::debug;
    case config::LogLevel::info:
      return telemetry::Level::info;
    case config::LogLevel::warn:
      return telemetry::Level::warn;
    case config::LogLevel::error:
      return telemetry::Level::error;
  }
  return telemetry::Level::info;
}

base::Result<void> Instance::open_logs() {
  const config::Settings& settings = *options_.loaded.settings;
  const std::string path = options_.log_path.empty() ? settings.log.path : options_.log_path;
  WEIR_TRY(log_fd_, open_append(path));
  sink_ = std::make_unique<EventSink>(log_fd_);
  log_tail_ = std::make_unique<telemetry::LogTail>(*sink_);
  log_ = std::make_unique<telemetry::Log>(
      *log_tail_, telemetry::LogOptions{.level = to_level(settings.log.level)});
  if (!settings.access_log.is_on()) return {};
  observe::AccessLogOptions options;
  options.lanes = options_.lanes;
  if (settings.access_log.path == "stdout") {
    access_log_ = std::make_unique<observe::AccessLog>(
        observe::AccessLogFile::borrow(STDOUT_FILENO), options, *log_);
    return {};
  }
  WEIR_TRY(auto file, observe::AccessLogFile::open(settings.access_log.path));
  access_log_ = std::make_unique<observe::AccessLog>(std::move(file), options, *log_);
  return {};
}

base::Result<std::unique_ptr<Instance>> Instance::open(InstanceOptions options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  std::unique_ptr<Instance> self(new Instance);
  if (options.lanes == 0) options.lanes = std::max(1u, std::thread::hardware_concurrency());
  self->options_ = std::move(options);
  if (!self->options_.data_directory.empty()) {
    WEIR_TRY(self->directory_, DataDirectory::open(self->options_.data_directory));
  }
  WEIR_CHECK(self->open_logs());
  WEIR_CHECK(self->open_store_and_overlay());
  const auto in_force = self->in_force_.settings;
  const config::Settings& settings = *in_force;

  const std::size_t lanes = self->options_.lanes;
  self->registry_ = std::make_unique<control::Registry>(lanes);
  // The control plane knows the services first; routes name what it has made.
  self->routes_ = std::make_unique<runtime::Published<gateway::RouteTable>>(
      std::make_shared<const gateway::RouteTable>(settings, gateway::ServiceFinder()));
  std::vector<std::string> unresolved;
  WEIR_TRY(self->statics_, resolve_statics(settings, settings, nullptr, &unresolved));
  for (const std::string& each : unresolved) {
    self->log_->error("config", "a registered service has no endpoint: {}", each);
  }
  std::vector<telemetry::RecordRing*> rings;
  for (std::size_t i = 0; self->access_log_ != nullptr && i < lanes; ++i) {
    rings.push_back(&self->access_log_->ring(i));
  }
  WEIR_TRY(self->lanes_, DataLanes::open(settings, lanes, *self->routes_, rings));
  if (!self->options_.record_path.empty()) {
    WEIR_TRY(self->record_, RecordFile::open(self->options_.record_path,
                                             self->options_.record_bytes_max, *self->log_));
    self->lanes_->record_into(*self->record_);
  }
  self->control_ = std::make_unique<ControlPlane>(in_force, self->statics_, *self->registry_,
                                                  *self->lanes_, *self->log_);
  gateway::ServiceFinder services;
  for (const config::Service& service : settings.services) {
    services[service.name] = self->registry_->find_service_named(service.name);
  }
  self->routes_->publish(
      std::make_shared<const gateway::RouteTable>(settings, services, self->routes_->load().get()));
  WEIR_TRY(self->admin_, AdminLane::open(settings, *self->control_, *self->lanes_, *self,
                                         self->store_.get(), *self->log_tail_));
  self->guard_ = control::EndpointGuard(self->admin_->address());
  self->registry_->set_guard(self->guard_, base::real_now());
  self->restore_state();
  return self;
}

void Instance::start() {
  if (access_log_ != nullptr) {
    control_->access_log_dropped = [this] { return access_log_->dropped(); };
  }
  if (store_ != nullptr) control_->keep_records(*store_);
  lanes_->start();
  control_->start();
  admin_->start();
  if (!is_overlay_read_) late_ = std::jthread([this](std::stop_token stop) { load_late(stop); });
  if (directory_ != nullptr) {
    directory_->publish(admin_->address().text(), lanes_->listeners().front().address.text());
  }
  log_->info("app", {{"pid", ::getpid()}, {"lanes", lanes_->size()}}, "serving");
}

void Instance::start_traffic() {
  if (options_.traffic_rate <= 0) return;
  supervise::ChildSpec spec;
  spec.name = "traffic";
  spec.command = {"weir",
                  "lab",
                  "traffic",
                  "--target",
                  lanes_->listeners().front().address.text(),
                  "--rate",
                  fmt::format("{}", options_.traffic_rate)};
  control_->add_helper(std::move(spec));
}

std::string Instance::wait_ready(base::Duration patience, bool (*interrupted)()) {
  const base::Time until = base::real_now() + patience;
  for (;;) {
    std::string why = control_->not_ready();
    const bool whole = is_whole(control_->view());
    if ((why.empty() && whole) || base::real_now() >= until) return why;
    if (interrupted()) return "interrupted";
    timespec pause{0, 10'000'000};
    nanosleep(&pause, nullptr);
  }
}

void Instance::stop(base::Duration patience) {
  late_ = {};
  log_->info("app", "draining");
  changes_.stop();
  const std::size_t cut = lanes_->stop(patience);
  if (cut > 0) log_->warn("app", {{"connections", cut}}, "cut at the end of the drain");
  admin_->stop();
  control_->stop();
  if (access_log_ != nullptr) access_log_->stop();
  log_->info("app", "stopped");
  log_->flush();
}

void Instance::reopen_logs() {
  if (access_log_ != nullptr) access_log_->reopen();
}

Instance::~Instance() {
  // The admin lane may ask the control lane, and both the data lanes: the askers end first. What
  // the store still writes answers to a lane that stands still but is there.
  late_ = {};
  changes_.stop();
  if (admin_ != nullptr) admin_->stop();
  if (sink_ != nullptr) sink_->attach(nullptr);
  if (log_ != nullptr) log_->flush();
  numbers_.reset();
  book_.reset();
  store_.reset();
  admin_.reset();
  lanes_.reset();
  control_.reset();
  record_.reset();
  access_log_.reset();
  log_.reset();
  if (log_fd_ > STDERR_FILENO) ::close(log_fd_);
}

}  // namespace weir::app
