#include "scaling/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weir::scaling {
namespace {

// What all metrics together say.
struct Recommendation {
  std::uint32_t wanted = 0;
  bool is_blind = false;
  std::string arithmetic;  // of the metric that counts
  std::string missing;     // of the first blind one
};

Recommendation recommend(const Facts& facts, const Config& config) {
  Recommendation out;
  bool any = false;
  for (const Target& target : config.targets) {
    const auto reading =
        std::ranges::find(facts.readings, target.metric, [](const Reading& r) { return r.metric; });
    Advice advice{facts.current, true, std::string(name(target.metric)) + " is not known at all"};
    if (reading != facts.readings.end()) {
      advice = advise(target, reading->samples, facts.current, config.tolerance);
    }
    if (advice.is_blind) {
      if (!out.is_blind) out.missing = advice.arithmetic;
      out.is_blind = true;
    } else if (!any || advice.wanted > out.wanted) {
      any = true;
      out.wanted = advice.wanted;
      out.arithmetic = std::move(advice.arithmetic);
    }
  }
  if (any) return out;
  out.wanted = facts.current;
  out.arithmetic = out.is_blind ? out.missing : "no target is set";
  return out;
}

std::uint32_t step_max(std::uint32_t current, const Config& config) noexcept {
  const double share = std::clamp(config.up_share * current, 0.0, 1e6);
  return std::max(config.up_step, static_cast<std::uint32_t>(share));
}

std::string seconds_text(base::Time eta, base::Time now) {
  return eta == base::kNever ? "later" : fmt::format("in {} s", seconds_until(eta, now));
}

// What the operator's wish and the scaler's own have in common.
struct Judge {
  const History& history;
  const Facts& facts;
  const Config& config;
  const Recommendation& recommended;
  base::Time now;

  Decision stays(Verdict verdict, std::string why, base::Time eta = base::kNever) const {
    const std::uint32_t from = facts.current;
    return {from, from, verdict,
            fmt::format("stays at {}: {}{}{}", from, recommended.arithmetic,
                        why.empty() ? "" : "; ", why),
            eta};
  }

  Decision goes(std::uint32_t to, std::string_view limited) const {
    const std::uint32_t from = facts.current;
    const base::Duration left = history.cooldown_left(config.cooldown, now);
    if (left > base::Duration{}) {
      return stays(
          Verdict::cooling_down,
          fmt::format("to {} {}, {} after the last operation", to, seconds_text(now + left, now),
                      fmt::format("{} s", seconds_until(now + config.cooldown, now))),
          now + left);
    }
    return {from, to, to > from ? Verdict::scale_up : Verdict::scale_down,
            fmt::format("from {} to {}: {}{}", from, to, recommended.arithmetic, limited)};
  }

  Decision up() const {
    const std::uint32_t bounded = std::min(recommended.wanted, config.max);
    if (bounded <= facts.current) {
      return stays(Verdict::at_bound, fmt::format("the maximum is {}", config.max));
    }
    const std::uint32_t most = facts.current + step_max(facts.current, config);
    if (bounded > most) {
      return goes(most, fmt::format("; at most {} in one step", most - facts.current));
    }
    if (bounded < recommended.wanted) {
      return goes(bounded, fmt::format("; the maximum is {}", config.max));
    }
    return goes(bounded, "");
  }

  Decision down() const {
    const std::uint32_t from = facts.current;
    const std::uint32_t floor = std::max(recommended.wanted, config.min);
    if (floor >= from) {
      return stays(Verdict::at_bound, fmt::format("the minimum is {}", config.min));
    }
    if (recommended.is_blind) {
      return stays(Verdict::blind,
                   recommended.missing + ", and without knowing nothing is taken away");
    }
    const std::uint32_t steady =
        std::max(floor, history.highest(config.down_window, now).value_or(floor));
    if (steady >= from) {
      const base::Time eta = history.lower_at(config.down_window, now);
      return stays(
          Verdict::stabilising,
          fmt::format("{} were wanted within {} s, fewer {}", steady,
                      seconds_until(now + config.down_window, now), seconds_text(eta, now)),
          eta);
    }
    // A way down that turns round must leave one reversal for the way up.
    const std::uint32_t spent = history.reversals(config.flap_window, now);
    if (history.direction() > 0 && spent + 2 > config.reversals_max) {
      const base::Time eta =
          history.reversals_left_at(config.flap_window, spent + 2 - config.reversals_max, now);
      return stays(Verdict::flap_hold,
                   fmt::format("it turned round {} times within the hour, so it holds; again {}",
                               spent, seconds_text(eta, now)),
                   eta);
    }
    std::string limited;
    if (steady > recommended.wanted) {
      limited = steady == config.min ? fmt::format("; the minimum is {}", config.min)
                                     : fmt::format("; {} were wanted lately", steady);
    }
    return goes(steady, limited);
  }
};

}  // namespace

std::string_view name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::no_change:
      return "no_change";
    case Verdict::scale_up:
      return "scale_up";
    case Verdict::scale_down:
      return "scale_down";
    case Verdict::cooling_down:
      return "cooling_down";
    case Verdict::stabilising:
      return "stabilising";
    case Verdict::flap_hold:
      return "flap_hold";
    case Verdict::blind:
      return "blind";
    case Verdict::at_bound:
      return "at_bound";
  }
  return "";
}

Decision decide(History& history, const Facts& facts, const Config& config, base::Time now) {
  Recommendation recommended = recommend(facts, config);
  if (!history.highest(config.down_window, now)) history.recommend(facts.current, now);
  // Not seeing is not wanting fewer: what is there is then recommended.
  history.recommend(
      recommended.is_blind ? std::max(recommended.wanted, facts.current) : recommended.wanted, now);
  history.forget(config.down_window, config.flap_window, now);
  if (facts.current < config.min && recommended.wanted < config.min) {
    recommended.wanted = config.min;
    recommended.arithmetic = fmt::format("the minimum is {}", config.min);
  } else if (facts.current > config.max) {
    const Recommendation bound{config.max, false, fmt::format("the maximum is {}", config.max), {}};
    return Judge{history, facts, config, bound, now}.goes(config.max, "");
  }
  const Judge judge{history, facts, config, recommended, now};
  if (recommended.wanted > facts.current) return judge.up();
  if (recommended.wanted < facts.current) return judge.down();
  const bool says_more = recommended.is_blind && recommended.arithmetic != recommended.missing;
  return judge.stays(recommended.is_blind ? Verdict::blind : Verdict::no_change,
                     says_more ? recommended.missing : "");
}

Decision judge_operator(const History& history, std::uint32_t current, std::uint32_t wanted,
                        const Config& config, base::Time now) {
  const Recommendation asked{
      wanted, false, fmt::format("{} asked for by the operator", wanted), {}};
  const Facts facts{.current = current};
  const Judge judge{history, facts, config, asked, now};
  if (wanted == current) return judge.stays(Verdict::no_change, "");
  if (wanted < config.min || wanted > config.max) {
    return judge.stays(Verdict::at_bound,
                       fmt::format("allowed are {} to {}", config.min, config.max));
  }
  return judge.goes(wanted, "");
}

std::uint32_t seconds_until(base::Time eta, base::Time now) noexcept {
  if (eta == base::kNever || eta <= now) return 0;
  return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(eta - now).count());
}

}  // namespace weir::scaling
