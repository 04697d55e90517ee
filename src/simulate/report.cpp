#include "simulate/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace weir::simulate {
namespace {

struct Cell {
  std::string text;
  double value = 0;  ///< the less, the better
};

struct Column {
  std::string_view title;
  int width;
  bool has_best;
  Cell (*cell)(const Outcome&);
};

std::string ms_text(base::Duration duration) {
  const double ms = base::to_ms(duration);
  return fmt::format("{:.{}f}", ms, ms < 100 ? 1 : 0);
}

Cell ms_cell(base::Duration duration) { return {ms_text(duration), base::to_ms(duration)}; }

std::string grouped(std::uint64_t number) {
  if (number < 1000) return std::to_string(number);
  return fmt::format("{},{:03}", grouped(number / 1000), number % 1000);
}

constexpr std::array<Column, 8> kColumns = {{
    {"p50 ms", 9, true, [](const Outcome& of) { return ms_cell(of.p50); }},
    {"p95 ms", 9, true, [](const Outcome& of) { return ms_cell(of.p95); }},
    {"p99 ms", 9, true, [](const Outcome& of) { return ms_cell(of.p99); }},
    {"errors", 11, true,
     [](const Outcome& of) {
       return Cell{fmt::format("{:.3f} %", 100 * of.error_share()), of.error_share()};
     }},
    {"imbalance", 11, true,
     [](const Outcome& of) { return Cell{fmt::format("{:.3f}", of.imbalance), of.imbalance}; }},
    {"retries", 9, false,
     [](const Outcome& of) { return Cell{grouped(of.retries), static_cast<double>(of.retries)}; }},
    {"amplif.", 9, false,
     [](const Outcome& of) {
       return Cell{fmt::format("{:.3f}", of.amplification()), of.amplification()};
     }},
    {"switches", 10, false,
     [](const Outcome& of) {
       const bool is_adaptive = of.algorithm == balance::Algorithm::adaptive;
       return Cell{is_adaptive ? std::to_string(of.switches.size()) : "-", 0};
     }},
}};

/// What the best cell says; empty when all say the same. By text, so that what is marked better
/// looks better.
std::string best_text(std::span<const Cell> cells) {
  const auto best = std::ranges::min_element(cells, {}, &Cell::value);
  if (best == cells.end()) return {};
  const auto same = [&](const Cell& each) { return each.text == best->text; };
  return std::ranges::all_of(cells, same) ? std::string() : best->text;
}

/// Right-aligned, with a place for the mark behind it.
void append_cell(std::string& line, std::string_view text, int width, bool is_best) {
  line += fmt::format("{:>{}}{}", text, width - 1, is_best ? '*' : ' ');
}

void end_line(std::string& out, std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

std::string_view short_name(balance::Algorithm algorithm) {
  constexpr std::array<std::string_view, 9> kShort = {
      "rr", "weighted", "lc", "lrt", "ip_hash", "c_hash", "two", "rt", "adaptive"};
  return kShort[static_cast<std::size_t>(algorithm)];
}

std::string legend(std::span<const Outcome> outcomes) {
  std::string out;
  std::string line;
  for (const Outcome& each : outcomes) {
    const auto name = balance::name(each.algorithm);
    if (name == short_name(each.algorithm)) continue;
    const std::string part = fmt::format("{} {}", short_name(each.algorithm), name);
    if (!line.empty() && line.size() + part.size() > 90) {
      out += line + ",\n";
      line.clear();
    }
    line += (line.empty() ? "" : ", ") + part;
  }
  return out + line + (line.empty() ? "" : "\n");
}

base::json::object outcome_json(const Outcome& of) {
  base::json::array switches;
  for (const ArmSwitch& each : of.switches) {
    switches.push_back(base::json::object{
        {"at_s", base::to_ms(each.at) / 1e3},
        {"kind", each.verdict == balance::AdaptiveVerdict::reverted ? "reverted" : "switched"},
        {"from", balance::name(each.from)},
        {"to", balance::name(each.to)},
        {"why", each.why}});
  }
  base::json::array picks;
  const std::size_t shown = std::min<std::size_t>(of.picks.size(), 100);
  for (std::size_t i = 0; i < shown; ++i) picks.push_back(of.picks[i]);
  return {{"algorithm", balance::name(of.algorithm)},
          {"sent", of.sent},
          {"done", of.done},
          {"failed", of.failed},
          {"attempts", of.attempts},
          {"retries", of.retries},
          {"length_s", base::to_ms(of.length) / 1e3},
          {"p50_ms", base::to_ms(of.p50)},
          {"p95_ms", base::to_ms(of.p95)},
          {"p99_ms", base::to_ms(of.p99)},
          {"error_share", of.error_share()},
          {"imbalance", of.imbalance},
          {"amplification", of.amplification()},
          {"picks", std::move(picks)},  // of the first hundred endpoints
          {"switches", std::move(switches)}};
}

}  // namespace

std::string to_table(const WorldReport& report, const ReportOptions& options) {
  const World& world = report.world;
  std::string out = fmt::format("World {}, {}: {}\n", world.letter, world.name, world.line);
  const double length_s = static_cast<double>(world.requests) / world.per_second;
  out +=
      fmt::format("{} requests in about {:.0f} s, {} lane{}, seed {}; * the best of a column\n\n",
                  grouped(world.requests), length_s, options.lanes, options.lanes == 1 ? "" : "s",
                  options.seed);
  std::string head = fmt::format("{:<20}", "algorithm");
  for (const Column& column : kColumns) append_cell(head, column.title, column.width, false);
  end_line(out, head);
  std::vector<std::string> best;
  for (const Column& column : kColumns) {
    std::vector<Cell> cells;
    for (const Outcome& each : report.outcomes) cells.push_back(column.cell(each));
    best.push_back(column.has_best ? best_text(cells) : std::string());
  }
  for (const Outcome& each : report.outcomes) {
    std::string line = fmt::format("{:<20}", balance::name(each.algorithm));
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const std::string text = kColumns[i].cell(each).text;
      append_cell(line, text, kColumns[i].width, !best[i].empty() && text == best[i]);
    }
    end_line(out, line);
  }
  for (const Outcome& each : report.outcomes) {
    for (const ArmSwitch& change : each.switches) {
      const bool is_back = change.verdict == balance::AdaptiveVerdict::reverted;
      out += fmt::format("adaptive at {:.0f} s: {} -> {}{}\n", base::to_ms(change.at) / 1e3,
                         balance::name(change.from), balance::name(change.to),
                         is_back ? " again" : "");
    }
  }
  return out;
}

