#pragma once
// Answer files: the bodies of static fallbacks (`fallback: { static: { file: sorry.html } }`), read
// when the configuration is, so that no request waits for a disk.

#include <cstddef>
#include <string>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

inline constexpr std::size_t kAnswerFileMax = 1024 * kKiB;  // one body
inline constexpr std::size_t kAnswerFilesMax =
    64 * 1024 * kKiB;  // all of them: they stay in memory

/// Fills `StaticAnswer::body` of every route. A relative name starts at `folder`; with an empty
/// folder no file is read, and naming one is a problem. Each file is read once.
void read_answer_files(Settings& settings, const Node& root, const std::string& folder,
                       Problems& problems);

}  // namespace weir::config
