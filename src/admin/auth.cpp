#include "admin/auth.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/chars.hpp"

namespace weir::admin {
namespace {

struct Rule {
  std::string_view start;  // of the pattern; a whole path unless it ends with a slash
  Need read;
  Need change;
};

constexpr Rule kRules[] = {
    {"/health", Need::nothing, Need::operator_},
    {"/readyz", Need::nothing, Need::operator_},
    {"/assets/", Need::nothing, Need::operator_},
    {"/metrics", Need::metrics, Need::operator_},
    {"/api/login", Need::nothing, Need::nothing},
    {"/api/logout", Need::nothing, Need::nothing},
    {"/api/users", Need::admin, Need::admin},
    {"/api/users/", Need::admin, Need::admin},
    {"/api/tokens", Need::admin, Need::admin},
    {"/api/tokens/", Need::admin, Need::admin},
    {"/api/audit", Need::admin, Need::admin},
    {"/api/store/", Need::admin, Need::admin},  // the rows of users and audit among them
    {"/api/config", Need::viewer, Need::admin},
    {"/api/config/{id}", Need::viewer, Need::operator_},  // back to what the file says
    {"/api/config/", Need::viewer, Need::admin},
    {"/api/reload", Need::admin, Need::admin},
};

bool is_named(const Rule& rule, std::string_view pattern) noexcept {
  return rule.start.ends_with('/') ? pattern.starts_with(rule.start) : pattern == rule.start;
}

std::string_view role_of(Need need) noexcept {
  switch (need) {
    case Need::operator_:
      return store::name(store::Role::operator_);
    case Need::admin:
      return store::name(store::Role::admin);
    default:
      return store::name(store::Role::viewer);
  }
}

bool has(const Caller& caller, Need need) noexcept {
  if (need == Need::nothing) return true;
  if (caller.proof == Proof::none) return false;
  if (caller.metrics_only || need == Need::metrics) return need == Need::metrics;
  if (need == Need::operator_) return caller.role >= store::Role::operator_;
  return need == Need::viewer || caller.role == store::Role::admin;
}

}  // namespace

Need need_of(std::string_view method, std::string_view pattern, bool acts) noexcept {
  const bool changes = method != "GET" && method != "HEAD";
  for (const Rule& rule : kRules) {
    if (is_named(rule, pattern)) return changes ? rule.change : rule.read;
  }
  return changes || acts ? Need::operator_ : Need::viewer;
}

AccessVerdict judge_access(Need need, const Caller& caller) {
  if (has(caller, need)) return {};
  if (caller.proof == Proof::none) {
    return {401,
            caller.was_wrong ? "this token or log-in is not known, or it is over"
                             : "who asks? This weir has users",
            "POST /api/login {\"user\":…,\"password\":…}, or send Authorization: Bearer TOKEN; on "
            "the command line set WEIR_TOKEN: export WEIR_TOKEN=$(weir token add NAME --role "
            "admin --user USER)."};
  }
  if (caller.metrics_only) {
    return {403, fmt::format("{} is a metrics token: it opens /metrics only", caller.name),
            "Make a token with a role: weir token add NAME --role viewer"};
  }
  return {403,
          fmt::format("this needs the role {}; {} is {}", role_of(need), caller.name,
                      store::name(caller.role)),
          "Ask an admin for the role: weir user role NAME ROLE"};
}

Credentials read_credentials(std::string_view authorization, std::string_view cookie) noexcept {
  Credentials out;
  const std::size_t space = authorization.find(' ');
  if (base::equals_ignore_case(authorization.substr(0, space), "bearer") &&
      space != std::string_view::npos) {
    out.token = http::trim(authorization.substr(space));
  }
  out.is_strange = !authorization.empty() && out.token.empty();
  while (!cookie.empty()) {
    const std::string_view pair = http::trim(cookie.substr(0, cookie.find(';')));
    cookie.remove_prefix(
        std::min(cookie.find(';') == std::string_view::npos ? cookie.size() : cookie.find(';') + 1,
                 cookie.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != kCookieName) continue;
    out.cookie = pair.substr(equals + 1);
    break;
  }
  return out;
}

std::string session_cookie(std::string_view secret, bool is_tls) {
  return fmt::format("{}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}{}", kCookieName, secret,
                     secret.empty() ? 0 : 24 * 60 * 60, is_tls ? "; Secure" : "");
}

}  // namespace weir::admin
