// AdminLane, what was decided: goes to the data lanes, where decisions are kept and made.
#include <algorithm>

#include "app/admin_lane.hpp"
#include "runtime/foreign.hpp"

namespace weir::app {
namespace {

using gateway::DecisionView;
using gateway::ExplainedRequest;

constexpr base::Duration kLookTime = std::chrono::seconds(5);

std::int64_t end_ms(const DecisionView& decision) noexcept {
  return decision.wall_ms + decision.took / std::chrono::milliseconds(1);
}

// Runs `look(proxy)` on every data lane; the results by lane.
template <class T, class Look>
runtime::Task<base::Result<std::vector<T>>> ask_lanes(runtime::Lane& home, DataLanes& lanes,
                                                      runtime::CancelSource& ending, Look look) {
  std::vector<runtime::Foreign<T>> hops;
  hops.reserve(lanes.size());
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    hops.emplace_back(home);
    lanes.post_to(i, [look, done = hops.back().completer()](runtime::Lane&, runtime::Gate&,
                                                            gateway::HttpProxy& proxy) mutable {
      done.complete(look(proxy));
    });
  }
  const base::Deadline deadline = home.after(kLookTime);
  std::vector<T> out;
  for (auto& hop : hops) {
    auto waiting = hop.wait(deadline, &ending);
    WEIR_CO_TRY(T found, co_await waiting);
    out.push_back(std::move(found));
  }
  co_return out;
}

struct FindById {
  std::string id;
  std::optional<DecisionView> operator()(const gateway::HttpProxy& proxy) const {
    const DecisionView* found = proxy.decisions().find(id);
    return found != nullptr ? std::optional(*found) : std::nullopt;
  }
};

struct FindNewest {
  gateway::DecisionFilter filter;
  std::vector<DecisionView> operator()(const gateway::HttpProxy& proxy) const {
    return proxy.decisions().newest(filter);
  }
};

}  // namespace

runtime::Task<base::Result<std::vector<DecisionView>>> AdminLane::decisions(
    gateway::DecisionFilter filter) {
  const std::size_t limit = filter.limit;
  FindNewest look{std::move(filter)};
  auto asking = ask_lanes<std::vector<DecisionView>>(lane_, lanes_, ending_, std::move(look));
  WEIR_CO_TRY(auto by_lane, co_await asking);
  std::vector<DecisionView> all;
  for (auto& each : by_lane) std::ranges::move(each, std::back_inserter(all));
  // Each lane keeps them in the order of their ends.
  std::ranges::stable_sort(all, std::greater<>(), end_ms);
  if (all.size() > limit) all.resize(limit);
  co_return all;
}

runtime::Task<base::Result<DecisionView>> AdminLane::decision(std::string request_id) {
  FindById look{std::move(request_id)};
  auto asking = ask_lanes<std::optional<DecisionView>>(lane_, lanes_, ending_, std::move(look));
  WEIR_CO_TRY(auto by_lane, co_await asking);
  for (auto& each : by_lane) {
    if (each) co_return std::move(*each);
  }
  co_return base::fail(base::Errc::not_found);
}

runtime::Task<base::Result<ExplainedRequest>> AdminLane::explain(gateway::RequestSketch sketch,
                                                                 std::string listener) {
  const auto& open = lanes_.listeners();
  if (!listener.empty()) {
    const auto found = std::ranges::find(open, listener, &OpenListener::name);
    if (found == open.end()) {
      std::vector<std::string> names;
      for (const OpenListener& each : open) names.push_back(each.name);
      co_return base::fail(base::Errc::not_found, control::no_such("listener", listener, names));
    }
    sketch.listener = static_cast<std::size_t>(found - open.begin());
  }
  runtime::Foreign<ExplainedRequest> hop(lane_);
  lanes_.post_to_first([sketch = std::move(sketch), done = hop.completer()](
                           runtime::Lane&, runtime::Gate&, gateway::HttpProxy& proxy) mutable {
    done.complete(proxy.explain(sketch));
  });
  auto waiting = hop.wait(lane_.after(kLookTime), &ending_);
  WEIR_CO_TRY(auto explained, co_await waiting);
  co_return explained;
}

}  // namespace weir::app
