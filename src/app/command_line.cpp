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
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty() || command->get_name() == argv[1]) {
      names.push_back(command->get_name());
    }
  }
  const std::string_view word = argv[1];
  if (std::ranges::find(names, word) != names.end()) return {};
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = base::nearest(word, views);
  std::string text = fmt::format("there is no command '{}'", word);
  if (!near.empty()) text += fmt::format(" (did you mean {}?)", near);
  return text + fmt::format("; {} --help lists them", app.get_name());
}

// What stands for a value: CLI11 says "TEXT:DURATION", "UINT:INT in [1 - 1000]", "TEXT:{a,b}".
std::string value_word(const std::string& type) {
  const std::size_t colon = type.find(':');
  if (colon == std::string::npos) return type;
  const std::string rule = type.substr(colon + 1);
  const bool is_word = rule.find_first_of(" {[") == std::string::npos;
  return is_word ? rule : type.substr(0, colon);
}

// Options that are the same wherever they are.
Words words_by_name(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == "--config" || name == "--record" || name == "--replay") return Words::file;
    if (name == "--data") return Words::directory;
  }
  return Words::none;
}

}  // namespace

int complain(int code, const std::string& text) {
  fmt::print(stderr, "weir: {}\n", text);
  return code;
}

Command Command::command(const std::string& name, const std::string& help) {
  return {*app_->add_subcommand(name, help), *table_};
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
  CLI::Option* option = app_->add_option(names, into, help);
  if (!option->get_positional()) option->allow_extra_args(false);  // one value each time
}

void Command::one_of(const std::string& names, std::string& into,
                     const std::vector<std::string>& words, const std::string& help,
                     Presence presence) {
  CLI::Option* option = app_->add_option(names, into, help);
  require(*option, presence);
  option->check(CLI::IsMember(words));
  table_->values[option] = {Words::fixed, words};
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

void Command::completes(const std::string& name, Words words, std::vector<std::string> choices) {
  table_->values[app_->get_option(name)] = {words, std::move(choices)};
}

void Command::hides() { app_->group(""); }

void Command::footer(const std::string& text) { app_->footer(text); }

void Command::runs(Chosen run) {
  app_->callback([run = std::move(run), table = table_, app = app_] {
    // Of a command and one below it, the one below is meant.
    if (app->get_subcommands().empty()) table->chosen = run;
  });
}

term::CommandWords CommandLine::words_of(const CLI::App& app, const Command::Table& table) {
  term::CommandWords out;
  out.name = app.get_name();
  out.help = app.get_description();
  out.footer = app.get_footer();
  out.is_hidden = app.get_group().empty();
  for (const CLI::Option* option : app.get_options()) {
    term::OptionWords words;
    words.is_argument = option->get_positional();
    for (const std::string& name : option->get_snames()) words.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) words.names.push_back("--" + name);
    if (words.is_argument) words.names = {option->get_name(true)};
    words.is_required = option->get_required();
    words.help = option->get_description();
    if (const auto found = table.values.find(option); found != table.values.end()) {
      words.words = found->second.words;
      words.choices = found->second.choices;
    } else {
      words.words = words_by_name(words.names);
    }
    if (option->get_type_size() != 0) words.value = value_word(option->get_type_name());
    out.options.push_back(std::move(words));
  }
  for (const CLI::App* each : app.get_subcommands({})) {
    out.commands.push_back(words_of(*each, table));
    // CLI11 hands a footer down to who has none.
    if (out.commands.back().footer == out.footer) out.commands.back().footer.clear();
  }
  return out;
}

term::CommandWords CommandLine::words() const { return words_of(*app_, table_); }

CommandLine::CommandLine(const std::string& name, const std::string& help,
                         const std::string& version)
    : app_(std::make_unique<CLI::App>(help)) {
  app_->name(name);
  app_->set_version_flag("--version", version);
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::command(const std::string& name, const std::string& help) {
  return Command(*app_, table_).command(name, help);
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
  if (!table_.chosen) return std::unexpected(kUsage);
  return table_.chosen;
}

}  // namespace weir::app
