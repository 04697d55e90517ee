#pragma once
// Reloader: another configuration while weir runs, all of it or nothing: from the file, or by
// changes that are laid over it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin_port.hpp"
#include "app/change_queue.hpp"
#include "base/result.hpp"
#include "config/environment.hpp"
#include "config/overlay.hpp"
#include "config/settings.hpp"
#include "config/sources.hpp"
#include "control/state_key.hpp"
#include "store/overlay.hpp"

namespace weir::app {

struct ReloadOutcome {
  bool applied = false;
  std::vector<std::string> plan;      ///< what changes, a line each
  std::vector<std::string> problems;  ///< why nothing was changed; "file:line:column: text"
  std::vector<std::string> warnings;
};

/// What weir runs with, and where each value is from.
struct InForce {
  std::shared_ptr<const config::Settings> settings;
  std::shared_ptr<const config::Sources> sources;
};

class Reloader {
 public:
  virtual ~Reloader() = default;
  /// `plan_only`: says what would be done. `by`: for the log. Blocks.
  virtual ReloadOutcome reload(bool plan_only, const std::string& by) = 0;
  /// Keys of the file's. `is_news`: it goes into the log; what the registry did is there already.
  /// Fails: as the plan. Blocks.
  virtual base::Result<ReloadOutcome> change(const admin::ChangePlan& plan, const std::string& by,
                                             bool is_news) = 0;
  /// Takes back one change, of either kind. Fails: not_found; conflict, when the configuration
  /// would not be whole without it. Blocks.
  virtual base::Result<void> unset(const std::string& key, const std::string& by) = 0;
  /// Remembers what the operator has changed in the registry; nothing: it was taken back. From any
  /// thread.
  virtual void note(const control::StateKey& key, const std::optional<std::string>& value,
                    const std::string& by) = 0;
  /// By key.
  virtual std::vector<store::OverlayRow> overlay() const = 0;
  /// Whether it stands aside, because it contradicts the file as it is.
  virtual bool is_idle(const std::string& key) const = 0;
  /// Where whatever blocks here is to run.
  virtual ChangeQueue& changes() = 0;
  virtual InForce in_force() const = 0;
  /// As of the start.
  virtual config::Surroundings surroundings() const = 0;
};

}  // namespace weir::app
