// weir status: services and endpoints of a running weir as a table.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"

namespace weir::app {
namespace {

struct StatusOptions {
  AdminTarget target;
  bool json = false;
};

std::string text_at(const base::json::object& object, const char* key) {
  return object.at(key).as_string().c_str();
}

double number_at(const base::json::object& object, const char* key) {
  return object.at(key).to_number<double>();
}

void print_row(const base::json::object& row, const std::string& name, const std::string& state) {
  fmt::print("{:<24} {:<22} {:>9.1f} {:>8.1f} {:>8.1f} {:>7.2f}% {:>10.0f}\n", name, state,
             number_at(row, "requestsPerSecond"), number_at(row, "p50Ms"), number_at(row, "p99Ms"),
             number_at(row, "errorRate") * 100, number_at(row, "requests"));
}

int status(const StatusOptions& options) {
  http::FetchRequest request;
  request.target = "/api/services";
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  fmt::print("{:<24} {:<22} {:>9} {:>8} {:>8} {:>8} {:>10}\n", "name", "state", "req/s", "p50 ms",
             "p99 ms", "errors", "requests");
  for (const auto& each : answer->as_object().at("services").as_array()) {
    const auto& service = each.as_object();
    print_row(service, text_at(service, "name"), text_at(service, "state"));
    for (const auto& one : service.at("endpoints").as_array()) {
      const auto& endpoint = one.as_object();
      const std::string reason = text_at(endpoint, "reason");
      print_row(
          endpoint, "  " + text_at(endpoint, "name"),
          reason.empty() ? text_at(endpoint, "state") : text_at(endpoint, "state") + ": " + reason);
    }
  }
  return kOk;
}

}  // namespace

void add_status(CommandLine& line) {
  auto options = std::make_shared<StatusOptions>();
  Command command = line.command("status", "Services and endpoints of a running weir");
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  command.footer("Example:\n  weir status");
  command.runs([options] { return status(*options); });
}

}  // namespace weir::app
