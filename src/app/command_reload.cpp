// weir reload, weir config: the configuration of a running weir.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/show_lines.hpp"
#include "term/text_width.hpp"

namespace weir::app {
namespace {

struct ReloadOptions {
  AdminTarget target;
  bool plan = false;
  bool json = false;
};

struct ConfigOptions {
  AdminTarget target;
  std::string key;
  bool effective = false;
  bool json = false;
};

void print_lines(std::FILE* to, const base::json::object& answer, const char* key,
                 std::string_view before) {
  for (const auto& each : term::array_at(answer, key)) {
    fmt::print(to, "{}{}\n", before, term::clean(term::plain_text(each)));
  }
}

int refused(const AdminProblem& problem, bool json) {
  if (problem.status != 422 || !problem.said.contains("problems")) {
    return complain(kRunTime, problem.text);
  }
  if (json) {
    show_text(base::pretty_json(problem.said));
    return kConfiguration;
  }
  print_lines(stderr, problem.said, "problems", "");
  return complain(kConfiguration, "nothing was changed");
}

int reload(const ReloadOptions& options) {
  http::FetchRequest request;
  request.method = "POST";
  request.target = options.plan ? "/api/config/reload?plan=true" : "/api/config/reload";
  const auto answer = ask_admin(options.target, std::move(request));
  if (!answer) return refused(answer.error(), options.json);
  if (!answer->is_object()) return complain(kRunTime, "the answer says nothing of a reload");
  const auto& done = answer->get_object();
  const bool is_refused = !term::array_at(done, "problems").empty();
  if (options.json) {
    show_text(base::pretty_json(done));
    return is_refused ? kConfiguration : kOk;
  }
  if (is_refused) {
    print_lines(stderr, done, "problems", "");
    return complain(kConfiguration, "nothing was changed");
  }
  print_lines(stderr, done, "warnings", "warning: ");
  const base::json::array& plan = term::array_at(done, "plan");
  const bool is_same =
      plan.empty() || (plan.size() == 1 && term::plain_text(plan[0]) == "nothing changes");
  if (is_same) {
    fmt::print("nothing differs from what weir runs with\n");
    return kOk;
  }
  print_lines(stdout, done, "plan", "  ");
  if (flag_at(done, "applied")) {
    fmt::print("done\n");
  } else {
    fmt::print("a plan; nothing was changed. To do it: weir reload\n");
  }
  return kOk;
}

int show_config(const ConfigOptions& options) {
  http::FetchRequest request;
  request.target = options.effective ? "/api/config?effective=true" : "/api/config";
  const auto answer = ask_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, answer.error().text);
  const auto* text = answer->is_object() ? answer->get_object().if_contains("config") : nullptr;
  if (options.json || text == nullptr || !text->is_string()) {
    show_text(base::pretty_json(*answer));
  } else {
    show_text(std::string(std::string_view(text->get_string())));
  }
  return kOk;
}

int unset_config(const ConfigOptions& options) {
  http::FetchRequest request;
  request.method = "DELETE";
  request.target = "/api/config/" + encode_segment(options.key);
  const auto answer = ask_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, answer.error().text);
  if (options.json) {
    show_text(base::pretty_json(*answer));
  } else {
    show_text(fmt::format("{}: as the file says\n", options.key));
  }
  return kOk;
}

}  // namespace

void add_reload(CommandLine& line) {
  auto options = std::make_shared<ReloadOptions>();
  Command command =
      line.command("reload", "Read the configuration file again, all of it or nothing");
  command.flag("--plan", options->plan, "Say what would change, and change nothing");
  add_target(command, options->target);
  command.flag("--json", options->json, "Print the answer as JSON");
  command.footer(
      "A file with a mistake changes nothing: every mistake is printed, exit code 1.\n"
      "Examples:\n"
      "  weir reload --plan\n"
      "  weir reload");
  command.runs([options] { return reload(*options); });
}

void add_config(CommandLine& line) {
  auto options = std::make_shared<ConfigOptions>();
  Command command = line.command("config", "The configuration that a running weir runs with");
  command.flag("--effective", options->effective, "With where each value comes from");
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  command.footer(
      "With every default, and *** for passwords. Of a file that is not running: weir check -c "
      "FILE\n"
      "--effective.\nExamples:\n"
      "  weir config\n"
      "  weir config unset services.web-server.balance.algorithm");
  command.runs([options] { return show_config(*options); });

  auto unset = std::make_shared<ConfigOptions>();
  Command ends = command.command("unset", "End a change that was made at run time");
  ends.text("key", unset->key, "As weir config --effective names it", Presence::required);
  add_target(ends, unset->target);
  ends.flag("--json", unset->json, "Print the answer as JSON");
  ends.footer("Example:\n  weir config unset services.web-server.balance.algorithm");
  ends.runs([unset] { return unset_config(*unset); });
}

}  // namespace weir::app
