#pragma once
// Load: a file (or text) → checked, immutable Settings, or every problem with its place.
//
// All or nothing: settings exist only when there is no problem. Warnings never stop anything.
// Reading runs in eight steps: document.hpp (text → nodes), environment.hpp (what variables add),
// overlay.hpp (what was changed at run time), reader.hpp (nodes → Settings), validate.hpp (parts
// against each other), answer_file.hpp (the files it names), secret.hpp (what is kept elsewhere),
// and what several keys decide together.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.hpp"
#include "config/overlay.hpp"
#include "config/problem.hpp"
#include "config/secret.hpp"
#include "config/settings.hpp"
#include "config/sources.hpp"

namespace weir::config {

/// What a configuration was read from, to read it again with another overlay.
struct LoadedText {
  std::string text;
  std::string name;    ///< stands for the file in messages
  std::string folder;  ///< where relative names of files start; empty: it may name none
};

struct LoadResult {
  std::shared_ptr<const Settings> settings;  ///< null exactly when there are problems
  std::vector<Problem> problems;             ///< by place, at most kProblemsMax
  std::vector<Problem> warnings;             ///< likewise
  std::shared_ptr<const Sources> sources;    ///< of `settings`; null with them
  Surroundings surroundings;                 ///< beside the settings
  LoadedText from;                           ///< empty when it could not be read
  std::vector<std::string> ended;            ///< entries of the overlay that hold no longer
};

/// Reads the file with blocking calls. A file that cannot be read is a problem at 1:1, with the
/// nearest name of its folder as a suggestion. Pipes (`/dev/fd/63`) are read to their end.
/// What the file does not say, `environment` may (environment.hpp); without one, no variable is
/// looked up, and secrets that are kept in one stay empty.
LoadResult load_file(const std::string& path, const Environment* environment = nullptr,
                     std::span<const OverlayEntry> overlay = {});

/// The same for a text; `name` stands for the file in messages, and relative names of files in it
/// start at `folder` (empty: it may not name any).
LoadResult load_text(std::string_view text, std::string name, const std::string& folder = {},
                     const Environment* environment = nullptr,
                     std::span<const OverlayEntry> overlay = {});

/// One line for each problem, as to_text() of problem.hpp writes it, each ending in a newline.
std::string to_text(const std::vector<Problem>& problems);

}  // namespace weir::config
