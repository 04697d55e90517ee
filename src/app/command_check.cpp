// weir check: what is wrong with a configuration, and where.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/process_environment.hpp"
#include "base/json.hpp"
#include "config/effective.hpp"
#include "config/json_schema.hpp"
#include "config/load.hpp"

namespace weir::app {
namespace {

struct CheckOptions {
  std::string config;
  bool effective = false;
  bool schema = false;
  bool json = false;
  std::string env_file;
};

base::json::array to_json(const std::vector<config::Problem>& problems) {
  base::json::array out;
  for (const auto& problem : problems) {
    out.push_back(base::json::object{{"file", problem.file},
                                     {"line", problem.line},
                                     {"column", problem.column},
                                     {"message", problem.message}});
  }
  return out;
}

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

int check(const CheckOptions& options) {
  if (options.schema) {
    fmt::print("{}", config::json_schema());
    return kOk;
  }
  if (options.config.empty())
    return complain(kUsage, "check needs a file: weir check -c weir.yaml");
  const auto environment = read_environment(options.env_file);
  if (!environment) return kConfiguration;
  const config::LoadResult loaded = config::load_file(options.config, &*environment);
  if (options.json) {
    fmt::print("{}", base::pretty_json(base::json::object{{"ok", loaded.settings != nullptr},
                                                          {"problems", to_json(loaded.problems)},
                                                          {"warnings", to_json(loaded.warnings)}}));
    return loaded.settings ? kOk : kConfiguration;
  }
  fmt::print(stderr, "{}", config::to_text(loaded.problems));
  for (const auto& warning : loaded.warnings) {
    fmt::print(stderr, "warning: {}\n", config::to_text(warning));
  }
  if (!loaded.settings) {
    const std::size_t count = loaded.problems.size();
    return complain(kConfiguration, fmt::format("{} mistake{} in {}; nothing was started", count,
                                                count == 1 ? "" : "s", options.config));
  }
  if (options.effective) {
    fmt::print("{}", config::to_yaml(*loaded.settings, loaded.sources.get()));
    fmt::print("# TOTAL_RECORDS: {}  # {}\n", loaded.surroundings.total_records,
               loaded.surroundings.total_records_from);
  } else {
    fmt::print("{}: ok ({}, {}, {})\n", options.config,
               counted(loaded.settings->listeners.size(), "listener"),
               counted(loaded.settings->services.size(), "service"),
               counted(loaded.settings->routes.size(), "route"));
  }
  return kOk;
}

}  // namespace

void add_check(CommandLine& line) {
  auto options = std::make_shared<CheckOptions>();
  Command command = line.command("check", "Check a configuration file");
  command.text("-c,--config", options->config, "Configuration file");
  command.flag("--effective", options->effective,
               "Print it with all defaults, and where each value is from");
  add_env_file(command, options->env_file);
  command.flag("--schema", options->schema, "Print the JSON Schema of the configuration");
  command.flag("--json", options->json, "Report as JSON");
  command.footer(
      "Prints file:line:column: message for every mistake, exit code 1 if there is one.\n"
      "Examples:\n  weir check -c weir.yaml\n  weir check -c weir.yaml --effective");
  command.runs([options] { return check(*options); });
}

}  // namespace weir::app
