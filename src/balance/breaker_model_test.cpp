// The breaker against a model written differently: plain fields, a list of probes, no generations
// but identity. Random histories (seed printed; WEIR_SEED replays) and all sequences of small
// alphabets.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "balance/breaker.hpp"
#include "base/rng.hpp"

namespace weir::balance {
namespace breaker_model_test {

using Change = BreakerChange;
using State = BreakerState;

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr int kHistories = 1'000'000;
constexpr int kDepthOfFour = 12;
constexpr int kDepthOfFive = 10;
#else  // the same, thinner: a slow build is for finding other things
constexpr int kHistories = 50'000;
constexpr int kDepthOfFour = 8;
constexpr int kDepthOfFive = 7;
#endif

// --- the reference model ----------------------------------------------------------------------
struct Model {
  struct Ticket {
    int era = -1;  // -1: refused
    bool probe = false;
    long issued = 0;
  };
  long failures_to_open = 5, base = 30'000, longest = 300'000, probes = 3, patience = 10'000;
  long forgive = 60'000, rate_percent = 0, rate_minimum = 20;

  State state = State::closed;
  int era = 0;
  long row = 0, factor = 1, until = 0, closed_at = 0, passed = 0;
  std::vector<long> out;                       // issue times of probes under way
  std::vector<std::pair<long, bool>> counted;  // second, failed

  void enter(State next, long now) {
    if (next == State::closed) closed_at = now, counted.clear();
    if (next == State::closed || next == State::forced_closed) row = 0;
    state = next, ++era, passed = 0;
    out.clear();
  }
  long capped() const { return std::min(longest, base * factor); }
  void enter_open(long now) {
    if (state == State::half_open) {
      if (base * factor < longest) factor *= 2;
    } else if (now - closed_at >= forgive) {
      factor = 1;
    }
    enter(State::open, now);
    until = now + capped();  // the test adds the real one's jitter after checking its bounds
  }
  bool is_overdue(long now) const {
    return std::any_of(out.begin(), out.end(), [&](long at) { return now - at >= patience; });
  }
  Change time_passes(long now) {
    if (state == State::open && now >= until)
      return enter(State::half_open, now), Change::half_opened;
    if (state == State::half_open && is_overdue(now)) return enter_open(now), Change::reopened;
    return Change::none;
  }
  std::pair<Ticket, Change> ask(long now) {
    const Change change = time_passes(now);
    if (state == State::closed || state == State::forced_closed) return {{era, false, now}, change};
    if (state != State::half_open || std::ssize(out) + passed >= probes) return {{}, change};
    out.push_back(now);
    return {{era, true, now}, change};
  }
  void remove(const Ticket& ticket) { out.erase(std::find(out.begin(), out.end(), ticket.issued)); }
  void count(long now, bool failed) {
    if (rate_percent) counted.emplace_back(now / 1000, failed);
  }
  Change report(const Ticket& ticket, bool good, long now) {
    if (ticket.era < 0) return Change::none;
    if (ticket.era != era) return Change::dropped;
    if (state == State::forced_closed) return Change::none;
    if (ticket.probe && (!good || is_overdue(now))) return enter_open(now), Change::reopened;
    if (ticket.probe) {
      remove(ticket);
      if (++passed < probes) return Change::none;
      return enter(State::closed, now), Change::closed;
    }
    count(now, !good);
    row = good ? 0 : row + 1;
    if (good) return Change::none;
    if (row == failures_to_open) return enter_open(now), Change::opened;
    long all = 0, bad = 0;
    for (const auto& [second, failed] : counted) {
      if (second > now / 1000 - 10) ++all, bad += failed;
    }
    const bool is_too_high = rate_percent && all >= rate_minimum && bad * 100 >= all * rate_percent;
    if (!is_too_high) return Change::none;
    return enter_open(now), Change::opened_by_rate;
  }
  void drop(const Ticket& ticket) {
    if (ticket.era == era && ticket.probe) remove(ticket);
  }
  bool operate(int order, long now) {  // open, close, auto, reset
    const State before = state;
    if (order == 0 && before != State::forced_open) return enter(State::forced_open, now), true;
    if (order == 1 && before != State::forced_closed) return enter(State::forced_closed, now), true;
    if (order == 2 && before == State::forced_open) return enter(State::half_open, now), true;
    if (order == 2 && before == State::forced_closed) return enter(State::closed, now), true;
    if (order == 3) {
      counted.clear();
      const bool is_fresh = before == State::closed && row == 0 && factor == 1;
      factor = 1;
      if (!is_fresh) return enter(State::closed, now), true;
    }
    return false;
  }
};

// --- both side by side ------------------------------------------------------------------------
constexpr long kStart = 3'600'000;

base::Time at(long ms) { return base::Time{} + std::chrono::milliseconds(ms); }

class Twins {
 public:
  Twins(const Model& model, std::uint64_t seed) : model_(model), breaker_(config(model), seed) {}

