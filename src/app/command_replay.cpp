// weir simulate --replay FILE: the picks of a live run, made again by the same code.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "base/json.hpp"
#include "simulate/replay.hpp"

namespace weir::app {
namespace {

std::string service_name(const simulate::ReplayResult& result, std::uint32_t number) {
  const auto found = result.services.find(number);
  return found == result.services.end() ? fmt::format("service {}", number) : found->second;
}

base::json::object replay_json(const simulate::ReplayResult& result) {
  base::json::object algorithms;
  for (const auto& [algorithm, picks] : result.by_algorithm) {
    algorithms[balance::name(algorithm)] = picks;
  }
  base::json::array divergences;
  for (const simulate::Divergence& each : result.divergences) {
    divergences.push_back(base::json::object{{"lane", each.lane},
                                             {"service", service_name(result, each.service)},
                                             {"pick", each.number},
                                             {"algorithm", std::string(name(each.algorithm))},
                                             {"recorded", each.recorded},
                                             {"replayed", each.replayed}});
  }
  return {{"records", result.records},
          {"picks", result.picks},
          {"identical", result.identical},
          {"different", result.picks - result.identical},
          {"lanes", result.lanes},
          {"cut", result.was_cut},
          {"picksByAlgorithm", std::move(algorithms)},
          {"divergences", std::move(divergences)}};
}

void print_replay(const simulate::ReplayResult& result) {
  fmt::print("{} of {} picks are identical ({} lanes, {} services, {} records)\n", result.identical,
             result.picks, result.lanes, result.services.size(), result.records);
  for (const auto& [algorithm, picks] : result.by_algorithm) {
    fmt::print("  {:<20} {:>12} picks\n", balance::name(algorithm), picks);
  }
  if (result.was_cut)
    fmt::print("The file ends inside a record; what is before it was replayed.\n");
  for (const simulate::Divergence& each : result.divergences) {
    fmt::print("  differs: pick {} of {} on lane {} ({}): endpoint {} then, {} now\n", each.number,
               service_name(result, each.service), each.lane, balance::name(each.algorithm),
               each.recorded, each.replayed);
  }
}

}  // namespace

int replay_record(const std::string& path, unsigned threads, bool json) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return complain(kRunTime, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto result = simulate::replay(bytes.view(), threads);
  if (!result) return complain(kRunTime, path + ": " + std::string(result.error().detail()));
  if (json) {
    fmt::print("{}", base::pretty_json(replay_json(*result)));
  } else {
    print_replay(*result);
  }
  return result->identical == result->picks ? kOk : kRunTime;
}

}  // namespace weir::app
