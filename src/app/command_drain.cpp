// weir drain: an endpoint gets no new request, and what it has in hand ends by itself.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"

namespace weir::app {
namespace {

struct DrainOptions {
  AdminTarget target;
  std::string endpoint;
  std::string service;
  bool undo = false;
  bool json = false;
};

int drain(const DrainOptions& options) {
  http::FetchRequest request;
  request.method = "POST";
  request.target = fmt::format("/api/endpoints/{}/{}", encode_segment(options.endpoint),
                               options.undo ? "undrain" : "drain");
  if (!options.service.empty()) request.target += "?service=" + encode_segment(options.service);
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  const auto& done = answer->as_object();
  const std::string name = text_at(done, "endpoint");
  const std::string service = text_at(done, "service");
  if (options.undo) {
    fmt::print("{} of {}: {}\n", name, service,
               flag_at(done, "changed") ? "takes requests again" : "was not draining");
    return kOk;
  }
  const std::string which = options.service.empty() ? "" : " --service " + options.service;
  fmt::print("{} of {}: {}, {} in flight. Undo: weir drain {}{} --undo\n", name, service,
             flag_at(done, "changed") ? "gets no new request" : "drains already",
             number_at(done, "inFlight"), options.endpoint, which);
  if (number_at(done, "eligibleOthers") == 0) {
    fmt::print(stderr, "weir: no other endpoint of {} is eligible: its clients get 503 now\n",
               service);
  }
  return kOk;
}

}  // namespace

void add_drain(CommandLine& line) {
  auto options = std::make_shared<DrainOptions>();
  Command command = line.command("drain", "Send an endpoint no new request");
  command.text("endpoint", options->endpoint, "Endpoint, by name or id (see weir status)",
               Presence::required);
  command.completes("endpoint", Words::endpoint);
  command.flag("--undo", options->undo, "Send it requests again");
  command.text("--service", options->service, "Only of this service, when a name is not unique");
  command.completes("--service", Words::service);
  add_target(command, options->target);
  command.flag("--json", options->json, "Print the answer as JSON");
  command.footer(
      "What is under way ends by itself; nothing is cut off. A process that is started again "
      "stays\n"
      "drained under its name.\nExamples:\n"
      "  weir drain web-server-2\n"
      "  weir drain 127.0.0.1:8081 --undo");
  command.runs([options] { return drain(*options); });
}

}  // namespace weir::app
