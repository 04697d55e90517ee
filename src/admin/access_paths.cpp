// AdminHandler, the paths about who may do what: log-in, users, tokens, the audit trail.
#include <fmt/format.h>

#include "admin/access.hpp"
#include "admin/access_json.hpp"
#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/json_body.hpp"
#include "admin/page.hpp"
#include "base/text.hpp"

namespace weir::admin {
namespace {

base::Result<std::optional<store::Role>> role_in(const JsonBody& body) {
  WEIR_TRY(const auto word, body.text("role"));
  if (!word) return std::nullopt;
  const auto role = store::parse_role(*word);
  if (role) return role;
  return base::fail(base::Errc::invalid_argument, "role: none of viewer, operator, admin");
}

base::json::value text_or_null(const std::optional<std::string>& text) {
  return text ? base::json::value(base::json::string(*text)) : base::json::value(nullptr);
}

base::Result<store::Token> token_in(const std::string& text, std::int64_t now_ms) {
  WEIR_TRY(const auto body, JsonBody::parse(text, {"name", "role", "kind", "expiresIn"}));
  store::Token token;
  WEIR_TRY(token.name, body.need_text("name"));
  WEIR_TRY(const auto kind_word, body.text("kind"));
  const auto kind = store::parse_token_kind(kind_word.value_or("api"));
  if (!kind) return base::fail(base::Errc::invalid_argument, "kind: neither api nor metrics");
  token.kind = *kind;
  WEIR_TRY(const auto role, role_in(body));
  if (!role && token.kind == store::TokenKind::api) {
    return base::fail(base::Errc::invalid_argument, "role: missing; viewer, operator or admin");
  }
  token.role = role.value_or(store::Role::viewer);
  WEIR_TRY(const auto expires_in, body.text("expiresIn"));
  if (!expires_in) return token;
  const auto life = base::parse_duration(*expires_in);
  if (!life || *life <= base::Duration::zero()) {
    return base::fail(base::Errc::invalid_argument, "expiresIn: not a time such as 12h or 90d");
  }
  token.expires_at_ms = now_ms + *life / std::chrono::milliseconds(1);
  return token;
}

http::Response created(const base::json::value& value) {
  http::Response response = json(value);
  response.status = 201;
  return response;
}

}  // namespace

AdminHandler::Answer AdminHandler::login(AdminRequest request) {
  request.trail->is_noted = true;  // access_ notes it
  const auto body = JsonBody::parse(request.body, {"user", "password"});
  if (!body) co_return from_error(body.error());
  const auto user = body->need_text("user");
  if (!user) co_return from_error(user.error());
  const auto password = body->need_text("password");
  if (!password) co_return from_error(password.error());
  auto logging_in = access_.log_in(lane_, *user, *password, request.address_key, request.came_from);
  const auto outcome = co_await logging_in;
  if (!outcome) co_return from_error(outcome.error());
  if (outcome->wait > base::Duration::zero()) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(outcome->wait).count();
    http::Response response =
        problem(429, "too many log-ins failed, for this user or from this address",
                "Wait as long as Retry-After says.");
    response.fields.emplace_back("Retry-After", std::to_string(seconds));
    co_return response;
  }
  if (outcome->secret.empty()) co_return problem(401, "the user or the password is wrong");
  http::Response response =
      json(base::json::object{{"user", *user}, {"role", store::name(outcome->role)}});
  response.fields.emplace_back("Set-Cookie", session_cookie(outcome->secret, false));
  co_return response;
}

AdminHandler::Answer AdminHandler::logout(AdminRequest request) {
  request.trail->is_noted = true;
  access_.log_out({.cookie = request.cookie});
  http::Response response = json(base::json::object{{"success", true}});
  response.fields.emplace_back("Set-Cookie", session_cookie({}, false));
  co_return response;
}

AdminHandler::Answer AdminHandler::me(AdminRequest request) {
  constexpr std::string_view kProofs[] = {"none", "no-users", "login", "token"};
  const Caller& caller = request.caller;
  co_return json(base::json::object{{"user", caller.name},
                                    {"role", store::name(caller.role)},
                                    {"proof", kProofs[static_cast<std::size_t>(caller.proof)]},
                                    {"users", access_.has_users()},
                                    {"insecure", access_.is_insecure()}});
}

// ---- users

AdminHandler::Answer AdminHandler::users(AdminRequest request) {
  if (request.method != "POST") {
    const auto page = page_in(request.query);
    if (!page) co_return from_error(page.error());
    base::json::array all;
    for (const auto& each : access_.users()) all.push_back(user_json(each));
    base::json::object out{{"users", std::move(all)}};
    cut_to_page(out, "users", *page);
    co_return json(out);
  }
  const auto body = JsonBody::parse(request.body, {"name", "role", "password"});
  if (!body) co_return from_error(body.error());
  auto name = body->need_text("name");
  if (!name) co_return from_error(name.error());
  const auto role = role_in(*body);
  if (!role) co_return from_error(role.error());
  if (!*role) co_return problem(422, "role: missing; viewer, operator or admin");
  auto password = body->need_text("password");
  if (!password) co_return from_error(password.error());
  auto adding = access_.add_user(lane_, *name, **role, std::move(*password), request.actor());
  const auto done = co_await adding;
  if (!done) co_return from_error(done.error());
  request.trail->is_stored = true;
  request.trail->add("user.create", *name, {}, std::string(store::name(**role)));
  co_return created(base::json::object{{"name", *name}, {"role", store::name(**role)}});
}