  void wait(long ms) { now_ += ms; }
  /// To the moment before the open time ends, or to its end.
  void wait_for_open_end(long off) {
    if (model_.state == State::open) now_ = std::max(now_, model_.until + off);
  }
  std::size_t held() const { return held_; }

  void ask() {
    if (held_ == kHeldMax) return;
    auto [ticket, change] = model_.ask(now_);
    Breaker::Permit permit = breaker_.try_acquire(at(now_));
    check(permit.change() == change, "ask: change");
    check(static_cast<bool>(permit) == (ticket.era >= 0), "ask: admitted");
    check(permit.is_probe() == ticket.probe, "ask: probe");
    tickets_[held_] = ticket;
    permits_[held_++] = std::move(permit);
  }
  void report(std::size_t index, bool good) {
    const Change expected = model_.report(tickets_[index], good, now_);
    const Change change =
        good ? permits_[index].success(at(now_)) : permits_[index].failure(at(now_));
    check(change == expected, "report");
    forget(index);
  }
  void drop(std::size_t index) {
    model_.drop(tickets_[index]);
    permits_[index].end_without_verdict();
    forget(index);
  }
  void poll() { check(breaker_.poll(at(now_)) == model_.time_passes(now_), "poll"); }
  void operate(int order) {
    const bool changed = order == 0   ? breaker_.force_open()
                         : order == 1 ? breaker_.force_close()
                         : order == 2 ? breaker_.resume_auto(at(now_))
                                      : breaker_.reset(at(now_));
    check(changed == model_.operate(order, now_), "operate");
  }

  /// Compares all that is visible, and takes over the jitter when it is within its bounds.
  bool agree() {
    const BreakerSnapshot seen = breaker_.snapshot();
    check(seen.state == model_.state, "state");
    check(seen.failures == static_cast<std::uint32_t>(model_.row), "failures");
    check(seen.probes_out == model_.out.size(), "probes out");
    check(seen.probes_passed == static_cast<std::uint32_t>(model_.passed), "probes passed");
    check(static_cast<int>(seen.generation) == model_.era, "generation");
    if (model_.state == State::open && model_.era != jitter_taken_) {
      const long until = seen.until.time_since_epoch() / std::chrono::milliseconds(1);
      check(until >= model_.until, "open time too short");
      check(until <= model_.until + model_.capped() / 10 + 1, "open time too long");
      model_.until = until;
      jitter_taken_ = model_.era;
    }
    return difference_ == nullptr;
  }
  const char* difference() const { return difference_; }

 private:
  static constexpr std::size_t kHeldMax = 12;

  static BreakerConfig config(const Model& model) {
    using Ms = std::chrono::milliseconds;
    return {.failures = static_cast<std::uint32_t>(model.failures_to_open),
            .open = Ms(model.base),
            .longest = Ms(model.longest),
            .probes = static_cast<std::uint32_t>(model.probes),
            .probe_timeout = Ms(model.patience),
            .forgive = Ms(model.forgive),
            .rate_share = static_cast<double>(model.rate_percent) / 100,
            .rate_minimum = static_cast<std::uint32_t>(model.rate_minimum)};
  }
  void check(bool is_same, const char* what) {
    if (!is_same && !difference_) difference_ = what;
  }
  void forget(std::size_t index) {
    --held_;
    if (index == held_) return;
    tickets_[index] = tickets_[held_];
    permits_[index] = std::move(permits_[held_]);
  }

