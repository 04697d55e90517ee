// weir token: secrets for machines: scripts, CI, Prometheus. Over the API of a running weir, else
// in its store.
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
#include "base/text.hpp"

namespace weir::app {
namespace {

struct TokenOptions {
  AdminTarget target;
  std::string store;
  std::string name;
  std::string role;
  std::string expires_in;
  std::string user;
  std::string password_file;
  std::uint64_t id = 0;
  bool metrics = false;
  bool json = false;
};

bool has_instance(const TokenOptions& options) {
  return !options.target.admin.empty() || find_running(options.target.data).has_value();
}

int token_failed(const base::Error& error) {
  const bool is_usage = error.code() == base::Errc::invalid_argument;
  return complain(is_usage ? kUsage : kRunTime, std::string(error.detail()));
}

// For scripts the token alone is on the standard output; what is for people is beside it.
int show_token(const TokenOptions& options, const base::json::object& made) {
  if (options.json) {
    fmt::print("{}", base::pretty_json(made));
    return kOk;
  }
  fmt::print("{}\n", text_at(made, "token"));
  fmt::print(stderr, "This is shown once; weir keeps a digest of it only.\n");
  return kOk;
}

base::Result<base::json::object> make_in_store(const TokenOptions& options) {
  store::Token token;
  token.name = options.name;
  token.kind = options.metrics ? store::TokenKind::metrics : store::TokenKind::api;
  token.role = store::parse_role(options.role).value_or(store::Role::viewer);
  if (!options.expires_in.empty()) {
    WEIR_TRY(const base::Duration life, base::parse_duration(options.expires_in));
    token.expires_at_ms = base::wall_ms() + life / std::chrono::milliseconds(1);
  }
  WEIR_TRY(const auto local,
           LocalAccess::open(options.target.data, options.store, LocalAccess::Missing::make));
  WEIR_TRY(const std::string secret, local->add_token(token));
  WEIR_TRY(const auto all, local->tokens());
  base::json::object out = admin::token_json(all.front());
  out["token"] = secret;
  return out;
}

int add_one_token(const TokenOptions& options) {
  if (options.role.empty() && !options.metrics) {
    return complain(kUsage, "say what it may do: --role viewer|operator|admin, or --metrics");
  }
  if (!options.role.empty() && options.metrics) {
    return complain(kUsage, "--role or --metrics: a metrics token opens /metrics and nothing else");
  }
  if (!has_instance(options)) {
    const auto made = make_in_store(options);
    return made ? show_token(options, *made) : token_failed(made.error());
  }
  base::json::object body{{"name", options.name}, {"kind", options.metrics ? "metrics" : "api"}};
  if (!options.role.empty()) body["role"] = options.role;
  if (!options.expires_in.empty()) body["expiresIn"] = options.expires_in;
  http::FetchRequest request;
  request.method = "POST";
  request.target = "/api/tokens";
  request.body = base::to_text(body);
  if (options.user.empty()) {
    const auto made = call_admin(options.target, std::move(request));
    return made ? show_token(options, made->as_object()) : token_failed(made.error());
  }
  const auto password = read_known_password(options.password_file, options.user);
  if (!password) return token_failed(password.error());
  const auto made = ask_admin_as(options.target, options.user, *password, std::move(request));
  return made ? show_token(options, made->as_object()) : complain(kRunTime, made.error().text);
}

base::Result<base::json::value> all_tokens(const TokenOptions& options) {
  if (has_instance(options)) {
    http::FetchRequest request;
    request.target = "/api/tokens";
    return call_admin(options.target, std::move(request));
  }
  WEIR_TRY(const auto local, LocalAccess::open(options.target.data, options.store));
  WEIR_TRY(const auto tokens, local->tokens());
  base::json::array out;
  for (const auto& each : tokens) out.push_back(admin::token_json(each));
  const std::size_t total = out.size();
  return base::json::value(base::json::object{{"tokens", std::move(out)}, {"total", total}});
}

int list_tokens(const TokenOptions& options) {
  const auto answer = all_tokens(options);
  if (!answer) return token_failed(answer.error());
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  const auto day = [](const base::json::object& token, const char* key, const char* none) {
    const std::string text = text_at(token, key);
    return text.empty() ? std::string(none) : text.substr(0, 16);
  };
  fmt::print("{:>5} {:<24} {:<9} {:<16} {:<16} {:<16}\n", "id", "name", "role", "made", "used",
             "ends");
  for (const auto& each : answer->as_object().at("tokens").as_array()) {
    const auto& token = each.as_object();
    const std::string role = text_at(token, "role");
    fmt::print("{:>5} {:<24} {:<9} {:<16} {:<16} {:<16}\n", number_at(token, "id"),
               text_at(token, "name"), role.empty() ? "metrics" : role, day(token, "createdAt", ""),
               day(token, "usedAt", "not yet"), day(token, "expiresAt", "never"));
  }
  return kOk;
}

int remove_token(const TokenOptions& options) {
  if (has_instance(options)) {
    http::FetchRequest request;
    request.method = "DELETE";
    request.target = fmt::format("/api/tokens/{}", options.id);
    const auto done = call_admin(options.target, std::move(request));
    if (!done) return token_failed(done.error());
  } else {
    const auto local = LocalAccess::open(options.target.data, options.store);
    if (!local) return token_failed(local.error());
    const auto done = (*local)->revoke_token(static_cast<std::int64_t>(options.id));
    if (!done) return token_failed(done.error());
  }
  if (options.json) {
    fmt::print("{}", base::pretty_json(base::json::object{{"revoked", options.id}}));
  } else {
    fmt::print("token {} is of no more use\n", options.id);
  }
  return kOk;
}

}  // namespace

void add_token(CommandLine& line) {
  auto options = std::make_shared<TokenOptions>();
  Command token = line.command("token", "Secrets that open the admin interface to machines");
  token.needs_command();
  token.footer(
      "Sent as `Authorization: Bearer TOKEN`; weir's own commands take it from WEIR_TOKEN.\n"
      "Examples:\n"
      "  WEIR_TOKEN=$(weir token add deploy --role operator --expires-in 90d)\n"
      "  export WEIR_TOKEN=$(weir token add me --role admin --user ann)    the first one\n"
      "  weir token add prometheus --metrics      opens /metrics and nothing else\n"
      "  weir token list\n"
      "  weir token remove 3");
  const auto common = [&](Command command) {
    add_target(command, options->target);
    command.text("--store", options->store,
                 "Store of a weir that does not run (weir.db in --data, or DATABASE_URL)");
    command.flag("--json", options->json, "Print as JSON");
  };
  Command add = token.command("add", "Make a token; it is printed once");
  add.text("name", options->name, "What it is for", Presence::required);
  add.one_of("--role", options->role, {"viewer", "operator", "admin"}, "What it may do");
  add.flag("--metrics", options->metrics, "It opens /metrics and nothing else");
  add.text("--user", options->user, "Log in as this admin to make it; asks for the password");
  add.text("--password-file", options->password_file, "... whose first line it is; - reads it");
  add.text("--expires-in", options->expires_in, "When it ends, such as 90d (default: never)");
  common(add);
  add.runs([options] { return add_one_token(*options); });
  Command list = token.command("list", "Show the tokens, without what is secret");
  common(list);
  list.runs([options] { return list_tokens(*options); });
  Command remove = token.command("remove", "Revoke a token");
  remove.number("id", options->id, "Its number, from `weir token list`");
  common(remove);
  remove.runs([options] { return remove_token(*options); });
}

}  // namespace weir::app
