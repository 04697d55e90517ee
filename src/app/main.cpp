// Temporary driver for measuring the data path; replaced by the command table.
#include <csignal>
#include <cstdio>

#include "app/data_lanes.hpp"
#include "config/load.hpp"
#include "config/address.hpp"

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  using namespace weir;
  auto loaded = config::load_file(argv[3]);
  if (!loaded.settings) return 1;
  const auto& settings = *loaded.settings;
  control::Registry registry(1);
  gateway::ServiceFinder finder;
  std::uint32_t slot = 0;
  for (const auto& service : settings.services) {
    finder[service.name] = {registry.add_service(service.number, service.name), slot++};
    for (const auto& e : service.endpoints) {
      auto added = registry.add_endpoint(service.name, config::to_text(e.address), config::to_text(e.address), 1, {});
      registry.set_state((*added)->id, true, "eligible", "");
    }
  }
  runtime::Published<gateway::RouteTable> routes(std::make_shared<const gateway::RouteTable>(settings, finder));
  auto lanes = app::DataLanes::open(settings, 1, routes, {});
  if (!lanes) { std::fprintf(stderr, "%s\n", std::string(lanes.error().detail()).c_str()); return 3; }
  (*lanes)->start();
  std::printf("ready\n"); std::fflush(stdout);
  sigset_t set; sigemptyset(&set); sigaddset(&set, SIGINT); sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  int sig; sigwait(&set, &sig);
  (*lanes)->stop(std::chrono::seconds(5));
}
