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
  bool json = false;
};

const std::vector<std::string>& algorithm_names() {
  static const std::vector<std::string> names(balance::kAlgorithmNames.begin(),
                                              balance::kAlgorithmNames.end());
  return names;
}

int show_algorithms(const AlgorithmOptions& options) {
  http::FetchRequest request;
  request.target = "/api/services";
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  base::json::array found;
  std::vector<std::string> names;
  for (const auto& each : answer->as_object().at("services").as_array()) {
    const auto& service = each.as_object();
    names.push_back(text_at(service, "name"));
    const bool is_it = options.name.empty() || options.name == "all" ||
                       options.name == names.back() ||
                       options.name == fmt::format("{}", number_at(service, "id"));
    if (!is_it) continue;
    found.push_back(base::json::object{{"service", names.back()},
                                       {"algorithm", text_at(service, "algorithm")}});
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
  }
  return kOk;
}

int change_algorithm(const AlgorithmOptions& options) {
  http::FetchRequest request;
  request.method = "POST";
  request.target = "/algorithm/" + encode_segment(options.algorithm);
  if (options.name != "all") request.target += "?service=" + encode_segment(options.name);
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
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
  const Check known{"ALGORITHM", [](const std::string& word) {
                      if (balance::parse_algorithm(word)) return std::string();
                      return control::no_such("algorithm", word, algorithm_names());
                    }};
  command.text("algorithm", options->algorithm, "From now on; without it: what it is now",
               Presence::optional, known);
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  std::string names;
  for (const std::string& each : algorithm_names()) names += (names.empty() ? "" : ", ") + each;
  command.footer(
      "Requests under way end as they began; none is lost. It lasts until weir ends: weir.yaml\n"
      "says what comes then (balance.algorithm).\nAlgorithms: " +
      names +
      "\nExamples:\n"
      "  weir algorithm                                 of every service\n"
      "  weir algorithm web-server least_connections    for one service\n"
      "  weir algorithm all round_robin                 for all");
  command.runs([options] {
    return options->algorithm.empty() ? show_algorithms(*options) : change_algorithm(*options);
  });
}

}  // namespace weir::app
