// weir status: how a running weir is: totals, services with what is not well, listeners.
#include <memory>
#include <string>
#include <utility>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/kept_client.hpp"
#include "app/show_lines.hpp"
#include "term/service_tables.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kStatusTime = std::chrono::seconds(10);

struct StatusOptions {
  AdminTarget target;
  bool check = false;
  bool json = false;
};

base::json::array troubles_json(const term::Traffic& traffic) {
  base::json::array out;
  for (const term::Service& service : traffic.services) {
    for (const term::Trouble& each : term::troubles_of(service)) {
      base::json::object one{{"service", each.service}, {"endpoint", nullptr}, {"what", each.what}};
      if (!each.endpoint.empty()) one["endpoint"] = each.endpoint;
      out.push_back(std::move(one));
    }
  }
  return out;
}

int status(const StatusOptions& options) {
  KeptClient client(options.target);
  auto services = client.get("/api/services", kStatusTime);
  if (!services) return complain(kRunTime, services.error().text);
  const auto metrics = client.get("/api/metrics", kStatusTime);
  if (!metrics) return complain(kRunTime, metrics.error().text);
  const auto about = client.get("/", kStatusTime);
  if (!about) return complain(kRunTime, about.error().text);
  const term::Traffic traffic = term::read_traffic(*services, *metrics, *about);
  base::json::array troubles = troubles_json(traffic);
  const bool is_well = troubles.empty();
  if (options.json) {
    base::json::object out{{"version", traffic.version},
                           {"well", is_well},
                           {"troubles", std::move(troubles)},
                           {"metrics", *metrics}};
    if (services->is_object()) {
      for (auto& member : services->get_object()) out.insert(std::move(member));
    }
    show_text(base::pretty_json(out));
  } else {
    show_lines(term::status_lines(traffic, stdout_columns()));
  }
  return options.check && !is_well ? kRunTime : kOk;
}

}  // namespace

void add_status(CommandLine& line) {
  auto options = std::make_shared<StatusOptions>();
  Command command = line.command("status", "How a running weir is, and what is not well");
  command.flag("--check", options->check, "Exit code 3 when something is not well");
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  command.footer(
      "Rates, times and errors are of the last ten seconds. Not well is a service that is not\n"
      "healthy, a breaker that is not closed, and an endpoint that gets no requests, also when\n"
      "the operator drains it; what it is stands under its service.\n"
      "Examples:\n"
      "  weir status\n"
      "  weir status --check >/dev/null || echo 'look at weir'");
  command.runs([options] { return status(*options); });
}

}  // namespace weir::app
