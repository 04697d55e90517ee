#pragma once
// CommandLine: the words weir understands, as a tree of commands with options. Each command says
// what runs when it is named; parse() finds the one that was. CLI11 does the work, in
// command_line.cpp only: its headers cost every file that includes them ten seconds to compile.
//
// 1. Options write into variables of the caller when parse() reads them, never later.
// 2. A Command is a handle into its CommandLine, which outlives it.
// Not here: what a command does (command_*.cpp). Used before any lane exists.

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "term/word_tree.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir::app {

// Exit codes (architecture.md, "Command line").
inline constexpr int kOk = 0;
inline constexpr int kConfiguration = 1;
inline constexpr int kUsage = 2;
inline constexpr int kRunTime = 3;

/// Prints "weir: text" to stderr and returns `code`.
int complain(int code, const std::string& text);

/// What main() runs after parsing; returns the exit code.
using Chosen = std::function<int()>;

using term::Words;

/// A rule for the text of an option.
struct Check {
  std::string kind;                                      ///< its word in --help, such as DURATION
  std::function<std::string(const std::string&)> fault;  ///< what is wrong; empty: nothing
};

enum class Presence : std::uint8_t { optional, required };

/// `names` is "-c,--config" for an option and a bare word for a positional argument.
/// Lifetime: every `into` lives until parse() has returned; what runs() holds may own it.
class Command {
 public:
  Command command(const std::string& name, const std::string& help);
  /// One of the commands below this one must be named.
  void needs_command();

  void text(const std::string& names, std::string& into, const std::string& help,
            Presence presence = Presence::optional, const Check& check = {});
  /// May be given several times.
  void texts(const std::string& names, std::vector<std::string>& into, const std::string& help);
  void one_of(const std::string& names, std::string& into, const std::vector<std::string>& words,
              const std::string& help, Presence presence = Presence::optional);
  /// The limits are allowed values; without them every value of the type is.
  void number(const std::string& names, std::uint16_t& into, const std::string& help);
  void number(const std::string& names, std::uint64_t& into, const std::string& help);
  void number(const std::string& names, unsigned& into, const std::string& help, int min, int max);
  void number(const std::string& names, double& into, const std::string& help, double min,
              double max);
  void flag(const std::string& names, bool& into, const std::string& help);

  /// What a shell offers for the value of the option or argument `name`. Options that are called
  /// --config and the like offer files by themselves.
  void completes(const std::string& name, Words words, std::vector<std::string> choices = {});
  /// It is in no list of commands.
  void hides();

  /// Printed at the end of its --help.
  void footer(const std::string& text);
  void runs(Chosen run);

 private:
  friend class CommandLine;
  struct Values {
    Words words = Words::none;
    std::vector<std::string> choices;
  };
  // What the command line knows beside CLI11's tree.
  struct Table {
    Chosen chosen;
    std::map<const CLI::Option*, Values> values;
  };
  Command(CLI::App& app, Table& table) : app_(&app), table_(&table) {}

  CLI::App* app_;
  Table* table_;  // of the CommandLine
};

class CommandLine {
 public:
  /// `version` is what --version prints. A command must be named.
  CommandLine(const std::string& name, const std::string& help, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command command(const std::string& name, const std::string& help);
  void footer(const std::string& text);

  /// All of it as values: commands in the order they were added.
  term::CommandWords words() const;

  /// What to run, or the exit code when there is nothing to: kOk after --help and --version, kUsage
  /// after a mistake, which it has printed. Call it once.
  std::expected<Chosen, int> parse(int argc, char** argv);

 private:
  static term::CommandWords words_of(const CLI::App& app, const Command::Table& table);

  std::unique_ptr<CLI::App> app_;
  Command::Table table_;
};

}  // namespace weir::app