  Model model_;
  Breaker breaker_;
  long now_ = kStart;
  int jitter_taken_ = -1;
  std::size_t held_ = 0;
  std::array<Model::Ticket, kHeldMax> tickets_;
  std::array<Breaker::Permit, kHeldMax> permits_;
  const char* difference_ = nullptr;
};

Model random_model(base::Rng& rng) {
  Model model;
  if (rng.below(2) == 0) return model;
  model.failures_to_open = 1 + rng.below(5);
  model.probes = 1 + rng.below(4);
  if (rng.below(2) == 0) model.base = 4000, model.forgive = 20'000, model.patience = 3000;
  if (rng.below(2) == 0) model.rate_percent = 50, model.rate_minimum = 2 + rng.below(5);
  return model;
}

void random_step(Twins& twins, base::Rng& rng, std::uint32_t failing_percent) {
  constexpr std::array<long, 8> kWaits = {1, 300, 1000, 3000, 9999, 10'000, 20'000, 60'000};
  const std::uint32_t dice = rng.below(100);
  const auto any = [&] { return rng.below(static_cast<std::uint32_t>(twins.held())); };
  if (dice < 38) {
    twins.ask();
  } else if (dice < 76) {
    if (twins.held() > 0) twins.report(any(), rng.below(100) >= failing_percent);
  } else if (dice < 81) {
    if (twins.held() > 0) twins.drop(any());
  } else if (dice < 88) {
    twins.wait(kWaits[rng.below(kWaits.size())]);
  } else if (dice < 93) {
    twins.wait_for_open_end(rng.below(2) == 0 ? -1 : 0);
  } else if (dice < 98) {
    twins.poll();
  } else {
    twins.operate(static_cast<int>(rng.below(4)));
  }
}

TEST(BreakerModel, RandomHistoriesDoNotDiffer) {
  const char* given = std::getenv("WEIR_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 0) : 0x5eed'b4ea'0001;
  std::printf("seed %llu, %d histories (replay: WEIR_SEED=…)\n",
              static_cast<unsigned long long>(seed), kHistories);
  base::Rng rng(seed);
  for (int history = 0; history < kHistories; ++history) {
    Twins twins(random_model(rng), rng.next());
    const std::uint32_t steps = 10 + rng.below(60);
    const std::uint32_t failing_percent = 20 + rng.below(80);
    for (std::uint32_t step = 0; step < steps; ++step) {
      random_step(twins, rng, failing_percent);
      ASSERT_TRUE(twins.agree()) << twins.difference() << " in history " << history << " of seed "
                                 << seed << " at step " << step;
    }
  }
}

// --- all sequences ----------------------------------------------------------------------------
void letter_step(Twins& twins, int letter) {
  switch (letter) {
    case 0:
      return twins.ask();
    case 1:
    case 2:  // the result of the oldest permit held, or of a fresh one
      if (twins.held() == 0) twins.ask();
      return twins.report(0, letter == 1);
    case 3:
      return twins.wait(5000);
    default:
      if (twins.held() > 0) twins.drop(0);
  }
}

/// Small thresholds, so that twelve letters reach every state, doubling and the probe time limit.
Model small_model() {
  Model model;
  model.failures_to_open = 2, model.base = 4000, model.longest = 8000, model.probes = 2;
  return model;
}

/// Each sequence of `depth` letters is run from its start; its prefixes are other sequences' runs,
/// so only the last step is compared.
std::optional<std::string> first_difference(int letters, int depth) {
  std::array<std::uint8_t, 16> word{};
  for (;;) {
    Twins twins(small_model(), 3);
    for (int i = 0; i < depth; ++i) {
      letter_step(twins, word[static_cast<std::size_t>(i)]);
      if (!twins.agree()) {
        std::string text = twins.difference();
        for (int k = 0; k <= i; ++k)
          text += ' ' + std::to_string(word[static_cast<std::size_t>(k)]);
        return text;
      }
    }
    int place = depth - 1;
    while (place >= 0 && ++word[static_cast<std::size_t>(place)] == letters) {
      word[static_cast<std::size_t>(place--)] = 0;
    }
    if (place < 0) return std::nullopt;
  }
}

TEST(BreakerModel, AllSequencesOfAskPassFailWait) {
  EXPECT_EQ(first_difference(4, kDepthOfFour), std::nullopt) << "depth " << kDepthOfFour;
}

TEST(BreakerModel, AllSequencesWithAbandonedPermits) {
  EXPECT_EQ(first_difference(5, kDepthOfFive), std::nullopt) << "depth " << kDepthOfFive;
}

}  // namespace breaker_model_test
}  // namespace weir::balance
