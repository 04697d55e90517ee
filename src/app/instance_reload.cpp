// Instance: another configuration while it runs. Read and checked as a whole; what cannot change
// without a restart refuses all of it.
#include <fmt/format.h>

#include <future>

#include "app/instance.hpp"
#include "config/diff.hpp"

namespace weir::app {
namespace {

std::map<std::string, std::string> definitions_of(const std::vector<store::OverlayRow>& rows) {
  constexpr std::string_view kPrefix = "services.";
  std::map<std::string, std::string> out;
  for (const store::OverlayRow& row : rows) {
    const bool is_whole = row.key.starts_with(kPrefix) && row.key.rfind('.') == kPrefix.size() - 1;
    if (is_whole) out.emplace(row.key.substr(kPrefix.size()), row.value);
  }
  return out;
}

}  // namespace

// What taking it over would do, and why it must not be.
Instance::Candidate Instance::judge(const config::LoadResult& loaded, const StaticTable* known) {
  Candidate out;
  for (const auto& each : loaded.problems) out.outcome.problems.push_back(to_text(each));
  for (const auto& each : loaded.warnings) out.outcome.warnings.push_back(to_text(each));
  if (loaded.settings == nullptr) return out;
  const auto before = control_->settings();
  auto next = std::make_shared<config::Settings>(*loaded.settings);
  config::keep_numbers(*next, *before);
  const config::Change change = config::diff(*before, *next);
  out.outcome.plan = config::plan_lines(change);
  for (const std::string& key : loaded.ended) {
    out.outcome.plan.push_back(fmt::format("~ {}: the change made at run time ends", key));
  }
  out.outcome.problems = change.needs_restart;
  if (!out.outcome.problems.empty()) return out;
  // At a reload a registered service whose name means nothing now stands in nobody's way.
  std::vector<std::string> unresolved;
  auto statics = resolve_statics(*next, *before, known, known == nullptr ? &unresolved : nullptr);
  for (std::string& each : unresolved) out.outcome.warnings.push_back(std::move(each));
  if (!statics) {
    out.outcome.problems.emplace_back(statics.error().detail());
    return out;
  }
  for (const config::Service& service : next->services) {
    if (!service.registered || known == nullptr) continue;
    for (const StaticEndpoint& endpoint : (*statics)[service.name]) {
      const std::string why = guard_.why_not(endpoint.address);
      if (why.empty()) continue;
      out.outcome.problems.push_back(
          fmt::format("services.{}.endpoints: {}: it cannot be registered", service.name, why));
    }
  }
  if (!out.outcome.problems.empty()) return out;
  out.next = std::move(next);
  out.statics = *std::move(statics);
  return out;
}

void Instance::take_over(config::LoadResult loaded, Candidate candidate,
                         const std::vector<store::OverlayRow>& rows, const std::string& by) {
  numbers_->assign(*candidate.next, definitions_of(rows));
  apply(candidate.next, candidate.statics);
  from_ = std::move(loaded.from);
  statics_ = std::move(candidate.statics);
  for (const std::string& key : loaded.ended) {
    if (book_->unset(key)) {
      log_->info("config", {{"key", key}, {"by", by}}, "the change made at run time has ended");
    }
  }
  {
    const std::lock_guard lock(in_force_mutex_);
    in_force_ = {candidate.next, std::move(loaded.sources)};
  }
  end_state(by);
}

ReloadOutcome Instance::reload(bool plan_only, const std::string& by) {
  const std::lock_guard lock(reloading_);
  if (options_.config_path.empty()) {
    ReloadOutcome out;
    out.problems.emplace_back("this weir runs without a configuration file: there is none to read");
    return out;
  }
  // Those that stood aside have another chance.
  std::vector<store::OverlayRow> rows = book_->rows();
  config::LoadResult loaded =
      config::load_file(options_.config_path, &options_.environment, config_entries(rows));
  bool is_all = true;
  if (loaded.settings == nullptr && book_->has_idle()) {
    rows = book_->active_rows();
    loaded = config::load_file(options_.config_path, &options_.environment, config_entries(rows));
    is_all = false;
  }
  Candidate candidate = judge(loaded, nullptr);
  ReloadOutcome out = candidate.outcome;
  for (std::size_t i = 0; i < loaded.problems.size(); ++i) {
    const auto named = rows_named({loaded.problems[i]}, rows);
    if (named.empty()) continue;
    out.problems[i] +=
        fmt::format(" (changed at run time: weir config unset {} takes it back)", *named.begin());
  }
  if (plan_only) return out;
  if (candidate.next != nullptr) {
    if (is_all) book_->set_idle({});
    take_over(std::move(loaded), std::move(candidate), rows, by);
    out.applied = true;
    log_->info("config", {{"path", options_.config_path}, {"by", by}}, "reloaded: {}",
               fmt::join(out.plan, "; "));
  } else {
    log_->error("config", {{"path", options_.config_path}, {"by", by}},
                "not reloaded, nothing was changed: {}", fmt::join(out.problems, "; "));
  }
  return out;
}

void Instance::reload_soon(const std::string& by) {
  const bool is_taken = changes_.submit([this, by](bool is_over) {
    if (!is_over) reload(false, by);
  });
  if (!is_taken) log_->error("config", {{"by", by}}, "not reloaded: too many changes wait");
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
