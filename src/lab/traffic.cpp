#include "lab/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "lab/stop_signals.hpp"
#include "runtime/spawn.hpp"

namespace weir::lab {
namespace {

constexpr base::Duration kAnswerTime = std::chrono::seconds(10);
constexpr base::Duration kSweepEvery = std::chrono::seconds(1);
// What the last answers get when it is told to end: more than a healthy demo service needs.
constexpr base::Duration kParting = std::chrono::milliseconds(100);
constexpr base::Duration kLookEvery = std::chrono::milliseconds(5);

}  // namespace

TrafficSender::TrafficSender(http::LaneContext& context, http::Connector& connector,
                             net::Address target, const TrafficOptions& options)
    : context_(context), options_(options), pool_(context, connector, target), rng_(options.seed) {}

void TrafficSender::add_facts(base::json::object& facts) {
  facts["requests"] = counts_.sent;
  facts["errors"] = counts_.failed;
  facts["sent"] = counts_.sent;
  facts["done"] = counts_.done;
  facts["failed"] = counts_.failed;
  facts["dropped"] = counts_.dropped;
}

runtime::Task<void> TrafficSender::run(runtime::CancelSource& end) {
  runtime::Lane& lane = context_.lane;
  const base::Time start = lane.now();
  const base::Deadline over = options_.duration.count() > 0
                                  ? base::Deadline::after(start, options_.duration)
                                  : base::Deadline();
  base::Time swept = start;
  for (std::uint64_t n = 0;; ++n) {
    const base::Deadline next(due(start, n, options_.rate));
    if (next.at() >= over.at()) {
      co_await runtime::sleep_until(lane, over, &end);
      break;
    }
    const auto wake = co_await runtime::sleep_until(lane, next, &end);
    if (wake == runtime::Wake::cancelled) break;
    const PlannedRequest planned = plan_request(rng_);
    if (waiting() >= kWaitingMax) {
      ++counts_.dropped;
    } else {
      runtime::spawn(waiting_, "request", send(planned));
    }
    if (lane.now() - swept >= kSweepEvery) {
      swept = lane.now();
      pool_.sweep(swept);
    }
  }
  const base::Deadline parting = lane.after(kParting);
  while (waiting() > 0 && !parting.expired(lane.now())) {
    co_await runtime::sleep_for(lane, kLookEvery);
  }
  pool_.close_all();
}

runtime::Task<void> TrafficSender::send(PlannedRequest planned) {
  http::FetchRequest request;
  request.target = planned.target;
  request.host = options_.target;
  request.fields.emplace_back("User-Agent", planned.agent);
  request.fields.emplace_back("X-Forwarded-For", planned.client);
  ++counts_.sent;
  auto fetching =
      http::fetch(context_, pool_, std::move(request), context_.lane.after(kAnswerTime));
  const auto fetched = co_await fetching;
  if (fetched && fetched->status < 500) {
    ++counts_.done;
  } else {
    ++counts_.failed;
  }
}

namespace {

// Order of members is order of birth.
class TrafficProgram {
 public:
  TrafficProgram(net::Address target, const TrafficOptions& options)
      : lane_(0),
        context_(lane_),
        sender_(context_, connector_, target, options),
        link_(lane_, control_from_environment(), sender_, end_),
        signals_(lane_, end_) {}

  void run() {
    signals_.start();
    link_.start();
    runtime::spawn(gate_, "live", live());
    link_.ready(0);
    lane_.run();
  }

  const TrafficCounts& counts() const { return sender_.counts(); }
  std::uint64_t waiting() const { return sender_.waiting(); }

 private:
  runtime::Task<void> live() {
    auto sending = sender_.run(end_);
    co_await sending;
    auto silence = signals_.stop();
    co_await silence;
    link_.report();
    auto parting = link_.stop();
    co_await parting;
    lane_.stop();
  }

  runtime::Lane lane_;
  http::LaneContext context_;
  http::SocketConnector connector_;
  runtime::CancelSource end_;
  TrafficSender sender_;
  ChildLink link_;
  StopSignals signals_;
  runtime::Gate gate_;
};

}  // namespace

int run_traffic(const TrafficOptions& options) {
  block_stop_signals();
  std::signal(SIGPIPE, SIG_IGN);
  const auto target = net::Address::parse(options.target);
  if (!target || !(options.rate > 0)) {
    fmt::print(stderr, "weir lab traffic: '{}' at {} requests/s: {}\n", options.target,
               options.rate,
               target ? "the rate must be above 0"
                      : "not an address such as "
                        "127.0.0.1:8080");
    return 3;
  }
  TrafficProgram program(*target, options);
  program.run();
  const TrafficCounts& counts = program.counts();
  fmt::print("traffic: sent {}, done {}, failed {}, dropped {}\n", counts.sent, counts.done,
             counts.failed, counts.dropped);
  std::fflush(stdout);
  // A fetch waits for its answer or its deadline and cannot be called back; a program that only
  // asks has nothing to lose by ending under it.
  if (program.waiting() > 0) std::_Exit(0);
  return 0;
}

}  // namespace weir::lab
