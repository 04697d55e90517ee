// weir service, weir logs: what the processes of a service do, over the admin API.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"

namespace weir::app {
namespace {

struct ServiceOptions {
  AdminTarget target;
  std::string name;
  std::string action;
  bool json = false;
};

struct LogOptions {
  AdminTarget target;
  std::string name;
  bool follow = false;
  bool json = false;
  unsigned lines = 100;
};

int act(const ServiceOptions& options) {
  http::FetchRequest request;
  request.method = "POST";
  request.target = fmt::format("/api/services/{}/{}", encode_segment(options.name), options.action);
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}\n", base::to_text(*answer));
  } else {
    fmt::print("{}: {} done\n", options.name, options.action);
  }
  return kOk;
}

std::string text_of(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str())
                                                : std::string();
}

// Child output is printed without the control bytes that could rewrite a terminal.
std::string printable(std::string text) {
  std::erase_if(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
  return text;
}

int logs(const LogOptions& options) {
  std::uint64_t after = 0;
  for (;;) {
    http::FetchRequest request;
    request.target = fmt::format("/api/services/{}/output?after={}&limit={}",
                                 encode_segment(options.name), after, options.lines);
    const auto answer = call_admin(options.target, std::move(request));
    if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
    for (const auto& each : answer->as_object().at("lines").as_array()) {
      const auto& line = each.as_object();
      after = std::max<std::uint64_t>(after, line.at("number").to_number<std::uint64_t>());
      if (options.json) {
        fmt::print("{}\n", base::to_text(each));
      } else {
        fmt::print("{} {} {}\n", text_of(line, "time"), text_of(line, "child"),
                   printable(text_of(line, "text")));
      }
    }
    std::fflush(stdout);
    if (!options.follow) return kOk;
    const timespec pause{0, 300'000'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace

void add_service(CommandLine& line) {
  auto service = std::make_shared<ServiceOptions>();
  Command command = line.command("service", "Stop, start or restart a service's processes");
  command.text("name", service->name, "Service, by name or number", Presence::required);
  command.completes("name", Words::service);
  command.one_of("action", service->action, {"stop", "start", "restart"}, "stop, start or restart",
                 Presence::required);
  add_target(command, service->target);
  command.flag("--json", service->json, "Print the answer as JSON");
  command.footer("Example:\n  weir service payment-service restart");
  command.runs([service] { return act(*service); });

  auto log = std::make_shared<LogOptions>();
  Command logs_command = line.command("logs", "What a service's processes wrote");
  logs_command.text("name", log->name, "Service, by name or number", Presence::required);
  logs_command.completes("name", Words::service);
  logs_command.flag("-f,--follow", log->follow, "Go on until Ctrl-C");
  logs_command.number("-n,--lines", log->lines, "At most so many lines (default 100)", 1, 1000);
  add_target(logs_command, log->target);
  logs_command.flag("--json", log->json, "One JSON object a line");
  logs_command.footer("Example:\n  weir logs web-server -f");
  logs_command.runs([log] { return logs(*log); });
}

}  // namespace weir::app
