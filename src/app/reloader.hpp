#pragma once
// Reloader: another configuration while weir runs, all of it or nothing.

#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace weir::app {

struct ReloadOutcome {
  bool applied = false;
  std::vector<std::string> plan;      ///< what changes, a line each
  std::vector<std::string> problems;  ///< why nothing was changed; "file:line:column: text"
  std::vector<std::string> warnings;
};

class Reloader {
 public:
  virtual ~Reloader() = default;
  /// `plan_only`: says what would be done. `by`: for the log. Blocks.
  virtual ReloadOutcome reload(bool plan_only, const std::string& by) = 0;
  virtual std::shared_ptr<const config::Settings> current_settings() const = 0;
};

}  // namespace weir::app
