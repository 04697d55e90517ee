#pragma once
// The command table: each command adds its words to the parser and sets what runs when it was
// named. Exit codes: 0 ok, 1 configuration, 2 usage, 3 run-time (architecture.md, "Command line").

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace weir::app {

inline constexpr int kOk = 0;
inline constexpr int kConfiguration = 1;
inline constexpr int kUsage = 2;
inline constexpr int kRunTime = 3;

/// What main() runs after parsing.
using Chosen = std::function<int()>;

void add_serve(CLI::App& app, Chosen& chosen);
void add_up(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_doctor(CLI::App& app, Chosen& chosen);
void add_service(CLI::App& app, Chosen& chosen);
void add_status(CLI::App& app, Chosen& chosen);
void add_lab(CLI::App& app, Chosen& chosen);

/// Prints "weir: text" to stderr and returns `code`.
int complain(int code, const std::string& text);

}  // namespace weir::app
