#include "control/scaler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir::control {
namespace {

// So young an endpoint has not had its share of the requests yet.
constexpr base::Duration kWarmUp = std::chrono::seconds(3);

scaling::Config scaling_config(const config::Scaling& settings) {
  scaling::Config out{.min = settings.min,
                      .max = settings.max,
                      .cooldown = settings.cooldown,
                      .down_window = settings.down_window};
  const auto add = [&out](scaling::Metric metric, double value) {
    if (value > 0) out.targets.push_back({metric, value});
  };
  add(scaling::Metric::in_flight, settings.target_in_flight);
  add(scaling::Metric::cpu, settings.target_cpu);
  add(scaling::Metric::p95, base::to_ms(settings.target_p95));
  return out;
}

}  // namespace

Scaler::Scaler(std::string service, const config::Scaling& settings, ScaleDriver& driver,
               telemetry::Log& log)
    : service_(std::move(service)), driver_(driver), log_(log) {
  change(settings);
}

void Scaler::change(const config::Scaling& settings) {
  config_ = scaling_config(settings);
  drain_ = settings.drain;
}

void Scaler::sample(const ServiceEntry& service) {
  for (const EndpointEntry& each : service.endpoints) {
    InFlight& into = in_flight_[each.endpoint->id];
    into.sum += each.endpoint->in_flight.load(std::memory_order_relaxed);
    ++into.samples;
  }
}

scaling::Facts Scaler::gather(base::Duration p95, base::Time now) {
  const std::vector<ScaledMember> members = driver_.members();
  scaling::Facts facts{.current = driver_.wanted(), .readings = {}};
  scaling::Reading in_flight{scaling::Metric::in_flight, {}};
  scaling::Reading cpu{scaling::Metric::cpu, {}};
  for (const ScaledMember& each : members) {
    const bool is_warming = each.endpoint_id == 0 || now - each.joined < kWarmUp;
    const auto seen = in_flight_.find(each.endpoint_id);
    scaling::Sample load{.value = std::nullopt, .is_warming = is_warming};
    if (seen != in_flight_.end() && seen->second.samples > 0) {
      load.value = seen->second.sum / seen->second.samples;
    }
    in_flight.samples.push_back(load);
    cpu.samples.push_back({.value = each.cpu_share, .is_warming = is_warming});
  }
  in_flight_.clear();
  facts.readings = {std::move(in_flight),
                    std::move(cpu),
                    {scaling::Metric::p95, {{.value = base::to_ms(p95), .is_warming = false}}}};
  return facts;
}

void Scaler::second(base::Duration p95, base::Time now) {
  facts_ = gather(p95, now);
  if (config_.targets.empty() || !driver_.obstacle().empty()) return;
  // Who is not the driver's to end sets a bound of its own.
  scaling::Config config = config_;
  config.min = std::max(config.min, driver_.least());
  config.max = std::max(config.max, config.min);
  scaling::Decision decision = scaling::decide(history_, facts_, config, now);
  const bool is_news = !decided_ || decision.verdict != last_.verdict || decision.acts();
  if (is_news) {
    ScalerNews news = news_of(config, now);
    news.from = decision.from;
    news.to = decision.desired;
    news.verdict = scaling::name(decision.verdict);
    news.reason = decision.reason;
    news.applied = decision.acts();
    tell(std::move(news));
  }
  if (decision.acts()) {
    history_.operate(decision.from, decision.desired, scaling::Origin::automatic, now);
    ++operations_;
    driver_.scale_to(decision.desired, drain_);
  }
  last_ = std::move(decision);
  decided_ = true;
}

ScalerNews Scaler::news_of(const scaling::Config& config, base::Time now) const {
  return {.at = now,
          .min = config.min,
          .max = config.max,
          .cooldown_s = static_cast<std::uint32_t>(config.cooldown / std::chrono::seconds(1)),
          .readings = summarise(facts_, config)};
}

void Scaler::tell(ScalerNews news) {
  log_.info("scaler",
            {{"service", service_},
             {"verdict", news.verdict},
             {"from", news.from},
             {"to", news.to},
             {"applied", news.applied},
             {"min", news.min},
             {"max", news.max},
             {"cooldown_s", news.cooldown_s},
             {"reading", reading_text(news.readings)},
             {"target", target_text(news.readings)},
             {"by", news.by.empty() ? std::string_view("load") : std::string_view(news.by)}},
            "{}", news.reason);
  if (news_.size() == kNewsMax) news_.pop_front();
  news_.push_back(std::move(news));
}

