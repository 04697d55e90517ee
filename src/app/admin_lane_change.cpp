// AdminLane: the configuration, and what the operator changes of it, on threads that may block.
#include <fmt/format.h>

#include <algorithm>

#include "admin/view_json.hpp"
#include "app/admin_lane.hpp"
#include "runtime/foreign.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kScaleTime = std::chrono::seconds(60);
constexpr base::Duration kTurnTime = std::chrono::seconds(120);

admin::ReloadReport report_of(ReloadOutcome outcome) {
  return {outcome.applied, std::move(outcome.plan), std::move(outcome.problems),
          std::move(outcome.warnings)};
}

}  // namespace

// `work` when its turn comes, on a thread that may block; its value here.
template <class Value>
runtime::Task<base::Result<Value>> AdminLane::in_turn(
    std::move_only_function<base::Result<Value>()> work) {
  runtime::Foreign<base::Result<Value>> hop(lane_);
  auto turn = [work = std::move(work), done = hop.completer()](bool is_over) mutable {
    done.complete(is_over ? base::Result<Value>(base::fail(base::Errc::cancelled, "weir ends"))
                          : work());
  };
  if (!reloader_.changes().submit(std::move(turn))) {
    co_return base::fail(base::Errc::overloaded,
                         "too many changes wait for their turn; try again in a moment");
  }
  auto waiting = hop.wait(lane_.after(kTurnTime), &ending_);
  auto turned = co_await waiting;
  if (!turned) co_return base::Fail(std::move(turned).error());
  co_return std::move(*turned);
}

runtime::Task<base::Result<admin::ReloadReport>> AdminLane::reload(bool plan_only, std::string by) {
  std::move_only_function<base::Result<admin::ReloadReport>()> work = [this, plan_only, by] {
    return base::Result<admin::ReloadReport>(report_of(reloader_.reload(plan_only, by)));
  };
  auto reloading = in_turn(std::move(work));
  co_return co_await reloading;
}

runtime::Task<base::Result<admin::ReloadReport>> AdminLane::change(admin::ChangePlan plan,
                                                                   std::string by) {
  auto laying = lay(std::move(plan), std::move(by), true);
  co_return co_await laying;
}

runtime::Task<base::Result<admin::ReloadReport>> AdminLane::lay(admin::ChangePlan plan,
                                                                std::string by, bool is_news) {
  std::move_only_function<base::Result<admin::ReloadReport>()> work =
      [this, plan = std::move(plan), by, is_news]() -> base::Result<admin::ReloadReport> {
    WEIR_TRY(ReloadOutcome outcome, reloader_.change(plan, by, is_news));
    return report_of(std::move(outcome));
  };
  auto changing = in_turn(std::move(work));
  co_return co_await changing;
}

// What an operator has changed already is kept as it is when its turn comes: of two such changes at
// once the later one counts, whoever writes it down.
runtime::Task<void> AdminLane::keep(admin::ChangePlan plan, std::string service, std::string by) {
  auto keeping = lay(std::move(plan), std::move(by), false);
  const auto kept = co_await keeping;
  if (kept && kept->problems.empty()) co_return;
  control_.log().warn("config", {{"service", service}}, "the change ends with this weir: {}",
                      kept ? kept->problems.front() : std::string(kept.error().detail()));
}

runtime::Task<base::Result<void>> AdminLane::unset(std::string key, std::string by) {
  std::move_only_function<base::Result<bool>()> work = [this, key, by]() -> base::Result<bool> {
    WEIR_CHECK(reloader_.unset(key, by));
    return true;
  };
  auto unsetting = in_turn(std::move(work));
  WEIR_CO_TRY([[maybe_unused]] const bool done, co_await unsetting);
  co_return base::Result<void>();
}

// The registry first: it takes effect at once, whatever the configuration waits for.
runtime::Task<base::Result<std::vector<control::AlgorithmChange>>> AdminLane::set_algorithm(
    std::string service, balance::Algorithm algorithm, std::string by) {
  WEIR_CO_TRY(auto changes,
              control_.registry().set_algorithm(service, algorithm, base::real_now()));
  std::vector<std::string> names;
  for (const control::AlgorithmChange& each : changes) {
    control_.log().info("control", {{"service", each.service}, {"by", by}}, "algorithm: {} -> {}",
                        each.from, each.to);
    names.push_back(each.service);
    reloader_.note({control::StateKind::arm, each.service, {}}, std::nullopt, by);
  }
  admin::ChangePlan plan = [this, names](const admin::ConfigNow&) {
    std::vector<config::OverlayEdit> edits;
    for (const control::ServiceEntry& entry : control_.registry().facts()) {
      if (std::ranges::count(names, entry.service->name) == 0) continue;
      edits.push_back({fmt::format("services.{}.balance.algorithm", entry.service->name),
                       fmt::format("\"{}\"", balance::name(entry.policy->balance.algorithm))});
    }
    return base::Result<std::vector<config::OverlayEdit>>(std::move(edits));
  };
  auto keeping = keep(std::move(plan), std::move(service), std::move(by));
  co_await keeping;
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
  auto waiting = hop.wait(lane_.after(kScaleTime), &ending_);
  WEIR_CO_TRY(const control::ScaleAnswer answer, co_await waiting);
  // Containers outlive weir by themselves; processes are started by the number.
  if (answer.kind == control::ScaleAnswer::Kind::done && answer.from != answer.to &&
      answer.keeps_number) {
    admin::ChangePlan plan = [this, name](const admin::ConfigNow&) {
      std::vector<config::OverlayEdit> edits;
      const observe::TrafficView view = control_.view();
      const observe::ServiceView* service = admin::find_service(view, name);
      if (service != nullptr && service->scaling.enabled) {
        edits.push_back({fmt::format("services.{}.process.replicas", name),
                         std::to_string(service->scaling.wanted)});
      }
      return base::Result<std::vector<config::OverlayEdit>>(std::move(edits));
    };
    auto keeping = keep(std::move(plan), name, std::move(by));
    co_await keeping;
  }
  co_return answer;
}

}  // namespace weir::app
