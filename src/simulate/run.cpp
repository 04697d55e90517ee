#include "simulate/run.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "balance/arm_cost.hpp"
#include "simulate/arms.hpp"
#include "simulate/arrivals.hpp"
#include "simulate/event_queue.hpp"
#include "simulate/exchanges.hpp"
#include "simulate/fleet.hpp"
#include "simulate/hosts.hpp"

namespace weir::simulate {
namespace {

std::vector<balance::Algorithm> arms_of(const RunOptions& options) {
  if (options.algorithm == balance::Algorithm::adaptive) return options.arms;
  return {options.algorithm};
}

HostsOptions hosts_options(const RunOptions& options) {
  const auto arms = arms_of(options);
  return {.wants_ring = std::ranges::count(arms, balance::Algorithm::consistent_hash) > 0,
          .wants_scores = std::ranges::count(arms, balance::Algorithm::response_time) > 0,
          .seed = options.seed};
}

class Play {
 public:
  Play(const World& world, const RunOptions& options)
      : world_(world),
        options_(options),
        arrivals_(world, options.seed),
        fleet_(world, events_,
               [this](std::uint32_t slot, std::uint64_t serial) {
                 return exchanges_.is_wanted(slot, serial);
               }),
        hosts_(world, hosts_options(options), events_, fleet_, kBegin),
        arms_(arms_of(options), options.algorithm == balance::Algorithm::adaptive,
              world.endpoints.size(), world.attempt_timeout, options.seed),
        exchanges_(world, options.lanes, options.seed, events_, fleet_, hosts_, arms_) {}

  Outcome play();

 private:
  void on(const Event& event);
  void add_step() {
    if (step_ == world_.script.size()) return;
    events_.add(kBegin + world_.script[step_].at, {.kind = EventKind::script});
  }
  void add_arrival() {
    if (arrivals_.sent() == world_.requests) return;
    request_ = arrivals_.next(now_);
    events_.add(request_.at, {.kind = EventKind::arrival});
  }
  void second();
  double imbalance(const Outcome& outcome) const;

  // What the script says.
  void apply(const change::Rate& what) { arrivals_.set_rate_factor(what.factor); }
  void apply(const change::Slowness& what) { fleet_.set_slowness(what.who, what.factor); }
  void apply(const change::Failing& what) { fleet_.set_failing(what.who, what.share); }
  void apply(const change::Work& what) { arrivals_.set_work(what.shape); }
  void apply(const change::Servers& what) { fleet_.set_servers(what.who, what.servers, now_); }
  void apply(const change::Streams& what) { arrivals_.set_stream_share(what.share); }
  void apply(const change::Caching& what) { fleet_.set_caching(what.is_on); }
  void apply(const change::Frozen& what) { fleet_.stop(what.who, Condition::frozen); }
  void apply(const change::Killed& what);
  void apply(const change::Back& what);
  void apply(const change::Join& what);

  // One second on, so that no fact about the time before looks like one of its first instant.
  static constexpr base::Time kBegin{std::chrono::seconds(1)};

  const World& world_;
  const RunOptions& options_;
  base::Time now_ = kBegin;
  EventQueue events_;
  Arrivals arrivals_;
  Fleet fleet_;
  Hosts hosts_;
  Arms arms_;
  Exchanges exchanges_;
  Request request_;  // the next to arrive
  std::size_t step_ = 0;
  std::vector<bool> is_supervised_ = std::vector<bool>(world_.endpoints.size());
  bool is_scaled_ = false;  // in this second
};

Outcome Play::play() {
  events_.add(now_ + std::chrono::seconds(1), {.kind = EventKind::second});
  events_.add(now_ + Hosts::kLook, {.kind = EventKind::look});
  add_step();
  add_arrival();
  while (exchanges_.sent() < world_.requests || exchanges_.under_way() > 0) {
    const base::Time timeout = exchanges_.next_timeout();
    if (timeout <= events_.next_time()) {
      now_ = timeout;
      exchanges_.end_timed_out(now_);
      continue;
    }
    now_ = events_.next_time();
    on(events_.take());
  }
  Outcome out = exchanges_.outcome();
  out.algorithm = options_.algorithm;
  out.length = now_ - kBegin;
  out.switches = arms_.take_switches();
  for (ArmSwitch& each : out.switches) each.at -= kBegin.time_since_epoch();
  out.imbalance = imbalance(out);
  return out;
}

void Play::on(const Event& event) {
  switch (event.kind) {
    case EventKind::arrival: {
      const Request request = request_;
      add_arrival();
      return exchanges_.begin(request, now_);
    }
    case EventKind::check_over:
      return hosts_.check_over(event.a, now_);
    case EventKind::look:
      hosts_.look(now_);
      return events_.add(now_ + Hosts::kLook, event);
    case EventKind::second:
      second();
      return events_.add(now_ + std::chrono::seconds(1), event);
    case EventKind::script: {
      const Change& what = world_.script[step_++].what;
      std::visit([this](const auto& each) { apply(each); }, what);
      return add_step();
    }
    default:
      return exchanges_.on(event, now_);
  }
}

void Play::second() {
  hosts_.second(now_);
  std::vector<float> weights;
  for (std::size_t i = 0; i < world_.endpoints.size(); ++i) {
    weights.push_back(hosts_.is_member(i) ? world_.endpoints[i].weight : 0);
  }
  arms_.second(weights, std::exchange(is_scaled_, false), now_);
  if (!options_.on_progress) return;
  options_.on_progress(static_cast<double>(arrivals_.sent()) /
                       static_cast<double>(world_.requests));
}

void Play::apply(const change::Killed& what) {
  fleet_.stop(what.who, Condition::dead);
  for (std::size_t i = what.who.first; i < what.who.first + what.who.count; ++i) {
    is_supervised_[i] = what.supervised;
    exchanges_.reset_all(i, now_);
  }
  if (what.supervised) hosts_.supervised(what.who, false, now_);
}

void Play::apply(const change::Back& what) {
  fleet_.start(what.who, now_);
  if (is_supervised_[what.who.first]) hosts_.supervised(what.who, true, now_);
  for (std::size_t i = 0; i < what.who.count; ++i) is_supervised_[what.who.first + i] = false;
}

void Play::apply(const change::Join& what) {
  fleet_.start(what.who, now_);
  hosts_.join(what.who, now_);
  is_scaled_ = true;
}

double Play::imbalance(const Outcome& outcome) const {
  std::vector<double> loads;
  std::vector<float> weights;
  for (std::size_t i = 0; i < world_.endpoints.size(); ++i) {
    if (!hosts_.is_member(i)) continue;
    loads.push_back(static_cast<double>(outcome.picks[i]));
    weights.push_back(world_.endpoints[i].weight);
  }
  return balance::load_variation(loads, weights);
}

}  // namespace

Outcome run(const World& world, const RunOptions& options) { return Play(world, options).play(); }

}  // namespace weir::simulate
