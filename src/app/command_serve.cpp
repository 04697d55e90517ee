// weir serve: a gateway from a configuration file.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/process_environment.hpp"
#include "app/run_instance.hpp"
#include "app/version.hpp"
#include "config/load.hpp"

namespace weir::app {
namespace {

struct ServeOptions {
  std::string config;
  std::string data;
  unsigned lanes = 0;
  std::string record;
  unsigned record_mib = 256;
  std::string env_file;
};

int serve(const ServeOptions& options) {
  const auto environment = read_environment(options.env_file);
  if (!environment) return kConfiguration;
  config::LoadResult loaded = config::load_file(options.config, &*environment);
  fmt::print(stderr, "{}", config::to_text(loaded.problems));
  if (!loaded.settings) return kConfiguration;
  for (const auto& warning : loaded.warnings) {
    fmt::print(stderr, "warning: {}\n", config::to_text(warning));
  }
  block_signals();
  InstanceOptions parts;
  parts.loaded = std::move(loaded);
  parts.environment = *environment;
  parts.lanes = options.lanes;
  parts.data_directory = options.data;
  parts.config_path = options.config;
  parts.record_path = options.record;
  parts.record_bytes_max = std::uint64_t{options.record_mib} << 20;
  auto instance = Instance::open(std::move(parts));
  if (!instance) return complain(kRunTime, std::string(instance.error().detail()));
  (*instance)->start();
  for (const OpenListener& listener : (*instance)->lanes().listeners()) {
    fmt::print("weir {}: {} on {}\n", kVersion, listener.name, listener.address.text());
  }
  fmt::print("weir {}: admin on {}\n", kVersion, (*instance)->admin_address().text());
  std::fflush(stdout);
  return run_until_signal(**instance, std::chrono::seconds(30));
}

}  // namespace

void add_serve(CommandLine& line) {
  auto options = std::make_shared<ServeOptions>();
  Command command = line.command("serve", "Run a gateway from a configuration file");
  command.text("-c,--config", options->config, "Configuration file", Presence::required);
  command.text("--data", options->data, "Data directory (default: none)");
  command.number("--lanes", options->lanes, "Data lanes (default: one a core)", 1, 256);
  add_env_file(command, options->env_file);
  command.text("--record", options->record, "Write every pick to this file, to be replayed");
  command.number("--record-max", options->record_mib, "MiB at which --record ends (256)", 1, 65536);
  command.footer(
      "SIGTERM drains for up to 30 s, SIGHUP reads the file again (as `weir reload`) and reopens "
      "the logs.\n"
      "What the file does not say, the environment may: PORT, DATABASE_URL (or PGHOST and its "
      "kin),\n"
      "DOCKER_DISCOVERY with BACKEND_LABEL and BACKEND_NETWORK.\n"
      "Examples:\n  weir serve -c weir.yaml --lanes 2\n"
      "  weir serve -c weir.yaml --data ./weir-data --env-file .env\n"
      "  weir serve -c weir.yaml --record picks.weir && weir simulate --replay picks.weir");
  command.runs([options] { return serve(*options); });
}

}  // namespace weir::app
