// weir: parses the command line and runs the command that was named. Everything is put together in
// instance.cpp; this file knows only words.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "app/version.hpp"
#include "base/text.hpp"
#include "supervise/child_process.hpp"

namespace weir::app {

int complain(int code, const std::string& text) {
  fmt::print(stderr, "weir: {}\n", text);
  return code;
}

namespace {

// "there is no command 'frob' (did you mean …?)", or nothing.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const std::string_view word = argv[1];
  if (std::ranges::find(names, word) != names.end()) return {};
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = base::nearest(word, views);
  std::string text = fmt::format("there is no command '{}'", word);
  if (!near.empty()) text += fmt::format(" (did you mean {}?)", near);
  return text + "; weir --help lists them";
}

int run(int argc, char** argv) {
  CLI::App app("weir: a resilience gateway and rehearsal lab in one binary");
  app.name("weir");
  app.set_version_flag("--version", fmt::format("weir {} ({})", kVersion, kRevision));
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  weir up                          gateway, demo services and traffic, on this machine "
      "only\n"
      "  weir up --print-config >weir.yaml   a configuration to start from\n"
      "  weir check -c weir.yaml          every mistake with its place\n"
      "  weir serve -c weir.yaml          run it\n"
      "\nExit codes: 0 ok, 1 configuration, 2 usage, 3 run-time.");
  Chosen chosen;
  add_up(app, chosen);
  add_serve(app, chosen);
  add_check(app, chosen);
  add_status(app, chosen);
  add_service(app, chosen);
  add_doctor(app, chosen);
  add_lab(app, chosen);
  if (const std::string wrong = unknown_command(app, argc, argv); !wrong.empty()) {
    return complain(kUsage, wrong);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kOk : kUsage;
  }
  return chosen ? chosen() : kUsage;
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
