// weir services: a table of them, or one with its endpoints.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/show_lines.hpp"
#include "control/operator_command.hpp"
#include "term/service_tables.hpp"

namespace weir::app {
namespace {

struct ServicesOptions {
  AdminTarget target;
  std::string name;
  bool json = false;
};

// By name or number, in an answer of /api/services; null: there is none.
const base::json::object* find_in(const base::json::value& answer, const std::string& name,
                                  std::vector<std::string>& names) {
  const base::json::object* found = nullptr;
  if (!answer.is_object()) return found;
  for (const auto& each : term::array_at(answer.get_object(), "services")) {
    if (!each.is_object()) continue;
    const auto& service = each.get_object();
    names.push_back(text_at(service, "name"));
    const bool is_it = names.back() == name || fmt::format("{}", number_at(service, "id")) == name;
    if (is_it) found = &service;
  }
  return found;
}

int services(const ServicesOptions& options) {
  http::FetchRequest request;
  request.target = "/api/services";
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.name.empty()) {
    if (options.json) {
      show_text(base::pretty_json(*answer));
    } else {
      show_lines(
          term::service_lines(term::read_traffic(*answer, nullptr, nullptr), stdout_columns()));
    }
    return kOk;
  }
  std::vector<std::string> names;
  const base::json::object* found = find_in(*answer, options.name, names);
  if (found == nullptr) {
    return complain(kRunTime, control::no_such("service", options.name, names));
  }
  if (options.json) {
    show_text(base::pretty_json(*found));
  } else {
    show_lines(term::endpoint_lines(term::read_service(*found), stdout_columns()));
  }
  return kOk;
}

}  // namespace

void add_services(CommandLine& line) {
  auto options = std::make_shared<ServicesOptions>();
  Command command = line.command("services", "The services; with a name: its endpoints");
  command.text("name", options->name, "Service, by name or number");
  command.completes("name", Words::service);
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  command.footer(
      "Rates, times and errors are of the last ten seconds. up: endpoints that take requests.\n"
      "Examples:\n"
      "  weir services                 a line a service\n"
      "  weir services web-server      a line an endpoint, and why it is in its state\n"
      "  weir services web-server --json");
  command.runs([options] { return services(*options); });
  add_register(command);
}

}  // namespace weir::app
