// AdminLane: the configuration, and what the operator changes of it, on threads that may block.
#include <fmt/format.h>
#include <pthread.h>

#include <thread>

#include "app/admin_lane.hpp"
#include "runtime/foreign.hpp"
#include "telemetry/background_thread.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kHopTime = std::chrono::seconds(60);

admin::ReloadReport report_of(ReloadOutcome outcome) {
  return {outcome.applied, std::move(outcome.plan), std::move(outcome.problems),
          std::move(outcome.warnings)};
}

}  // namespace

// A thread for each: changes are rare, one at a time, and wait for files, names and disks.
template <class Value>
runtime::Task<base::Result<Value>> AdminLane::on_thread(const char* name,
                                                        std::move_only_function<Value()> work) {
  runtime::Foreign<Value> hop(lane_);
  std::thread worker = telemetry::start_background(
      name, [work = std::move(work), done = hop.completer()]() mutable { done.complete(work()); });
  // Without a limit: the thread is to be joined, and that must not stop the lane.
  auto waiting = hop.wait(base::Deadline(), &ending_);
  auto value = co_await waiting;
  worker.join();
  co_return value;
}

runtime::Task<base::Result<admin::ReloadReport>> AdminLane::reload(bool plan_only, std::string by) {
  std::move_only_function<admin::ReloadReport()> work = [this, plan_only, by] {
    return report_of(reloader_.reload(plan_only, by));
  };
  auto reloading = on_thread("reload", std::move(work));
  co_return co_await reloading;
}

runtime::Task<base::Result<admin::ReloadReport>> AdminLane::change(
    std::vector<config::OverlayEdit> edits, std::string by) {
  auto laying = lay(std::move(edits), std::move(by), true);
  co_return co_await laying;
}

runtime::Task<base::Result<admin::ReloadReport>> AdminLane::lay(
    std::vector<config::OverlayEdit> edits, std::string by, bool is_news) {
  std::move_only_function<admin::ReloadReport()> work = [this, edits = std::move(edits), by,
                                                         is_news] {
    return report_of(reloader_.change(edits, by, is_news));
  };
  auto changing = on_thread("change", std::move(work));
  co_return co_await changing;
}

runtime::Task<base::Result<void>> AdminLane::unset(std::string key, std::string by) {
  std::move_only_function<base::Result<void>()> work = [this, key, by] {
    return reloader_.unset(key, by);
  };
  auto unsetting = on_thread("unset", std::move(work));
  WEIR_CO_TRY(auto done, co_await unsetting);
  co_return done;
}

// The registry first: it takes effect at once, whatever the configuration waits for.
runtime::Task<base::Result<std::vector<control::AlgorithmChange>>> AdminLane::set_algorithm(
    std::string service, balance::Algorithm algorithm, std::string by) {
  WEIR_CO_TRY(auto changes,
              control_.registry().set_algorithm(service, algorithm, base::real_now()));
  std::vector<config::OverlayEdit> edits;
  for (const control::AlgorithmChange& each : changes) {
    control_.log().info("control", {{"service", each.service}, {"by", by}}, "algorithm: {} -> {}",
                        each.from, each.to);
    edits.push_back({fmt::format("services.{}.balance.algorithm", each.service),
                     fmt::format("\"{}\"", balance::name(algorithm))});
    reloader_.note({control::StateKind::arm, each.service, {}}, std::nullopt, by);
  }
  auto keeping = lay(std::move(edits), by, false);
  const auto kept = co_await keeping;
  if (kept && !kept->problems.empty()) {
    control_.log().warn("config", {{"service", service}}, "the algorithm ends with this weir: {}",
                        kept->problems.front());
  }
  co_return changes;
}

runtime::Task<base::Result<control::ScaleAnswer>> AdminLane::scale(std::string id,
                                                                   control::ScaleWish wish,
                                                                   std::string by) {
  WEIR_CO_TRY(const std::string name, resolve(id));
  runtime::Foreign<control::ScaleAnswer> hop(lane_);
  control_.post([this, name, wish, by, done = hop.completer()]() mutable {
    control::Scaler* scaler = control_.find_scaler(name);
    if (scaler != nullptr) {
      control::ScaleAnswer scaled = scaler->by_hand(wish, by, control_.now());
      control_.share();
      done.complete(std::move(scaled));
      return;
    }
    control::ScaleAnswer answer{.service = name};
    answer.kind = control::ScaleAnswer::Kind::impossible;
    answer.detail = name + " has neither processes nor containers of weir's own to scale";
    done.complete(std::move(answer));
  });
  auto waiting = hop.wait(lane_.after(kHopTime), &ending_);
  WEIR_CO_TRY(const control::ScaleAnswer answer, co_await waiting);
  // Containers outlive weir by themselves; processes are started by the number.
  if (answer.kind == control::ScaleAnswer::Kind::done && answer.from != answer.to &&
      answer.keeps_number) {
    std::vector<config::OverlayEdit> edits = {
        {fmt::format("services.{}.process.replicas", name), std::to_string(answer.to)}};
    auto keeping = lay(std::move(edits), by, false);
    const auto kept = co_await keeping;
    if (kept && !kept->problems.empty()) {
      control_.log().warn("config", {{"service", name}}, "the number ends with this weir: {}",
                          kept->problems.front());
    }
  }
  co_return answer;
}

}  // namespace weir::app