std::string summary_table(std::span<const WorldReport> reports) {
  constexpr int kWidth = 9;
  if (reports.empty()) return {};
  std::string out = "p95 in ms; * the best of a world\n\n";
  std::string head = fmt::format("{:<16}", "world");
  for (const Outcome& each : reports.front().outcomes) {
    append_cell(head, short_name(each.algorithm), kWidth, false);
  }
  end_line(out, head);
  for (const WorldReport& report : reports) {
    std::vector<Cell> cells;
    for (const Outcome& each : report.outcomes) cells.push_back(ms_cell(each.p95));
    const std::string best = best_text(cells);
    std::string line =
        fmt::format("{:<16}", fmt::format("{} {}", report.world.letter, report.world.name));
    for (const Cell& each : cells) {
      append_cell(line, each.text, kWidth, !best.empty() && each.text == best);
    }
    end_line(out, line);
  }
  return out + "\n" + legend(reports.front().outcomes);
}

base::json::object to_json(std::span<const WorldReport> reports, const ReportOptions& options) {
  base::json::array worlds;
  for (const WorldReport& report : reports) {
    base::json::array outcomes;
    for (const Outcome& each : report.outcomes) outcomes.push_back(outcome_json(each));
    worlds.push_back(base::json::object{{"world", std::string(1, report.world.letter)},
                                        {"name", report.world.name},
                                        {"line", report.world.line},
                                        {"requests", report.world.requests},
                                        {"endpoints", report.world.endpoints.size()},
                                        {"algorithms", std::move(outcomes)}});
  }
  return {{"seed", options.seed}, {"lanes", options.lanes}, {"worlds", std::move(worlds)}};
}

std::string list_of_worlds() {
  std::string out;
  for (const WorldName& each : world_names()) {
    out += fmt::format("{}  {:<14}{}\n", each.letter, each.name, each.line);
  }
  return out;
}

}  // namespace weir::simulate
