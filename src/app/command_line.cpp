#include "app/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace weir::app {
namespace {

void require(CLI::Option& option, Presence presence) {
  if (presence == Presence::required) option.required();
}

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
  return text + fmt::format("; {} --help lists them", app.get_name());
}

}  // namespace

int complain(int code, const std::string& text) {
  fmt::print(stderr, "weir: {}\n", text);
  return code;
}

Command Command::command(const std::string& name, const std::string& help) {
  return {*app_->add_subcommand(name, help), *chosen_};
}

void Command::needs_command() { app_->require_subcommand(1); }

void Command::text(const std::string& names, std::string& into, const std::string& help,
                   Presence presence, const Check& check) {
  CLI::Option* option = app_->add_option(names, into, help);
  require(*option, presence);
  if (check.fault) {
    option->check(CLI::Validator([fault = check.fault](std::string& text) { return fault(text); },
                                 check.kind));
  }
}

void Command::texts(const std::string& names, std::vector<std::string>& into,
                    const std::string& help) {
  app_->add_option(names, into, help)->allow_extra_args(false);  // one value each time
}

void Command::one_of(const std::string& names, std::string& into,
                     const std::vector<std::string>& words, const std::string& help,
                     Presence presence) {
  CLI::Option* option = app_->add_option(names, into, help);
  require(*option, presence);
  option->check(CLI::IsMember(words));
}

void Command::number(const std::string& names, std::uint16_t& into, const std::string& help) {
  app_->add_option(names, into, help);
}

void Command::number(const std::string& names, std::uint64_t& into, const std::string& help) {
  app_->add_option(names, into, help);
}

void Command::number(const std::string& names, unsigned& into, const std::string& help, int min,
                     int max) {
  app_->add_option(names, into, help)->check(CLI::Range(min, max));
}

void Command::number(const std::string& names, double& into, const std::string& help, double min,
                     double max) {
  app_->add_option(names, into, help)->check(CLI::Range(min, max));
}

void Command::flag(const std::string& names, bool& into, const std::string& help) {
  app_->add_flag(names, into, help);
}

void Command::footer(const std::string& text) { app_->footer(text); }

void Command::runs(Chosen run) {
  app_->callback([run = std::move(run), chosen = chosen_] { *chosen = run; });
}

CommandLine::CommandLine(const std::string& name, const std::string& help,
                         const std::string& version)
    : app_(std::make_unique<CLI::App>(help)) {
  app_->name(name);
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::command(const std::string& name, const std::string& help) {
  return Command(*app_, chosen_).command(name, help);
}

void CommandLine::footer(const std::string& text) { app_->footer(text); }

std::expected<Chosen, int> CommandLine::parse(int argc, char** argv) {
  if (const std::string wrong = unknown_command(*app_, argc, argv); !wrong.empty()) {
    return std::unexpected(complain(kUsage, wrong));
  }
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app_->exit(error) == 0 ? kOk : kUsage);
  }
  if (!chosen_) return std::unexpected(kUsage);
  return chosen_;
}

}  // namespace weir::app