AdminHandler::Answer AdminHandler::user(AdminRequest request) {
  request.trail->is_stored = true;
  if (request.method == "DELETE") {
    auto removing = access_.remove_user(lane_, request.id, request.actor());
    const auto done = co_await removing;
    if (!done) co_return from_error(done.error());
    request.trail->add("user.remove", request.id);
    co_return json(base::json::object{{"removed", request.id}});
  }
  const auto body = JsonBody::parse(request.body, {"role", "password", "disabled"});
  if (!body) co_return from_error(body.error());
  UserChange change;
  auto role = role_in(*body);
  if (!role) co_return from_error(role.error());
  change.role = *role;
  auto password = body->text("password");
  if (!password) co_return from_error(password.error());
  const bool has_password = password->has_value();
  change.password = std::move(*password);
  const auto disabled = body->flag("disabled");
  if (!disabled) co_return from_error(disabled.error());
  change.disabled = *disabled;
  if (!change.role && !has_password && !change.disabled) {
    co_return problem(422, "nothing to change: role, password or disabled");
  }
  const bool is_own = request.caller.name == request.id;
  auto changing = access_.change_user(lane_, request.id, change, request.actor(),
                                      is_own ? request.cookie : std::string());
  const auto done = co_await changing;
  if (!done) co_return from_error(done.error());
  if (*role) request.trail->add("user.role", request.id, {}, std::string(store::name(**role)));
  if (has_password) request.trail->add("user.password", request.id);
  if (*disabled) {
    request.trail->add("user.disabled", request.id, {}, **disabled ? "true" : "false");
  }
  for (const auto& each : access_.users()) {
    if (each.name == request.id) co_return json(user_json(each));
  }
  co_return json(base::json::object{{"name", request.id}});
}

// ---- tokens

AdminHandler::Answer AdminHandler::tokens(AdminRequest request) {
  if (request.method != "POST") {
    const auto page = page_in(request.query);
    if (!page) co_return from_error(page.error());
    base::json::array all;
    for (const auto& each : access_.tokens()) all.push_back(token_json(each));
    base::json::object out{{"tokens", std::move(all)}};
    cut_to_page(out, "tokens", *page);
    co_return json(out);
  }
  const auto wanted = token_in(request.body, base::wall_ms());
  if (!wanted) co_return from_error(wanted.error());
  auto adding = access_.add_token(lane_, *wanted, request.actor());
  const auto token = co_await adding;
  if (!token) co_return from_error(token.error());
  request.trail->is_stored = true;
  request.trail->add("token.create", wanted->name, {}, std::string(store::name(wanted->kind)));
  base::json::object out;
  for (const auto& each : access_.tokens()) {
    if (each.name == wanted->name) {
      out = token_json(each);
      break;  // the newest is first
    }
  }
  out["token"] = *token;
  out["note"] = "This is shown once. weir keeps a digest of it only.";
  co_return created(out);
}

AdminHandler::Answer AdminHandler::token(AdminRequest request) {
  const auto id = base::parse_uint(request.id);
  if (!id || *id > static_cast<std::uint64_t>(INT64_MAX)) {
    co_return problem(404, "there is no such token", "GET /api/tokens lists them.");
  }
  auto revoking = access_.revoke_token(lane_, static_cast<std::int64_t>(*id), request.actor());
  const auto done = co_await revoking;
  if (!done) co_return from_error(done.error());
  request.trail->is_stored = true;
  request.trail->add("token.revoke", request.id);
  co_return json(base::json::object{{"revoked", *id}});
}

// ---- what was done

AdminHandler::Answer AdminHandler::audit(AdminRequest request) {
  const auto limit = number_in(request.query, "limit", 1, kPageMax, kRecordsPage);
  if (!limit) co_return from_error(limit.error());
  const auto before = number_in(request.query, "before", 1, kIdMax, 0);
  if (!before) co_return from_error(before.error());
  auto reading = access_.read_audit(lane_, static_cast<int>(*limit), *before);
  const auto rows = co_await reading;
  if (!rows) co_return from_error(rows.error());
  base::json::array out;
  for (const auto& row : *rows) {
    out.push_back(base::json::object{{"id", row.id},
                                     {"time", time_or_null(row.at_ms)},
                                     {"who", row.who},
                                     {"from", row.came_from},
                                     {"what", row.what},
                                     {"subject", row.subject},
                                     {"before", text_or_null(row.before)},
                                     {"after", text_or_null(row.after)}});
  }
  base::json::object answer{{"audit", std::move(out)}, {"count", rows->size()}, {"limit", *limit}};
  answer["nextBefore"] = nullptr;
  if (rows->size() == static_cast<std::size_t>(*limit)) answer["nextBefore"] = rows->back().id;
  co_return json(answer);
}

}  // namespace weir::admin
