// weir breaker: the circuit breakers of services and endpoints: what they are, and by hand.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"

namespace weir::app {
namespace {

struct BreakerOptions {
  AdminTarget target;
  std::string name;
  std::string action;
  std::string endpoint;
  bool json = false;
};

std::string breaker_name(const base::json::object& breaker) {
  const std::string endpoint = text_at(breaker, "endpoint");
  return endpoint.empty() ? text_at(breaker, "service") : "  " + endpoint;
}

int show_breakers(const BreakerOptions& options) {
  http::FetchRequest request;
  request.target = "/api/circuit-breakers";
  if (!options.name.empty() && options.name != "all") {
    request.target += "/" + encode_segment(options.name);
  }
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  fmt::print("{:<24} {:>10}  {}\n", "name", "failures", "state");
  for (const auto& each : answer->as_object().at("circuitBreakers").as_array()) {
    const auto& breaker = each.as_object();
    const std::string failures = fmt::format("{} of {}", number_at(breaker, "failures"),
                                             number_at(breaker, "failuresToOpen"));
    fmt::print("{:<24} {:>10}  {}\n", breaker_name(breaker), failures, breaker_standing(breaker));
  }
  return kOk;
}

int operate_breakers(const BreakerOptions& options) {
  const bool is_all = options.name == "all";
  if (is_all && (options.action != "reset" || !options.endpoint.empty())) {
    return complain(kUsage, "all takes only reset: weir breaker all reset. Name a service instead");
  }
  http::FetchRequest request;
  request.method = "POST";
  request.target = "/api/circuit-breakers/reset-all";
  if (!is_all) {
    request.target =
        fmt::format("/api/circuit-breakers/{}/{}", encode_segment(options.name), options.action);
    if (!options.endpoint.empty()) {
      request.target += "?endpoint=" + encode_segment(options.endpoint);
    }
  }
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  for (const auto& each : answer->as_object().at("circuitBreakers").as_array()) {
    const auto& breaker = each.as_object();
    const std::string from = text_at(breaker, "from");
    const std::string to = text_at(breaker, "to");
    fmt::print("{:<24} {}\n", breaker_name(breaker),
               from != to                    ? from + " -> " + to
               : flag_at(breaker, "changed") ? to + ", failures forgotten"
                                             : to + " already");
  }
  return kOk;
}

}  // namespace

void add_breaker(CommandLine& line) {
  auto options = std::make_shared<BreakerOptions>();
  Command command = line.command("breaker", "Circuit breakers: show, force, reset");
  command.text("name", options->name,
               "Service, by name or number, or an endpoint's name; all: every one");
  command.completes("name", Words::service_or_endpoint);
  command.one_of("action", options->action, {"open", "close", "auto", "reset"},
                 "open: send nothing; close: send whatever happens; auto: by itself again; reset: "
                 "closed, failures forgotten");
  command.text("--endpoint", options->endpoint, "That endpoint of the service, by name or id");
  command.completes("--endpoint", Words::endpoint);
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  command.footer(
      "A service has a breaker of its own, beside those of its endpoints; reset means all of "
      "them.\nWhile it is open, clients get 503 with reason UO, or the route's fallback.\n"
      "Examples:\n"
      "  weir breaker                         a table of all\n"
      "  weir breaker web-server reset        of a service and its endpoints\n"
      "  weir breaker web-server-2 open       take one endpoint out\n"
      "  weir breaker web-server-2 auto       let it prove itself, then use it\n"
      "  weir breaker all reset");
  command.runs([options] {
    return options->action.empty() ? show_breakers(*options) : operate_breakers(*options);
  });
}

}  // namespace weir::app
