#pragma once
// Secret: settings that may be kept outside of the file (`{ env: NAME }`, `{ file: PATH }`),
// fetched when the configuration is loaded. No message repeats what was fetched.

#include <map>
#include <string>
#include <string_view>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// Environment variables by name. Whoever starts weir reads them once and hands them on: nothing
/// here asks the process.
using Environment = std::map<std::string, std::string, std::less<>>;

inline constexpr std::size_t kSecretFileMax = 64 * kKiB;

/// Fetches `admin.store`. A file's name starts at `folder` (empty: none may be named); its last
/// line ending is dropped. Without an environment, variables are not looked up and what is kept in
/// one stays empty.
void fetch_secrets(Settings& settings, const Node& root, const std::string& folder,
                   const Environment* environment, Problems& problems);

}  // namespace weir::config
