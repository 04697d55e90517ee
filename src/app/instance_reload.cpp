// Instance: another configuration while it runs. Read and checked as a whole; what cannot change
// without a restart refuses all of it.
#include <fmt/format.h>

#include <future>

#include "app/instance.hpp"
#include "config/diff.hpp"
#include "config/load.hpp"

namespace weir::app {

ReloadOutcome Instance::reload(bool plan_only, const std::string& by) {
  const std::lock_guard lock(reloading_);
  ReloadOutcome out;
  if (options_.config_path.empty()) {
    out.problems.emplace_back("this weir runs without a configuration file: there is none to read");
    return out;
  }
  const config::LoadResult loaded = config::load_file(options_.config_path);
  for (const config::Problem& each : loaded.problems) out.problems.push_back(to_text(each));
  for (const config::Problem& each : loaded.warnings) out.warnings.push_back(to_text(each));
  if (loaded.settings != nullptr) {
    const auto before = control_->settings();
    auto next = std::make_shared<config::Settings>(*loaded.settings);
    config::keep_numbers(*next, *before);
    const config::Change change = config::diff(*before, *next);
    out.plan = config::plan_lines(change);
    out.problems.insert(out.problems.end(), change.needs_restart.begin(),
                        change.needs_restart.end());
    if (out.problems.empty()) {
      const auto statics = resolve_statics(*next);
      if (!statics) {
        out.problems.emplace_back(statics.error().detail());
      } else if (!plan_only) {
        apply(std::move(next), *statics);
        out.applied = true;
      }
    }
  }
  if (plan_only) return out;
  if (out.applied) {
    log_->info("config", {{"path", options_.config_path}, {"by", by}}, "reloaded: {}",
               fmt::join(out.plan, "; "));
  } else {
    log_->error("config", {{"path", options_.config_path}, {"by", by}},
                "not reloaded, nothing was changed: {}", fmt::join(out.problems, "; "));
  }
  return out;
}

void Instance::apply(std::shared_ptr<const config::Settings> next, const StaticTable& statics) {
  const auto before = control_->settings();
  std::promise<void> done;
  control_->post([&] {
    control_->apply(next, statics, [&](const gateway::ServiceFinder& services) {
      routes_->publish(
          std::make_shared<const gateway::RouteTable>(*next, services, routes_->load().get()));
    });
    done.set_value();
  });
  done.get_future().wait();
  admin_->allow_hosts(next->admin.hosts);
  log_->set_level(to_level(next->log.level));
  if (before->listeners != next->listeners) lanes_->set_limits(next->listeners);
}

}  // namespace weir::app
