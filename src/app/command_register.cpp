// weir services add, weir services remove: services beside those of the file, while weir runs.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/show_lines.hpp"
#include "balance/algorithm.hpp"

namespace weir::app {
namespace {

struct AddOptions {
  AdminTarget target;
  std::string name;
  std::vector<std::string> endpoints;
  std::string path;
  std::string host;
  std::string algorithm;
  bool strip_prefix = false;
  bool json = false;
};

struct RemoveOptions {
  AdminTarget target;
  std::string name;
  bool json = false;
};

int refused(const AdminProblem& problem) {
  const base::json::array& problems = term::array_at(problem.said, "problems");
  for (std::size_t i = 1; i < problems.size(); ++i) {
    fmt::print(stderr, "{}\n", term::plain_text(problems[i]));
  }
  return complain(kRunTime, problem.text);
}

void show_plan(const base::json::value& answer, bool json) {
  if (json || !answer.is_object()) return show_text(base::pretty_json(answer));
  for (const auto& line : term::array_at(answer.get_object(), "plan")) {
    fmt::print("  {}\n", term::plain_text(line));
  }
  fmt::print("done\n");
}

int add(const AddOptions& options) {
  base::json::array endpoints;
  for (const std::string& each : options.endpoints) endpoints.emplace_back(each);
  base::json::object body{{"name", options.name}, {"endpoints", std::move(endpoints)}};
  if (!options.path.empty()) body["path"] = options.path;
  if (!options.host.empty()) body["host"] = options.host;
  if (options.strip_prefix) body["strip_prefix"] = true;
  if (!options.algorithm.empty()) body["algorithm"] = options.algorithm;
  http::FetchRequest request;
  request.method = "POST";
  request.target = "/api/services";
  request.body = base::to_text(body);
  const auto answer = ask_admin(options.target, std::move(request));
  if (!answer) return refused(answer.error());
  show_plan(*answer, options.json);
  return kOk;
}

int remove(const RemoveOptions& options) {
  http::FetchRequest request;
  request.method = "DELETE";
  request.target = "/api/services/" + encode_segment(options.name);
  const auto answer = ask_admin(options.target, std::move(request));
  if (!answer) return refused(answer.error());
  show_plan(*answer, options.json);
  return kOk;
}

}  // namespace

void add_register(Command& services) {
  auto options = std::make_shared<AddOptions>();
  Command adds = services.command("add", "Register a service while weir runs");
  adds.text("name", options->name, "Its name: small letters, digits, dashes", Presence::required);
  adds.texts("endpoint", options->endpoints, "HOST:PORT, once or more");
  adds.text("--path", options->path, "Requests below this path go there; absent: none do");
  adds.text("--host", options->host, "... of this host only");
  adds.flag("--strip-prefix", options->strip_prefix, "Forward without the path's prefix");
  const std::vector<std::string> algorithms(balance::kAlgorithmNames.begin(),
                                            balance::kAlgorithmNames.end());
  adds.one_of("--algorithm", options->algorithm, algorithms,
              "How an endpoint is picked (round_robin)");
  add_target(adds, options->target);
  adds.flag("--json", options->json, "Print the answer as JSON");
  adds.footer(
      "It outlives a reload, and with --data a restart. Everything else of a service, such as\n"
      "health checks, can be said with POST /api/services.\n"
      "Examples:\n"
      "  weir services add orders 10.0.0.7:8080 10.0.0.8:8080 --path /orders/\n"
      "  weir services add orders 10.0.0.7:8080 --path /orders/ --strip-prefix");
  adds.runs([options] { return add(*options); });

  auto removal = std::make_shared<RemoveOptions>();
  Command removes = services.command("remove", "Take out a service that was registered");
  removes.text("name", removal->name, "Service, by name or number", Presence::required);
  removes.completes("name", Words::service);
  add_target(removes, removal->target);
  removes.flag("--json", removal->json, "Print the answer as JSON");
  removes.footer(
      "Requests under way end first. A service of the file is taken out there.\n"
      "Example:\n  weir services remove orders");
  removes.runs([removal] { return remove(*removal); });
}

}  // namespace weir::app
