#include "app/instance.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <thread>

#include "app/open_store.hpp"
#include "app/resolve_now.hpp"
#include "config/address.hpp"

namespace weir::app {
namespace {

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

// As many descriptors as we may have: the limit is what bounds connections.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A static endpoint; a name becomes one endpoint per address it has at the start.
// The budget is the service's: the first route that leads there says how large it is.
config::Retry retry_of(const config::Settings& settings, const std::string& service) {
  for (const config::Route& route : settings.routes) {
    if (route.service == service) return route.retry;
  }
  return {};
}

base::Result<void> add_static(control::Registry& registry, const std::string& service,
                              const config::Endpoint& endpoint) {
  const std::string text = config::to_text(endpoint.address);
  std::vector<std::string> addresses;
  if (endpoint.address.is_unix() || net::Address::parse(text)) {
    addresses.push_back(text);
  } else {
    WEIR_TRY(addresses, resolve_now(endpoint.address.host, endpoint.address.port));
  }
  for (const std::string& address : addresses) {
    const std::string name = address == text ? text : text + " " + address;
    WEIR_TRY(const auto entry, registry.add_endpoint({.service = service,
                                                      .name = name,
                                                      .address = address,
                                                      .weight = endpoint.weight,
                                                      .backup = endpoint.backup,
                                                      .at_start = true},
                                                     base::real_now()));
    registry.set_ready(entry->id, true, "eligible", "", base::real_now());
  }
  return {};
}

base::Result<int> open_append(const std::string& path) {
  if (path == "stderr") return STDERR_FILENO;
  if (path == "stdout") return STDOUT_FILENO;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return base::Fail(base::Error::from_errno(errno, "open the log " + path));
  return fd;
}

}  // namespace

base::Result<void> Instance::open_logs() {
  const config::Settings& settings = *options_.settings;
  const std::string path = options_.log_path.empty() ? settings.log.path : options_.log_path;
  WEIR_TRY(log_fd_, open_append(path));
  sink_ = std::make_unique<telemetry::FdSink>(log_fd_);
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
  const config::Settings& settings = *self->options_.settings;
  if (!self->options_.data_directory.empty()) {
    WEIR_TRY(self->directory_, DataDirectory::open(self->options_.data_directory));
  }
  WEIR_CHECK(self->open_logs());

  const std::size_t lanes = self->options_.lanes;
  self->registry_ = std::make_unique<control::Registry>(lanes);
  std::uint32_t slot = 0;
  for (const config::Service& service : settings.services) {
    auto added = self->registry_->add_service(service, retry_of(settings, service.name));
    self->services_[service.name] = {std::move(added), slot++};
    for (const config::Endpoint& endpoint : service.endpoints) {
      WEIR_CHECK(add_static(*self->registry_, service.name, endpoint));
    }
  }
  self->routes_ = std::make_unique<runtime::Published<gateway::RouteTable>>(
      std::make_shared<const gateway::RouteTable>(settings, self->services_));
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
  self->control_ =
      std::make_unique<ControlPlane>(settings, *self->registry_, *self->lanes_, *self->log_);
  WEIR_TRY(
      self->store_,
      open_store(store_target(settings.admin.store, self->options_.data_directory), *self->log_));
  WEIR_TRY(self->admin_, AdminLane::open(settings, *self->control_, *self->lanes_, self->services_,
                                         self->store_.get(), *self->log_tail_));
  return self;
}

void Instance::start() {
  if (access_log_ != nullptr) {
    control_->access_log_dropped = [this] { return access_log_->dropped(); };
  }
  lanes_->start();
  control_->start();
  admin_->start();
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
    const observe::TotalsView totals = control_->view().totals;
    const bool whole = totals.services_healthy == totals.services;
    if ((why.empty() && whole) || base::real_now() >= until) return why;
    if (interrupted()) return "interrupted";
    timespec pause{0, 10'000'000};
    nanosleep(&pause, nullptr);
  }
}

void Instance::stop(base::Duration patience) {
  log_->info("app", "draining");
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
  if (admin_ != nullptr) admin_->stop();
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
