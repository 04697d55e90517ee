#include "config/env_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "config/file.hpp"
#include "config/source.hpp"
#include "config/text_rule.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kBlanks = " \t";

class EnvReader {
 public:
  EnvReader(const Source& source, Problems& problems) : source_(source), problems_(problems) {}

  // `at`: where the line begins in the text.
  void line(std::size_t at, std::string_view text, Environment& variables) {
    const std::size_t start = text.find_first_not_of(kBlanks);
    if (start == text.npos || text[start] == '#') return;
    const std::size_t equals = text.find('=', start);
    const std::string_view name = text.substr(start, std::min(equals, text.size()) - start);
    const Place place = source_.place(at + start);
    if (name.empty()) {
      problems_.error(place, "a variable has no name: a line is NAME=VALUE");
    } else if (name.find_first_of(kBlanks) != name.npos) {
      problems_.error(source_.place(at + text.find_first_of(kBlanks, start)),
                      equals == text.npos ? "a line is NAME=VALUE"
                                          : "a variable's name has no blanks; write NAME=VALUE "
                                            "without any around '='");
    } else if (equals != text.npos) {
      const std::string_view value = text.substr(equals + 1);
      warn_of_quotes(source_.place(at + equals + 1), name, value);
      variables.insert_or_assign(std::string(name), std::string(value));
    } else if (!kVariableName.read(name)) {
      problems_.error(place, "a line is NAME=VALUE");
    }
  }

 private:
  void warn_of_quotes(Place place, std::string_view name, std::string_view value) {
    if (value.size() < 2 || value.front() != value.back()) return;
    if (value.front() != '"' && value.front() != '\'') return;
    problems_.warning(place, fmt::format("{}: the quotes are part of the value", clipped(name)));
  }

  const Source& source_;
  Problems& problems_;
};

}  // namespace

EnvFile parse_env_file(std::string_view text, std::string name) {
  EnvFile out;
  Problems problems(std::move(name));
  const Source source(text);
  if (source.check(problems)) {
    EnvReader reader(source, problems);
    const std::string_view rest = source.text();
    for (std::size_t at = 0; at < rest.size();) {
      const std::size_t end = std::min(rest.find('\n', at), rest.size());
      std::string_view line = rest.substr(at, end - at);
      if (line.ends_with('\r')) line.remove_suffix(1);
      reader.line(at, line, out.variables);
      at = end + 1;
    }
  }
  out.problems = problems.take_errors();
  out.warnings = problems.take_warnings();
  return out;
}

EnvFile load_env_file(const std::string& path) {
  const auto text = read_file(path, kSourceMax);
  if (text) return parse_env_file(*text, path);
  Problems problems(path);
  problems.error({1, 1}, fmt::format("cannot read: {}", std::strerror(text.error())),
                 text.error() == ENOENT ? neighbour(path, {}) : std::string());
  return {.variables = {}, .problems = problems.take_errors(), .warnings = {}};
}

}  // namespace weir::config
