#include "app/process_environment.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "config/env_file.hpp"
#include "config/load.hpp"

extern char** environ;

namespace weir::app {

void add_env_file(Command& command, std::string& path) {
  command.text("--env-file", path, "Variables from a file, NAME=VALUE a line");
}

std::optional<config::Environment> read_environment(const std::string& path) {
  config::Environment out;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry(*each);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  if (path.empty()) return out;
  config::EnvFile file = config::load_env_file(path);
  for (const config::Problem& warning : file.warnings) {
    fmt::print(stderr, "warning: {}\n", config::to_text(warning));
  }
  fmt::print(stderr, "{}", config::to_text(file.problems));
  if (!file.problems.empty()) return std::nullopt;
  for (auto& [name, value] : file.variables) out.emplace(name, std::move(value));
  return out;
}

}  // namespace weir::app
