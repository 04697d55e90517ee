#pragma once
// PasswordPrompt: a password from a file, or from the terminal without showing it.

#include <string>

#include "base/result.hpp"

namespace weir::app {

/// `file`: its first line is the password; "-" is the standard input; empty: ask twice on the
/// terminal. Fails: when the file cannot be read, the two differ, or there is no terminal.
base::Result<std::string> read_password(const std::string& file, const std::string& user);
/// The same of a password that exists: asked for once.
base::Result<std::string> read_known_password(const std::string& file, const std::string& user);

}  // namespace weir::app
