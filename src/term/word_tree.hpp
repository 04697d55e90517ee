#pragma once
// WordTree: every command with its options and arguments, as `--help` has them: what completion and
// the man page are made of, so that neither can say what the program does not. Pure values.

#include <cstdint>
#include <string>
#include <vector>

namespace weir::term {

/// Where the values of an option or argument come from.
enum class Words : std::uint8_t {
  none,
  fixed,
  service,
  endpoint,
  service_or_endpoint,
  file,
  directory
};

struct OptionWords {
  std::vector<std::string> names;  ///< "-c", "--config"; of an argument: its one word
  bool is_argument = false;
  bool is_required = false;
  std::string value;  ///< what stands for its value, "DURATION"; empty: a flag
  std::string help;
  Words words = Words::none;
  std::vector<std::string> choices;  ///< of Words::fixed
};

struct CommandWords {
  std::string name;
  std::string help;
  std::string footer;  ///< notes and examples
  bool is_hidden = false;
  std::vector<OptionWords> options;  ///< arguments among them, in order
  std::vector<CommandWords> commands;
};

/// "service", "endpoint", "name", "file", "directory"; empty for the rest. The words of
/// `weir __complete` are the first three.
std::string kind_word(Words words);

}  // namespace weir::term
