// weir simulate: how the algorithms do in worlds of virtual time, with the gateway's own policies.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "base/json.hpp"
#include "simulate/report.hpp"
#include "simulate/run.hpp"
#include "simulate/words.hpp"
#include "simulate/worlds.hpp"

namespace weir::app {
namespace {

struct SimulateWords {
  std::string world;
  std::string algorithms = "all";
  std::string arms = "random_two,least_response_time,least_connections";
  std::uint64_t seed = 1;
  std::uint64_t requests = 0;
  unsigned lanes = 2;
  bool table = false;
  bool json = false;
  bool list = false;
  std::string replay;
  unsigned threads = 1;
};

struct SimulatePlan {
  std::vector<char> worlds;
  std::vector<balance::Algorithm> algorithms;
  std::vector<balance::Algorithm> arms;
};

/// One line on a terminal that says how far it is; nothing elsewhere.
class SimulateProgress {
 public:
  explicit SimulateProgress(std::size_t runs) : runs_(runs), is_shown_(::isatty(STDERR_FILENO)) {}
  ~SimulateProgress() {
    if (is_shown_) fmt::print(stderr, "\r{:<78}\r", "");
  }
  SimulateProgress(const SimulateProgress&) = delete;
  SimulateProgress& operator=(const SimulateProgress&) = delete;

  void begin(const simulate::World& world, balance::Algorithm algorithm) {
    ++run_;
    percent_ = -1;
    what_ = fmt::format("world {} {}, {}", world.letter, world.name, balance::name(algorithm));
  }
  void at(double share) {
    const int percent = static_cast<int>(100 * share);
    if (!is_shown_ || percent == percent_) return;
    percent_ = percent;
    const std::string text = fmt::format("run {} of {}: {} {} %", run_, runs_, what_, percent);
    fmt::print(stderr, "\r{:<78}", text);
  }

 private:
  std::size_t runs_;
  bool is_shown_;
  std::size_t run_ = 0;
  int percent_ = -1;
  std::string what_;
};

std::vector<simulate::WorldReport> play(const SimulateWords& words, const SimulatePlan& plan) {
  SimulateProgress progress(plan.worlds.size() * plan.algorithms.size());
  std::vector<simulate::WorldReport> out;
  for (const char letter : plan.worlds) {
    out.push_back({simulate::make_world(letter, words.requests), {}});
    for (const balance::Algorithm algorithm : plan.algorithms) {
      progress.begin(out.back().world, algorithm);
      simulate::RunOptions options{.algorithm = algorithm,
                                   .arms = plan.arms,
                                   .lanes = words.lanes,
                                   .seed = words.seed,
                                   .on_progress = [&](double share) { progress.at(share); }};
      out.back().outcomes.push_back(simulate::run(out.back().world, options));
    }
  }
  return out;
}

int run_simulation(const SimulateWords& words) {
  if (words.list) {
    fmt::print("{}", simulate::list_of_worlds());
    return kOk;
  }
  if (!words.replay.empty()) return replay_record(words.replay, words.threads, words.json);
  if (words.world.empty()) {
    return complain(kUsage, "simulate needs a world: weir simulate --world b; --list shows them");
  }
  if (words.table && words.json) return complain(kUsage, "--table or --json, not both");
  const auto worlds = simulate::parse_worlds(words.world);
  if (!worlds) return complain(kUsage, worlds.error());
  const auto algorithms = simulate::parse_algorithms(words.algorithms);
  if (!algorithms) return complain(kUsage, algorithms.error());
  const auto arms = simulate::parse_arms(words.arms);
  if (!arms) return complain(kUsage, arms.error());
  const auto reports = play(words, {*worlds, *algorithms, *arms});
  const simulate::ReportOptions options{.seed = words.seed, .lanes = words.lanes};
  if (words.json) {
    fmt::print("{}", base::pretty_json(simulate::to_json(reports, options)));
    return kOk;
  }
  std::string_view gap;
  for (const simulate::WorldReport& each : reports) {
    fmt::print("{}{}", std::exchange(gap, "\n"), simulate::to_table(each, options));
  }
  if (reports.size() > 1) fmt::print("\n{}", simulate::summary_table(reports));
  return kOk;
}

}  // namespace

void add_simulate(CommandLine& line) {
  auto words = std::make_shared<SimulateWords>();
  Command command = line.command("simulate", "Compare algorithms in simulated worlds");
  command.text("--world", words->world, "A letter, a name, several with commas, or all");
  command.text("--algorithms", words->algorithms, "Names with commas (default: all)");
  command.text("--arms", words->arms,
               "What adaptive chooses from; it begins with the first "
               "(default: random_two,least_response_time,least_connections)");
  command.number("--seed", words->seed, "The same seed gives the same output (default 1)");
  command.number("--requests", words->requests, "Length of a run (default: what the world needs)");
  command.number("--lanes", words->lanes, "Lanes that choose independently (default 2)", 1, 64);
  command.text("--replay", words->replay,
               "Make the picks of a live run again: a file of weir serve --record");
  command.number("--threads", words->threads, "Of --replay (default 1)", 1, 64);
  command.flag("--table", words->table, "Print tables (default)");
  command.flag("--json", words->json, "Print JSON");
  command.flag("--list", words->list, "Print the worlds, a line each");
  command.footer(
      "Time is virtual and nothing is sent; choices, breakers, retries and checks are the "
      "gateway's\n"
      "own code. Percentiles count a failed request as what its client waited, 2 s at least.\n"
      "Imbalance is the coefficient of variation of requests/weight over the endpoints.\n"
      "Examples:\n"
      "  weir simulate --list\n"
      "  weir simulate --world b --algorithms round_robin,least_response_time,random_two,adaptive\n"
      "  weir simulate --world slow_one --seed 7 --requests 50000 --lanes 4\n"
      "  weir simulate --world e --algorithms adaptive --arms random_two,least_connections\n"
      "  weir simulate --replay picks.weir              exit code 3 when one differs\n"
      "  weir simulate --world all --json >worlds.json   about a minute");
  command.runs([words] { return run_simulation(*words); });
}

}  // namespace weir::app
