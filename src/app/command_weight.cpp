// weir weight: how large an endpoint's part of the traffic is.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/show_lines.hpp"
#include "base/text.hpp"
#include "control/operator_command.hpp"

namespace weir::app {
namespace {

struct WeightOptions {
  AdminTarget target;
  std::string endpoint;
  std::string weight;
  std::string service;
  bool json = false;
};

std::string weight_fault(const std::string& text) {
  if (text == "default") return {};
  const auto weight = base::parse_uint(text);
  if (weight && *weight >= 1 && *weight <= control::kWeightMax) return {};
  return fmt::format("not a whole number from 1 to {}, nor default; to send it nothing: weir drain",
                     control::kWeightMax);
}

int change_weight(const WeightOptions& options) {
  http::FetchRequest request;
  request.method = "PATCH";
  request.target = "/api/endpoints/" + encode_segment(options.endpoint);
  if (!options.service.empty()) request.target += "?service=" + encode_segment(options.service);
  request.body =
      fmt::format("{{\"weight\":{}}}", options.weight == "default" ? "null" : options.weight);
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    show_text(base::pretty_json(*answer));
    return kOk;
  }
  if (!answer->is_object()) return complain(kRunTime, "the answer says nothing of a weight");
  const auto& done = answer->get_object();
  const double from = number_at(done, "from");
  const double to = number_at(done, "weight");
  show_text(
      fmt::format("{} of {}: weight {}\n", text_at(done, "endpoint"), text_at(done, "service"),
                  from == to ? fmt::format("{} already", to) : fmt::format("{} -> {}", from, to)));
  return kOk;
}

}  // namespace

void add_weight(CommandLine& line) {
  auto options = std::make_shared<WeightOptions>();
  Command command = line.command("weight", "An endpoint's part of the traffic");
  command.text("endpoint", options->endpoint, "Endpoint, by name or id", Presence::required);
  command.completes("endpoint", Words::endpoint);
  command.text("weight", options->weight, "1 to 1000, or default: as configured",
               Presence::required, {"WEIGHT", weight_fault});
  command.completes("weight", Words::fixed, {"default"});
  command.text("--service", options->service, "Only of this service, when a name is not unique");
  command.completes("--service", Words::service);
  add_target(command, options->target);
  command.flag("--json", options->json, "Print the answer as JSON");
  command.footer(
      "How much a weight does is up to the algorithm: weighted follows it exactly, ip_hash not at\n"
      "all. Requests under way are not touched.\n"
      "Examples:\n"
      "  weir weight web-server-2 5          five times what an endpoint of weight 1 gets\n"
      "  weir weight web-server-2 default    as weir.yaml says");
  command.runs([options] { return change_weight(*options); });
}

}  // namespace weir::app
