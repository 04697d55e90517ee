#pragma once
// The command table: each command adds its words to the command line and what runs when it was
// named.

#include <string>

namespace weir::app {

class Command;
class CommandLine;

void add_serve(CommandLine& line);
void add_up(CommandLine& line);
void add_check(CommandLine& line);
void add_doctor(CommandLine& line);
void add_service(CommandLine& line);
void add_algorithm(CommandLine& line);
void add_breaker(CommandLine& line);
void add_drain(CommandLine& line);
void add_explain(CommandLine& line);
void add_status(CommandLine& line);
void add_services(CommandLine& line);
/// The commands below `services`.
void add_register(Command& services);
void add_top(CommandLine& line);
void add_weight(CommandLine& line);
void add_log(CommandLine& line);
void add_scale(CommandLine& line);
void add_reload(CommandLine& line);
void add_config(CommandLine& line);
void add_store(CommandLine& line);
/// Also man. Lifetime: `line` until its command has run.
void add_completion(CommandLine& line);
void add_user(CommandLine& line);
void add_token(CommandLine& line);
void add_lab(CommandLine& line);
void add_simulate(CommandLine& line);

/// `weir simulate --replay`. Returns the exit code.
int replay_record(const std::string& path, unsigned threads, bool json);

}  // namespace weir::app
