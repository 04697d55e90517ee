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

void print_row(const base::json::object& row, const std::string& name, const std::string& state) {
  fmt::print("{:<24} {:>9.1f} {:>8.1f} {:>8.1f} {:>7.2f}% {:>10.0f}  {}\n", name,
             number_at(row, "requestsPerSecond"), number_at(row, "p50Ms"), number_at(row, "p99Ms"),
             number_at(row, "errorRate") * 100, number_at(row, "requests"), state);
}

// "degraded, least_connections, panic, breaker open, probes in 12 s"
std::string service_standing(const base::json::object& service) {
  std::string out = fmt::format("{}, {}", text_at(service, "state"), text_at(service, "algorithm"));
  if (flag_at(service, "panic")) out += ", panic: health is ignored";
  const auto* breaker = service.if_contains("breaker");
  if (breaker == nullptr || !breaker->is_object()) return out;
  const std::string state = breaker_standing(breaker->get_object());
  return state == "closed" || state == "off" ? out : out + ", breaker " + state;
}

// A reason says its state itself, but for what is no host state ("stopped").
std::string endpoint_standing(const base::json::object& endpoint) {
  std::string state = text_at(endpoint, "state");
  const std::string reason = text_at(endpoint, "reason");
  if (!reason.empty()) state = reason.starts_with(state) ? reason : state + ": " + reason;
  const auto* breaker = endpoint.if_contains("breaker");
  if (breaker != nullptr && text_at(breaker->as_object(), "state") == "half-open") {
    state += ", breaker " + breaker_standing(breaker->as_object());
  }
  const double weight = number_at(endpoint, "weight");
  if (weight != number_at(endpoint, "configuredWeight"))
    state += fmt::format(", weight {}", weight);
  return state;
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
  fmt::print("{:<24} {:>9} {:>8} {:>8} {:>8} {:>10}  {}\n", "name", "req/s", "p50 ms", "p99 ms",
             "errors", "requests", "state");
  for (const auto& each : answer->as_object().at("services").as_array()) {
    const auto& service = each.as_object();
    print_row(service, text_at(service, "name"), service_standing(service));
    for (const auto& one : service.at("endpoints").as_array()) {
      const auto& endpoint = one.as_object();
      print_row(endpoint, "  " + text_at(endpoint, "name"), endpoint_standing(endpoint));
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
