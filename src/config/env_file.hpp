#pragma once
// Env file: variables from a file (`--env-file`), in the form that docker reads.
//
//   line     = blank* ( "#" text | name "=" text | name )?
//   name     = one or more bytes without blanks, "=" and "#" in front
// A value is everything after the first '=', as it stands: quotes are part of it, nothing is
// expanded, nothing is trimmed. A name alone means the variable of the same name that weir has
// anyway, so that it changes nothing. Of a name that stands twice the last value counts. No message
// repeats a line: values are often secret.

#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "config/secret.hpp"

namespace weir::config {

struct EnvFile {
  Environment variables;          ///< of the lines that could be read
  std::vector<Problem> problems;  ///< by place, at most kProblemsMax
  std::vector<Problem> warnings;  ///< likewise
};

/// `name` stands for the file in messages. At most kSourceMax bytes of UTF-8.
EnvFile parse_env_file(std::string_view text, std::string name);

/// Reads the file with blocking calls. What cannot be read is a problem at 1:1.
EnvFile load_env_file(const std::string& path);

}  // namespace weir::config
