#pragma once
// Auth: may this caller do that? Pure: the caller was found by access.hpp, the need comes from a
// table of paths here, and the verdict from both. (http-rules.md, section 7)
//
//  1. A path that no row names needs viewer to read and operator to change: a new path is never
//     open by mistake.
//  2. Roles contain each other: viewer < operator < admin. A metrics token has none of them.
//  3. Without users everything is allowed; that a listener which others can reach has users is
//     config's and app's business.

#include <cstdint>
#include <string>
#include <string_view>

#include "store/tokens.hpp"
#include "store/users.hpp"

namespace weir::admin {

/// Why a caller is believed.
enum class Proof : std::uint8_t { none, no_users, login, token };

struct Caller {
  Proof proof = Proof::none;
  std::string name;  ///< "ada", "token:grafana"; "local" while there are no users
  store::Role role = store::Role::viewer;
  bool metrics_only = false;
  bool was_wrong = false;  ///< it showed something that proves nothing
};

enum class Need : std::uint8_t { nothing, metrics, viewer, operator_, admin };

/// `pattern`: of the route. `acts`: a GET that changes something or sends traffic.
Need need_of(std::string_view method, std::string_view pattern, bool acts) noexcept;

struct AccessVerdict {
  std::uint16_t status = 0;  ///< 0: let through; else 401 or 403
  std::string why;
  std::string_view action;
};

AccessVerdict judge_access(Need need, const Caller& caller);

/// What a request shows of itself. Lifetime: into the fields.
struct Credentials {
  std::string_view token;   ///< of `Authorization: Bearer`
  std::string_view cookie;  ///< of our cookie
  bool is_strange = false;  ///< an Authorization that is no Bearer token
};

inline constexpr std::string_view kCookieName = "weir-session";

/// The fields' values; empty: absent.
Credentials read_credentials(std::string_view authorization, std::string_view cookie) noexcept;

/// The Set-Cookie of a log-in; an empty secret ends the cookie.
std::string session_cookie(std::string_view secret, bool is_tls);

}  // namespace weir::admin