std::vector<ScalerNews> Scaler::take_news() {
  std::vector<ScalerNews> out(std::make_move_iterator(news_.begin()),
                              std::make_move_iterator(news_.end()));
  news_.clear();
  return out;
}

ScaleAnswer Scaler::by_hand(const ScaleWish& wish, const std::string& who, base::Time now) {
  ScaleAnswer answer = judge(wish, now);
  const bool is_refused = answer.kind != ScaleAnswer::Kind::done;
  if (!is_refused && answer.to == answer.from) return answer;
  ScalerNews news = news_of(config_, now);
  news.from = answer.from;
  news.to = answer.to;
  news.verdict = is_refused ? "refused" : "by_hand";
  news.reason = answer.detail;
  news.applied = !is_refused;
  news.by = who;
  news.asked = wish.replicas ? std::int64_t{*wish.replicas} : std::int64_t{answer.from} + wish.step;
  tell(std::move(news));
  if (is_refused) return answer;
  history_.operate(answer.from, answer.to, scaling::Origin::by_operator, now);
  ++operations_;
  driver_.scale_to(answer.to, drain_);
  return answer;
}

// What would be done; nothing is.
ScaleAnswer Scaler::judge(const ScaleWish& wish, base::Time now) const {
  ScaleAnswer answer{.service = service_};
  answer.keeps_number = config_.targets.empty() && driver_.driver_name() == "process";
  answer.from = driver_.wanted();
  const std::int64_t to =
      wish.replicas ? std::int64_t{*wish.replicas} : std::int64_t{answer.from} + wish.step;
  answer.to = answer.from;
  if (to < config_.min || to > config_.max) {
    answer.kind = ScaleAnswer::Kind::out_of_range;
    answer.detail = fmt::format("{} may have {} to {} endpoints, not {}", service_, config_.min,
                                config_.max, to);
    return answer;
  }
  const auto wanted = static_cast<std::uint32_t>(to);
  const scaling::Decision judged =
      scaling::judge_operator(history_, answer.from, wanted, config_, now);
  if (judged.verdict == scaling::Verdict::cooling_down) {
    answer.kind = ScaleAnswer::Kind::cooling_down;
    answer.retry_after = scaling::seconds_until(judged.eta, now);
    answer.detail = fmt::format("{} was scaled less than {} s ago; again in {} s", service_,
                                config_.cooldown / std::chrono::seconds(1), answer.retry_after);
    return answer;
  }
  if (judged.verdict == scaling::Verdict::at_bound) {
    answer.kind = ScaleAnswer::Kind::out_of_range;
    answer.detail = judged.reason;
    return answer;
  }
  if (std::string why = impediment(answer.from, wanted); !why.empty()) {
    answer.kind = ScaleAnswer::Kind::impossible;
    answer.detail = std::move(why);
    return answer;
  }
  answer.to = wanted;
  answer.detail = wanted == answer.from
                      ? fmt::format("{} has {} endpoints already", service_, wanted)
                      : fmt::format("{}: {} -> {} endpoints", service_, answer.from, wanted);
  return answer;
}

// Why it cannot be done, whatever the bounds and the cooldown say; empty: it can.
std::string Scaler::impediment(std::uint32_t from, std::uint32_t wanted) const {
  if (std::string why = driver_.obstacle(); !why.empty()) return why;
  const std::uint32_t least = driver_.least();
  if (wanted >= from || wanted >= least) return {};
  return fmt::format(
      "{} has {} of {} endpoints that weir did not make, and it ends only its own; "
      "end the others the way they were started",
      service_, least, from);
}

ScalerView Scaler::view(base::Time now) const {
  const base::Duration left = history_.cooldown_left(config_.cooldown, now);
  ScalerView out{.driver = driver_.driver_name(),
                 .min = config_.min,
                 .max = config_.max,
                 .wanted = driver_.wanted(),
                 .is_automatic = !config_.targets.empty()};
  if (decided_) {
    out.verdict = scaling::name(last_.verdict);
    out.reason = last_.reason;
  }
  out.cooldown_s = scaling::seconds_until(now + left, now);
  out.operations = operations_;
  return out;
}

}  // namespace weir::control
