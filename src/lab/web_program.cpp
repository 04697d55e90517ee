// run_web: the demo service as a process: one lane, its server, its stop signals and its link to
// the supervisor.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "http/server.hpp"
#include "lab/stop_signals.hpp"
#include "lab/web.hpp"
#include "runtime/spawn.hpp"

namespace weir::lab {
namespace {

constexpr base::Duration kPatience = std::chrono::seconds(5);

std::string instance_from_environment() {
  const char* text = std::getenv("WEIR_INSTANCE");
  return text != nullptr ? text : "";
}

// Order of members is order of birth.
class WebProgram {
 public:
  explicit WebProgram(const WebOptions& options)
      : lane_(0),
        context_(lane_),
        handler_(context_, options, instance_from_environment()),
        link_(lane_, control_from_environment(), handler_, end_),
        signals_(lane_, end_) {}

  base::Result<void> open(const WebOptions& options) {
    WEIR_TRY(const net::Address address, net::Address::ip(options.bind, options.port));
    WEIR_TRY(auto listener, net::Listener::open(lane_, address, false));
    server_.emplace(context_, std::move(listener), 0, limits_, counters_, handler_);
    return {};
  }

  void run() {
    server_->start();
    signals_.start();
    link_.start();
    runtime::spawn(gate_, "live", live());
    link_.ready(server_->address().port());
    lane_.run();
  }

  const net::Address& address() const { return server_->address(); }

 private:
  runtime::Task<void> live() {
    co_await runtime::sleep_until(lane_, base::Deadline(), &end_);
    handler_.hurry();
    auto stopping = server_->stop(lane_.after(kPatience));
    co_await stopping;
    auto silence = signals_.stop();
    co_await silence;
    link_.report();
    auto parting = link_.stop();
    co_await parting;
    lane_.stop();
  }

  runtime::Lane lane_;
  http::LaneContext context_;
  http::ServerLimits limits_;
  telemetry::ListenerCounters counters_;
  runtime::CancelSource end_;
  WebHandler handler_;
  ChildLink link_;
  StopSignals signals_;
  std::optional<http::Server> server_;
  runtime::Gate gate_;
};

}  // namespace

int run_web(const WebOptions& options) {
  block_stop_signals();
  std::signal(SIGPIPE, SIG_IGN);
  WebProgram program(options);
  const auto opened = program.open(options);
  if (!opened) {
    fmt::print(stderr, "weir lab web: {}\n", opened.error().detail());
    return 3;
  }
  fmt::print("{} listening on {}\n", options.name, program.address().text());
  std::fflush(stdout);
  program.run();
  return 0;
}

}  // namespace weir::lab
