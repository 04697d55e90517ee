// weir: parses the command line and runs the command that was named. Everything is put together in
// instance.cpp; this file knows only words.

#include <fmt/format.h>

#include <cstring>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/version.hpp"
#include "supervise/child_process.hpp"

namespace weir::app {

namespace {

int run(int argc, char** argv) {
  CommandLine line("weir", "weir: a resilience gateway and rehearsal lab in one binary",
                   fmt::format("weir {} ({})", kVersion, kRevision));
  line.footer(
      "Examples:\n"
      "  weir up                          gateway, demo services and traffic, on this machine "
      "only\n"
      "  weir up --print-config >weir.yaml   a configuration to start from\n"
      "  weir check -c weir.yaml          every mistake with its place\n"
      "  weir serve -c weir.yaml          run it\n"
      "\nExit codes: 0 ok, 1 configuration, 2 usage, 3 run-time.");
  add_up(line);
  add_serve(line);
  add_check(line);
  add_status(line);
  add_services(line);
  add_top(line);
  add_log(line);
  add_service(line);
  add_algorithm(line);
  add_breaker(line);
  add_drain(line);
  add_weight(line);
  add_scale(line);
  add_reload(line);
  add_config(line);
  add_store(line);
  add_explain(line);
  add_user(line);
  add_token(line);
  add_doctor(line);
  add_lab(line);
  add_simulate(line);
  add_completion(line);
  const auto chosen = line.parse(argc, argv);
  return chosen ? (*chosen)() : chosen.error();
}

}  // namespace
}  // namespace weir::app

int main(int argc, char** argv) {
  // The supervisor's door for children; not a command for people.
  if (argc > 1 && std::strcmp(argv[1], "child-exec") == 0) {
    return weir::supervise::child_exec(argc, argv);
  }
  return weir::app::run(argc, argv);
}
