#pragma once
// ProcessEnvironment: the variables weir was started with, and those of --env-file.

#include <optional>
#include <string>

#include "app/command_line.hpp"
#include "config/secret.hpp"

namespace weir::app {

void add_env_file(Command& command, std::string& path);

/// The process's variables count more than the file's, as with docker compose. Empty path: no file.
/// Nothing: the file has mistakes, and they were printed.
std::optional<config::Environment> read_environment(const std::string& path);

}  // namespace weir::app
