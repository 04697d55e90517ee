// weir scale: how many processes or containers serve a service.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/name_hint.hpp"
#include "app/show_lines.hpp"
#include "base/text.hpp"

namespace weir::app {
namespace {

constexpr std::uint64_t kReplicasMax = 10'000;  // as the API has it

struct ScaleOptions {
  AdminTarget target;
  std::string name;
  std::string replicas;
  bool json = false;
};

std::string replicas_fault(const std::string& text) {
  if (text == "up" || text == "down") return {};
  const auto replicas = base::parse_uint(text);
  if (replicas && *replicas >= 1 && *replicas <= kReplicasMax) return {};
  return fmt::format("not up, down, nor a whole number from 1 to {}", kReplicasMax);
}

http::FetchRequest scale_request(const ScaleOptions& options) {
  http::FetchRequest request;
  request.method = "POST";
  if (options.replicas == "up" || options.replicas == "down") {
    request.target =
        fmt::format("/api/services/{}/scale-{}", encode_segment(options.name), options.replicas);
    return request;
  }
  request.target = "/api/scale";
  const std::uint64_t replicas = *base::parse_uint(options.replicas);
  request.body =
      base::to_text(base::json::object{{"service", options.name}, {"replicas", replicas}});
  return request;
}

int scale(const ScaleOptions& options) {
  const auto answer = ask_admin(options.target, scale_request(options));
  if (!answer) {
    const AdminProblem& problem = answer.error();
    if (problem.retry_after_s > 0) {
      return complain(kRunTime, fmt::format("{} Possible again in {:.0f} s.", problem.text,
                                            std::ceil(problem.retry_after_s)));
    }
    return complain(kRunTime, with_service_hint(options.target, problem, options.name));
  }
  if (options.json) {
    show_text(base::pretty_json(*answer));
    return kOk;
  }
  if (!answer->is_object()) return complain(kRunTime, "the answer says nothing of replicas");
  const auto& done = answer->get_object();
  const double from = number_at(done, "from");
  const double to = number_at(done, "replicas");
  show_text(fmt::format("{}: {}\n", text_at(done, "service"),
                        from == to ? fmt::format("{} replicas already", to)
                                   : fmt::format("{} -> {} replicas", from, to)));
  return kOk;
}

}  // namespace

void add_scale(CommandLine& line) {
  auto options = std::make_shared<ScaleOptions>();
  Command command = line.command("scale", "How many replicas a service has");
  command.text("name", options->name, "Service, by name or number", Presence::required);
  command.completes("name", Words::service);
  command.text("replicas", options->replicas, "So many, or up or down by one", Presence::required,
               {"REPLICAS", replicas_fault});
  command.completes("replicas", Words::fixed, {"up", "down"});
  add_target(command, options->target);
  command.flag("--json", options->json, "Print the answer as JSON");
  command.footer(
      "scaling.min and scaling.max of the service are the bounds, and within scaling.cooldown of\n"
      "the last change it is refused with exit code 3 and the seconds that are left.\n"
      "Requests under way on a replica that goes end first.\n"
      "Examples:\n"
      "  weir scale web-server up\n"
      "  weir scale web-server 5");
  command.runs([options] { return scale(*options); });
}

}  // namespace weir::app
