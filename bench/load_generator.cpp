// load_generator: sends one kind of request to 127.0.0.1 and tells what came back. See --help.
//
// Exit status: 0 all answers were right, 1 some were not, 2 usage.

#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "generator/idle.hpp"
#include "generator/load.hpp"
#include "generator/options.hpp"

namespace {

using generator::Options;

std::uint64_t to_ns(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

int hold_idle(const Options& options) {
  generator::IdleConnections idle(options.target);
  const unsigned open = idle.open(options.idle);
  std::printf("ready %u\n", open);
  std::fflush(stdout);
  usleep(static_cast<useconds_t>(options.hold_seconds * 1e6));
  const unsigned ended = idle.ended();
  std::printf("ended %u\n", ended);
  return open == options.idle && ended == 0 ? 0 : 1;
}

/// The plan a line of standard input asks for; no limit at all when it is not understood.
generator::Plan parse_plan(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  generator::Plan plan;
  if (verb == "run") {
    double seconds = 0;
    words >> seconds >> plan.rate;
    plan.run_ns = to_ns(seconds);
  } else if (verb == "requests") {
    words >> plan.requests;
  }
  return plan;
}

int run_interactive(const Options& options, generator::Load& load) {
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    const generator::Plan plan = parse_plan(line);
    if (plan.run_ns == 0 && plan.requests == 0) {
      std::fprintf(stderr, "load_generator: not understood: %s\n", line.c_str());
      return 2;
    }
    const generator::Report report = load.run(plan);
    std::printf("%s\n", options.json ? report.json().c_str() : report.text().c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const Options options = generator::parse_options(count, words);
  generator::raise_descriptor_limit();
  if (options.idle > 0) return hold_idle(options);

  generator::Load load(options.target, options.connections, options.connection_each);
  if (options.interactive) return run_interactive(options, load);
  const generator::Report report = load.run(
      {.rate = options.rate, .run_ns = to_ns(options.seconds), .requests = options.requests});
  std::printf("%s\n", options.json ? report.json().c_str() : report.text().c_str());
  return report.errors.total() == 0 ? 0 : 1;
}
