// weir user: who may log in, and as what. Over the API of a running weir, else in its store.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "admin/access_json.hpp"
#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/data_directory.hpp"
#include "app/local_access.hpp"
#include "app/password_prompt.hpp"

namespace weir::app {
namespace {

struct UserOptions {
  AdminTarget target;
  std::string store;
  std::string name;
  std::string role;
  std::string password_file;
  bool json = false;
};

bool is_live(const UserOptions& options) {
  return !options.target.admin.empty() || find_running(options.target.data).has_value();
}

int failed(const base::Error& error) {
  const bool is_usage = error.code() == base::Errc::invalid_argument;
  return complain(is_usage ? kUsage : kRunTime, std::string(error.detail()));
}

int told(const UserOptions& options, const std::string& text) {
  if (options.json) {
    fmt::print("{}", base::pretty_json(base::json::object{{"user", options.name}, {"done", text}}));
  } else {
    fmt::print("{} {}\n", options.name, text);
  }
  return kOk;
}

base::Result<base::json::value> call_users(const UserOptions& options, std::string method,
                                           base::json::object body) {
  http::FetchRequest request;
  request.method = std::move(method);
  request.target = "/api/users";
  if (request.method == "PATCH" || request.method == "DELETE") {
    request.target += "/" + encode_segment(options.name);
  }
  if (!body.empty()) request.body = base::to_text(body);
  return call_admin(options.target, std::move(request));
}

base::Result<base::json::value> all_users(const UserOptions& options) {
  if (is_live(options)) return call_users(options, "GET", {});
  WEIR_TRY(const auto local, LocalAccess::open(options.target.data, options.store));
  WEIR_TRY(const auto users, local->users());
  base::json::array out;
  for (const auto& each : users) out.push_back(admin::user_json(each));
  const std::size_t total = out.size();
  return base::json::value(base::json::object{{"users", std::move(out)}, {"total", total}});
}

int list_users(const UserOptions& options) {
  const auto answer = all_users(options);
  if (!answer) return failed(answer.error());
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  const auto& users = answer->as_object().at("users").as_array();
  if (users.empty()) {
    fmt::print("no users: whoever reaches the admin address may do everything\n");
    return kOk;
  }
  fmt::print("{:<24} {:<9} {:<8}  {}\n", "name", "role", "state", "since");
  for (const auto& each : users) {
    const auto& user = each.as_object();
    fmt::print("{:<24} {:<9} {:<8}  {}\n", text_at(user, "name"), text_at(user, "role"),
               flag_at(user, "disabled") ? "disabled" : "active", text_at(user, "createdAt"));
  }
  return kOk;
}

int add_one(const UserOptions& options) {
  const auto password = read_password(options.password_file, options.name);
  if (!password) return failed(password.error());
  if (is_live(options)) {
    const auto made = call_users(
        options, "POST", {{"name", options.name}, {"role", options.role}, {"password", *password}});
    return made ? told(options, "added as " + options.role) : failed(made.error());
  }
  const auto local =
      LocalAccess::open(options.target.data, options.store, LocalAccess::Missing::make);
  if (!local) return failed(local.error());
  const auto done = (*local)->add_user(options.name, *store::parse_role(options.role), *password);
  return done ? told(options, "added as " + options.role) : failed(done.error());
}

int change_role(const UserOptions& options) {
  if (is_live(options)) {
    const auto done = call_users(options, "PATCH", {{"role", options.role}});
    return done ? told(options, "is " + options.role + " now") : failed(done.error());
  }
  const auto local = LocalAccess::open(options.target.data, options.store);
  if (!local) return failed(local.error());
  const auto done = (*local)->set_role(options.name, *store::parse_role(options.role));
  return done ? told(options, "is " + options.role + " now") : failed(done.error());
}

int change_password(const UserOptions& options) {
  const auto password = read_password(options.password_file, options.name);
  if (!password) return failed(password.error());
  if (is_live(options)) {
    const auto done = call_users(options, "PATCH", {{"password", *password}});
    return done ? told(options, "has a new password") : failed(done.error());
  }
  const auto local = LocalAccess::open(options.target.data, options.store);
  if (!local) return failed(local.error());
  const auto done = (*local)->set_password(options.name, *password);
  return done ? told(options, "has a new password") : failed(done.error());
}

int remove_one(const UserOptions& options) {
  if (is_live(options)) {
    const auto done = call_users(options, "DELETE", {});
    return done ? told(options, "removed") : failed(done.error());
  }
  const auto local = LocalAccess::open(options.target.data, options.store);
  if (!local) return failed(local.error());
  const auto done = (*local)->remove_user(options.name);
  return done ? told(options, "removed") : failed(done.error());
}

}  // namespace

void add_user(CommandLine& line) {
  auto options = std::make_shared<UserOptions>();
  Command user = line.command("user", "Who may log in to the admin interface, and as what");
  user.needs_command();
  user.footer(
      "A viewer reads, an operator changes traffic, an admin changes users, tokens and the\n"
      "configuration. Without users whoever reaches the admin address is an admin; the first\n"
      "user, who must be one, ends that. While weir does not run, its store is changed.\n"
      "Examples:\n"
      "  weir user add ada --role admin                     asks for the password\n"
      "  weir user add ci --role operator --password-file -   reads it\n"
      "  weir user list\n"
      "  weir user role ada viewer");
  const auto common = [&](Command command) {
    add_target(command, options->target);
    command.text("--store", options->store,
                 "Store of a weir that does not run (weir.db in --data, or DATABASE_URL)");
    command.flag("--json", options->json, "Print as JSON");
  };
  const std::vector<std::string> roles = {"viewer", "operator", "admin"};
  const auto password = [&](Command command) {
    command.text("--password-file", options->password_file,
                 "Its first line is the password; - is the standard input (default: ask)");
  };
  Command add = user.command("add", "Make a user");
  add.text("name", options->name, "What to log in as", Presence::required);
  add.one_of("--role", options->role, roles, "What the user may do", Presence::required);
  password(add);
  common(add);
  add.runs([options] { return add_one(*options); });
  Command list = user.command("list", "Show the users");
  common(list);
  list.runs([options] { return list_users(*options); });
  Command role = user.command("role", "Give a user another role");
  role.text("name", options->name, "Which user", Presence::required);
  role.one_of("role", options->role, roles, "The new role", Presence::required);
  common(role);
  role.runs([options] { return change_role(*options); });
  Command renew = user.command("password", "Give a user another password; log-ins end");
  renew.text("name", options->name, "Which user", Presence::required);
  password(renew);
  common(renew);
  renew.runs([options] { return change_password(*options); });
  Command remove = user.command("remove", "Remove a user; log-ins end");
  remove.text("name", options->name, "Which user", Presence::required);
  common(remove);
  remove.runs([options] { return remove_one(*options); });
}

}  // namespace weir::app
