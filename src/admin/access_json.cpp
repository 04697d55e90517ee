#include "admin/access_json.hpp"

namespace weir::admin {

base::json::value time_or_null(std::int64_t wall_ms) {
  if (wall_ms == 0) return nullptr;
  return base::json::string(base::rfc3339(wall_ms).text);
}

base::json::object user_json(const store::User& user) {
  return {{"name", user.name},
          {"role", store::name(user.role)},
          {"disabled", user.disabled},
          {"createdAt", time_or_null(user.created_at_ms)},
          {"updatedAt", time_or_null(user.updated_at_ms)}};
}

base::json::object token_json(const store::Token& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"kind", store::name(token.kind)},
          {"role", token.kind == store::TokenKind::metrics
                       ? base::json::value(nullptr)
                       : base::json::value(base::json::string(store::name(token.role)))},
          {"createdBy", token.created_by},
          {"createdAt", time_or_null(token.created_at_ms)},
          {"expiresAt", time_or_null(token.expires_at_ms)},
          {"usedAt", time_or_null(token.used_at_ms)}};
}

}  // namespace weir::admin
