// weir algorithm: how the requests of a service are spread over its endpoints, and how from now on.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "balance/algorithm.hpp"
#include "control/operator_command.hpp"

namespace weir::app {
namespace {

struct AlgorithmOptions {
  AdminTarget target;
  std::string name;
  std::string algorithm;
  std::string pin;
  bool json = false;
};

const std::vector<std::string>& algorithm_names() {
  static const std::vector<std::string> names(balance::kAlgorithmNames.begin(),
                                              balance::kAlgorithmNames.end());
  return names;
}

// Who shares the traffic of a service, side by side.
void print_arms(const base::json::object& service) {
  const auto& arms = service.at("arms").as_array();
  if (arms.size() < 2) return;
  fmt::print("  {:<22} {:>6} {:>9} {:>7} {:>9} {:>9} {:>9} {:>7}\n", "last minute", "share",
             "requests", "errors", "p50 ms", "p95 ms", "p99 ms", "spread");
  for (const auto& each : arms) {
    const auto& arm = each.as_object();
    fmt::print("  {:<22} {:>5.0f}% {:>9.0f} {:>6.1f}% {:>9.2f} {:>9.2f} {:>9.2f} {:>7.2f}\n",
               text_at(arm, "algorithm") + (flag_at(arm, "current") ? " *" : ""),
               100 * number_at(arm, "share"), number_at(arm, "requests"),
               100 * number_at(arm, "errorRate"), number_at(arm, "p50Ms"), number_at(arm, "p95Ms"),
               number_at(arm, "p99Ms"), number_at(arm, "spread"));
  }
  fmt::print(
      "  * carries the service; the others share its endpoints, so each disturbs the rest\n");
  const std::string verdict = text_at(service, "lastVerdict");
  const std::string pinned = text_at(service, "pinned");
  if (!pinned.empty()) fmt::print("  pinned to {}\n", pinned);
  if (!verdict.empty()) fmt::print("  last window: {}\n", verdict);
  for (const auto& each : service.at("switches").as_array()) {
    fmt::print("  {} {}\n", text_at(each.as_object(), "time"), text_at(each.as_object(), "why"));
  }
}

int show_algorithms(const AlgorithmOptions& options) {
  http::FetchRequest request;
  request.target = "/api/algorithms";
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  base::json::array found;
  std::vector<std::string> names;
  for (const auto& each : answer->as_object().at("services").as_array()) {
    const auto& service = each.as_object();
    names.push_back(text_at(service, "service"));
    const bool is_it = options.name.empty() || options.name == "all" ||
                       options.name == names.back() ||
                       options.name == fmt::format("{}", number_at(service, "id"));
    if (!is_it) continue;
    found.push_back(service);
  }
  if (found.empty() && !options.name.empty()) {
    std::string wrong = control::no_such("service", options.name, names);
    if (balance::parse_algorithm(options.name)) {
      wrong += fmt::format(". To use it for all of them: weir algorithm all {}", options.name);
    }
    return complain(kRunTime, wrong);
  }
  if (options.json) {
    fmt::print("{}", base::pretty_json(found));
    return kOk;
  }
  for (const auto& each : found) {
    fmt::print("{:<24} {}\n", text_at(each.as_object(), "service"),
               text_at(each.as_object(), "algorithm"));
    print_arms(each.as_object());
  }
  return kOk;
}

int change_algorithm(const AlgorithmOptions& options) {
  http::FetchRequest request;
  request.method = "POST";
  request.target = "/algorithm/" + encode_segment(options.algorithm);
  if (options.name != "all") request.target += "?service=" + encode_segment(options.name);
  if (!options.pin.empty()) {
    if (options.name == "all") return complain(kUsage, "--pin: name one service, not all");
    request.target += "&pin=" + encode_segment(options.pin);
  }
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  if (!options.pin.empty()) {
    fmt::print("{}: adaptive, {}\n", options.name,
               options.pin == "none" ? "chooses by itself" : "pinned to " + options.pin);
    return kOk;
  }
  for (const auto& each : answer->as_object().at("services").as_array()) {
    const auto& change = each.as_object();
    const std::string from = text_at(change, "from");
    const std::string to = text_at(change, "to");
    fmt::print("{}: {}\n", text_at(change, "service"),
               from == to ? to + " already" : from + " -> " + to);
  }
  return kOk;
}

}  // namespace

void add_algorithm(CommandLine& line) {
  auto options = std::make_shared<AlgorithmOptions>();
  Command command =
      line.command("algorithm", "How requests are spread over the endpoints of a service");
  command.text("name", options->name, "Service, by name or number; all: every service");
  command.completes("name", Words::service);
  const Check known{"ALGORITHM", [](const std::string& word) {
                      if (balance::parse_algorithm(word)) return std::string();
                      return control::no_such("algorithm", word, algorithm_names());
                    }};
  command.text("algorithm", options->algorithm, "From now on; without it: what it is now",
               Presence::optional, known);
  command.completes("algorithm", Words::fixed, algorithm_names());
  command.text("--pin", options->pin, "adaptive: stay on this arm; none: choose again");
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  std::string names;
  for (const std::string& each : algorithm_names()) names += (names.empty() ? "" : ", ") + each;
  command.footer(
      "Requests under way end as they began; none is lost. It outlives a reload, and with\n"
      "--data a restart, until weir.yaml changes balance.algorithm or `weir config unset` ends "
      "it.\nAlgorithms: " +
      names +
      "\nExamples:\n"
      "  weir algorithm                                 of every service\n"
      "  weir algorithm web-server least_connections    for one service\n"
      "  weir algorithm all round_robin                 for all\n"
      "  weir algorithm web-server adaptive --pin random_two");
  command.runs([options] {
    return options->algorithm.empty() ? show_algorithms(*options) : change_algorithm(*options);
  });
}

}  // namespace weir::app
